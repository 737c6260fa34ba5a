// kill -9 of the database while webhooks arrive and messages are sent. The oracle is our own ledger: what was answered, and what
// Graph was asked. ROUNDS (3), SEED repeats a run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Mongod } from "../lib/mongodb.mjs";
import { Tickwire, fakeGraph, messageOf, textMessage, until } from "../lib/programs.mjs";

const rounds = Number(process.env.ROUNDS ?? 3);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
let state = seed;
const random = () => ((state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff), state / 2 ** 31);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const sends_each = 40; // what one person may get without waiting is 45
const back_within = 5_000; // ms after the database answers again

test(`${rounds} kills of the database, seed ${seed}`, { timeout: 300_000 }, async () => {
  const graph = await fakeGraph();
  const mongod = await Mongod.start();
  const server = await Tickwire.start({ graph: graph.url, env: { MONGODB_URI: mongod.uri } });
  const ana = await server.login("Ana");
  const customers = Array.from({ length: 5 }, (_, i) => `1555300000${i}`);
  for (const phone of customers) assert.equal((await server.webhook(textMessage(`wamid.k.${phone}`, phone, "hello"))).status, 200);

  let running = true;
  const arrived = new Set();
  const accepted = new Map(); // client id → message id
  const statuses = new Set();
  const workers = customers.map(async (phone, who) => {
    for (let i = 0; running; i++) {
      // Meta and the page repeat what was not answered.
      const wamid = `wamid.d.${who}.${i}`;
      for (let done; done !== 200; statuses.add(done)) done = (await server.webhook(textMessage(wamid, phone, `in ${i}`)).catch(() => ({ status: 0 }))).status;
      arrived.add(wamid);
      if (i >= sends_each) {
        await pause(20);
        continue;
      }
      const clientId = `d-${who}-${i}`;
      for (let done; !(done?.status >= 200 && done.status < 300); statuses.add(done.status)) done = await server.post("/send-message", { chatId: phone, text: `out ${i}`, clientId }, ana.token).catch(() => ({ status: 0 })).then((answer) => (answer.body?.id && accepted.set(clientId, answer.body.id), answer));
      await pause(20);
    }
  });

  for (let round = 0; round < rounds; round++) {
    const before = arrived.size;
    await until(() => arrived.size > before + 10, "webhooks to be stored");
    await pause(300 * random());
    await mongod.kill();
    await pause(1_500 * random());
    await mongod.launch();
    await until(async () => (await server.get("/readyz")).status === 200, `ready again, round ${round}`, { timeout: back_within });
  }
  running = false;
  await Promise.all(workers);
  assert.deepEqual([...statuses].filter((status) => ![200, 201, 503].includes(status)), [], "stored, or refused clearly");

  const rows = await until(async () => {
    const all = await server.messages(ana.token);
    return all.filter((row) => row.direction === "out").every((row) => row.status === "sent" || row.unconfirmed) && all;
  }, "everything to be settled", { timeout: 60_000 });
  const ids = rows.map((row) => row.id);
  assert.equal(new Set(ids).size, ids.length, "nothing twice");
  const wamids = rows.filter((row) => row.direction === "in").map((row) => row.whatsappMessageId);
  assert.equal(new Set(wamids).size, wamids.length);
  assert.deepEqual([...arrived].filter((wamid) => !wamids.includes(wamid)), [], "nothing that was answered is lost");
  assert.deepEqual([...accepted.values()].filter((id) => !ids.includes(id)), []);
  const posts = graph.ledger.map(messageOf);
  for (const row of rows.filter((one) => one.direction === "out")) {
    const count = posts.filter((id) => id === row.id).length;
    assert.ok(row.unconfirmed ? count <= 1 : count === 1, `${row.id} was posted ${count} times`);
  }
  console.log(`${arrived.size} webhooks and ${accepted.size} sends over ${rounds} kills; ${rows.filter((row) => row.unconfirmed).length} unconfirmed`);
  await server.kill();
  await mongod.stop();
  graph.close();
});
