// Three servers, one of which is killed, stopped for a while or cut from Redis again and again, while webhooks arrive, messages
// are sent and pages come and go between them. The oracle is our own ledger: what was answered, and what Graph was asked.
// FAULTS (5) says how many, SEED repeats a run.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fakeGraph, messageOf, statusUpdate, textMessage, Tickwire, until } from "../lib/programs.mjs";
import { Redis } from "../lib/redis.mjs";
import { manageable } from "../lib/stores.mjs";

const faults = Number(process.env.FAULTS ?? 5);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
let state = seed;
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const pick = (list) => list[Math.floor(random() * list.length)];
const pause = (ms) => new Promise((go) => setTimeout(go, ms));
const note = `SEED=${seed}`;
const isSender = (server) => server.child.log.split("\n").filter((line) => /node: (this|another) server sends/.test(line)).at(-1)?.includes("this server");

// What a page knows by events alone; it comes back to any of the servers that run.
class Page {
  rows = new Map();
  doubled = [];
  resyncs = 0;
  constructor(servers, token) {
    this.servers = servers;
    this.token = token;
    this.connect();
  }
  connect() {
    if (this.closed) return;
    const server = pick(this.servers);
    const seen = this.epoch ? { epoch: this.epoch, seq: this.seq } : {};
    const socket = server.socket(undefined, { auth: { token: this.token, ...seen }, reconnection: false });
    this.socket = socket;
    let over = false;
    const again = () => {
      if (over) return;
      over = true;
      clearTimeout(patience);
      socket.disconnect();
      setTimeout(() => this.connect(), 20 + random() * 200);
    };
    const patience = setTimeout(again, 5_000);
    socket.on("connect_error", again);
    socket.on("disconnect", again);
    socket.on("sync", (sync) => {
      clearTimeout(patience);
      if (sync.resync) {
        this.resyncs += 1;
        return again((this.epoch = undefined));
      }
      if (!this.epoch) [this.epoch, this.seq] = [sync.epoch, sync.head];
      for (const { event, data } of sync.events) this.take(event, data);
      this.seq = Math.max(this.seq, sync.head);
      this.synced = socket;
    });
    for (const name of ["new_message", "message_status_update", "message_update"]) socket.on(name, (data) => this.take(name, data));
  }
  take(name, data) {
    if (data.seq <= this.seq) return void this.doubled.push(`${name} ${data.seq}`);
    this.seq = data.seq;
    if (name === "new_message") this.rows.set(data.id, data);
    else if (this.rows.has(data.messageId)) {
      const { messageId, chatId, seq, ...changed } = data;
      Object.assign(this.rows.get(messageId), changed);
    }
  }
  cut() {
    this.socket?.io.engine?.close();
  }
  close() {
    this.closed = true;
    this.socket?.disconnect();
  }
}

test(`${faults} faults of three servers, ${note}`, { timeout: 120_000 + faults * 30_000 }, async () => {
  const redis = await Redis.start();
  const graph = await fakeGraph(({ accept, response }) => (random() < 0.1 ? response.destroy() : setTimeout(accept, random() * 60)));
  const a = await Tickwire.start({ graph: graph.url, env: { REDIS_URL: redis.url } });
  const servers = [a];
  for (let i = 0; i < 2; ++i) servers.push(await Tickwire.start({ graph: graph.url, env: { REDIS_URL: redis.url }, beside: a }));
  after(() => Promise.all([...servers.map((server) => (server.resume(), server.kill())), redis.stop()]));
  const ana = await a.login("Ana");
  const customers = Array.from({ length: 10 }, (_, i) => `155530000${String(i).padStart(2, "0")}`);
  for (const phone of customers) await a.webhook(textMessage(`wamid.f.${phone}`, phone, "hello"));
  const pages = Array.from({ length: 6 }, () => new Page(servers, ana.token));
  await until(() => pages.every((page) => page.synced), "all pages");

  let running = true;
  const answeredIn = new Set();
  const answeredOut = new Map(); // client id → message id
  const within = (work) => Promise.race([work.catch(() => null), pause(4_000)]); // a stopped server answers nobody
  const insist = async (ask) => {
    while (running) {
      const done = await within(ask(pick(servers)));
      if (done?.status === 200 || done?.status === 201) return done;
      await pause(50);
    }
  };
  const webhooks = (async () => {
    for (let n = 0; running; ++n) {
      const body = textMessage(`wamid.w.${n}`, customers[n % 10], `text ${n}`);
      void insist((server) => server.webhook(body)).then((done) => done && answeredIn.add(`wamid.w.${n}`));
      await pause(5 / manageable);
    }
  })();
  const sends = (async () => {
    for (let i = 0; running; ++i) {
      const clientId = `f-${i}`;
      const done = await insist((server) => server.post("/send-message", { chatId: customers[i % 10], text: `out ${i}`, clientId }, ana.token));
      if (done) answeredOut.set(clientId, done.body.id);
      await pause(10 / manageable);
    }
  })();
  const cuts = (async () => {
    while (running) {
      pick(pages).cut();
      await pause(300);
    }
  })();

  const happened = [];
  for (let i = 0; i < faults; ++i) {
    await pause(500 + random() * 2_000);
    const victim = random() < 0.5 ? (servers.find(isSender) ?? pick(servers)) : pick(servers);
    const kind = pick(["kill", "kill", "stop", "sleep", "sleep and stop", "redis"]);
    happened.push(kind);
    if (kind === "kill" || kind === "stop") {
      await victim.kill(kind === "kill" ? "SIGKILL" : "SIGTERM");
      await pause(random() * 3_000);
      await victim.launch();
    } else if (kind === "sleep and stop") {
      // While one sleeps, the one that takes over leaves before it wakes.
      const other = pick(servers.filter((server) => server !== victim));
      victim.pause();
      await pause(6_000 + random() * 2_000);
      await other.kill("SIGTERM");
      victim.resume();
      await other.launch();
    } else if (kind === "sleep") {
      victim.pause();
      await pause(1_000 + random() * 9_000); // shorter and longer than the others wait for it
      victim.resume();
    } else {
      await redis.stop();
      await pause(random() * 3_000);
      await redis.launch();
    }
  }
  await pause(500);
  running = false;
  await Promise.all([webhooks, sends, cuts]);

  const settled = async () => {
    const rows = await a.messages(ana.token);
    return rows.every((row) => row.direction === "in" || row.status !== "sending" || row.unconfirmed) ? rows : null;
  };
  let rows = await until(settled, `every message sent or in doubt, ${note}`, { timeout: 90_000 });
  // What was in doubt and had arrived is healed by its status.
  const doubtful = rows.filter((row) => row.unconfirmed && graph.ledger.some((post) => messageOf(post) === row.id));
  for (const [i, row] of doubtful.entries())
    assert.equal((await pick(servers).webhook(statusUpdate(`wamid.healed.${i}`, "delivered", { recipient_id: row.chatId, biz_opaque_callback_data: `${row.id}:1` }))).status, 200);
  rows = await until(async () => {
    const now = await a.messages(ana.token);
    return doubtful.every(({ id }) => now.find((row) => row.id === id).status === "delivered") ? now : null;
  }, `what had arrived to be healed, ${note}`, { timeout: 30_000 });

  const wamids = rows.map((row) => row.whatsappMessageId).filter(Boolean);
  assert.equal(new Set(wamids).size, wamids.length, `nothing twice, ${note}`);
  const stored = new Set(wamids);
  for (const wamid of answeredIn) assert.ok(stored.has(wamid), `${wamid} was answered 200 and is missing, ${note}`);
  const ids = new Set(rows.map((row) => row.id));
  for (const [clientId, id] of answeredOut) assert.ok(ids.has(id), `${clientId} was answered and is missing, ${note}`);
  const clientIds = rows.map((row) => row.clientId).filter(Boolean);
  assert.equal(new Set(clientIds).size, clientIds.length, `one client id, one message, ${note}`);
  const posts = graph.ledger.map(messageOf);
  assert.equal(new Set(posts).size, posts.length, `no message was POSTed twice, ${note}`);

  const same = (page) => rows.every((row) => row.text === "hello" || (page.rows.get(row.id)?.status === row.status && Boolean(page.rows.get(row.id).unconfirmed) === Boolean(row.unconfirmed)));
  await until(() => pages.every((page) => page.resyncs > 0 || same(page)), `every page to have what a reload has, ${note}`, { timeout: 30_000 });
  assert.deepEqual(pages.map((page) => page.resyncs), pages.map(() => 0), `no page had to load anew, ${note}`);
  assert.deepEqual(pages.flatMap((page) => page.doubled), [], `no event twice, ${note}`);
  const everywhere = await Promise.all(servers.map((server) => server.messages(ana.token)));
  for (const other of everywhere) assert.deepEqual(other, everywhere[0], `the same from every server, ${note}`);
  console.log(`${happened.join(" ")}: ${answeredIn.size} webhooks, ${answeredOut.size} sends, ${posts.length} POSTs, ${rows.filter((row) => row.unconfirmed).length} in doubt (${doubtful.length} healed), 0 lost, 0 doubled`);
  pages.forEach((page) => page.close());
  graph.close();
});
