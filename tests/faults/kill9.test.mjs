// Random kill -9 while webhooks arrive and messages are sent. The oracle is our own ledger: what was answered, and what
// Graph was asked. ROUNDS (3; 20 in the long form), SEED repeats a run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Tickwire, fakeGraph, messageOf, textMessage, until } from "../lib/programs.mjs";

const rounds = Number(process.env.ROUNDS ?? 3);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
let state = seed;
const random = () => ((state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff), state / 2 ** 31);

test(`${rounds} kills, seed ${seed}`, { timeout: 300_000 }, async () => {
  const graph = await fakeGraph();
  const server = await Tickwire.start({ graph: graph.url });
  const ana = await server.login("Ana");
  const answeredIn = new Set();
  const answeredOut = new Map(); // client id → message id
  const customers = Array.from({ length: 10 }, (_, i) => `155520000${String(i).padStart(2, "0")}`);
  for (const phone of customers) await server.webhook(textMessage(`wamid.k.${phone}`, phone, "hello"));

  // What a page knows by events alone.
  const known = new Map();
  let epoch, seq;
  const socket = server.socket(undefined, { auth: (give) => give({ token: ana.token, ...(epoch && { epoch, seq }) }) });
  const doubled = [];
  const apply = (name, data) => {
    if (data.seq <= seq) return;
    seq = data.seq;
    if (name === "new_message") (known.has(data.id) && doubled.push(data.id), known.set(data.id, data));
    if (name === "message_status_update" && known.has(data.messageId)) Object.assign(known.get(data.messageId), { status: data.status, unconfirmed: data.unconfirmed });
  };
  socket.on("sync", (sync) => {
    if (!epoch) [epoch, seq] = [sync.epoch, sync.head];
    for (const event of sync.events) apply(event.event, event.data);
    seq = sync.head;
  });
  for (const name of ["new_message", "message_status_update"]) socket.on(name, (data) => apply(name, data));
  await until(() => epoch, "sync");

  let running = true;
  let n = 0;
  const webhooks = (async () => {
    while (running) {
      const wamid = `wamid.w.${n++}`;
      const body = textMessage(wamid, customers[n % 10], `text ${n}`);
      // Meta repeats what was not answered with 200.
      void (async () => {
        while (running) {
          const done = await server.webhook(body).catch(() => null);
          if (done?.status === 200) return answeredIn.add(wamid);
          await new Promise((go) => setTimeout(go, 50));
        }
      })();
      await new Promise((go) => setTimeout(go, 5)); // 200/s
    }
  })();
  const sends = (async () => {
    for (let i = 0; running; i++) {
      const clientId = `k-${i}`;
      while (running) {
        const done = await server.post("/send-message", { chatId: customers[i % 10], text: `out ${i}`, clientId }, ana.token).catch(() => null);
        if (done?.status === 200 || done?.status === 201) {
          answeredOut.set(clientId, done.body.id);
          break;
        }
        await new Promise((go) => setTimeout(go, 30));
      }
      await new Promise((go) => setTimeout(go, 20));
    }
  })();

  for (let round = 0; round < rounds; round++) {
    await new Promise((go) => setTimeout(go, 300 + random() * 900));
    await server.kill("SIGKILL");
    await server.launch();
  }
  await new Promise((go) => setTimeout(go, 500));
  running = false;
  await Promise.all([webhooks, sends]);

  const settled = async () => {
    const rows = await server.messages(ana.token);
    return rows.every((row) => row.direction === "in" || row.status !== "sending" || row.unconfirmed) ? rows : null;
  };
  const rows = await until(settled, "every message sent or in doubt", { timeout: 60_000 });
  const wamids = rows.map((row) => row.whatsappMessageId).filter(Boolean);
  assert.equal(new Set(wamids).size, wamids.length, `nothing twice, seed ${seed}`);
  const stored = new Set(wamids);
  for (const wamid of answeredIn) assert.ok(stored.has(wamid), `${wamid} was answered 200 and is missing, seed ${seed}`);
  const ids = new Set(rows.map((row) => row.id));
  for (const [clientId, id] of answeredOut) assert.ok(ids.has(id), `${clientId} was answered and is missing, seed ${seed}`);
  const clientIds = rows.map((row) => row.clientId).filter(Boolean);
  assert.equal(new Set(clientIds).size, clientIds.length, `one client id, one message, seed ${seed}`);

  const posts = new Map();
  for (const post of graph.ledger) posts.set(messageOf(post), (posts.get(messageOf(post)) ?? 0) + 1);
  for (const [id, count] of posts) assert.equal(count, 1, `${id} was POSTed ${count} times, seed ${seed}`);
  for (const row of rows.filter((one) => one.direction === "out")) {
    if (row.status === "sent") assert.equal(posts.get(row.id), 1, `${row.id} is sent, seed ${seed}`);
  }

  await until(() => rows.filter((row) => row.text !== "hello").every((row) => known.get(row.id)?.status === row.status && Boolean(known.get(row.id)?.unconfirmed) === Boolean(row.unconfirmed)), `the page to equal a reload, seed ${seed}`, { timeout: 20_000 });
  assert.deepEqual(doubled, [], `no event twice, seed ${seed}`);
  console.log(`kill -9 ×${rounds}: ${answeredIn.size} webhooks, ${answeredOut.size} sends, ${rows.filter((row) => row.unconfirmed).length} in doubt, 0 lost, 0 doubled`);
  socket.disconnect();
  await server.kill();
  graph.close();
});
