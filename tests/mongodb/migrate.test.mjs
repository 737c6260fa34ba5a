// Everything of a server moves from files to MongoDB and back, however often the move is killed, and a server goes on there. SEED repeats a run.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MongoClient } from "mongodb";
import { newDatabase } from "../lib/mongodb.mjs";
import { Tickwire, fakeGraph, inbox, statusUpdate, textMessage, until } from "../lib/programs.mjs";

const given = process.env.TEST_MONGODB_URI;
const program = join(process.env.BUILD_DIR, "bin", "tickwire");
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
let state = seed;
const random = () => ((state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff), state / 2 ** 31);

const folders = [];
process.on("exit", () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
function newFolder() {
  folders.push(mkdtempSync(join(tmpdir(), "tickwire-moved-")));
  return folders.at(-1);
}

// The customers, and many messages of each in one webhook.
const customers = Array.from({ length: 8 }, (_, i) => `1555000090${i}`);
function manyMessages(phone, name, count) {
  const webhook = textMessage(`wamid.${name}.0`, phone, "first");
  const { value } = webhook.entry[0].changes[0];
  for (let i = 1; i < count; i++) value.messages.push({ ...value.messages[0], id: `wamid.${name}.${i}`, text: { body: `${name} ${i} 👍 "quoted"` } });
  return webhook;
}

async function fill(server, messagesEach) {
  const ana = await server.login("Ana");
  for (const phone of customers) assert.equal((await server.webhook(manyMessages(phone, phone, messagesEach))).status, 200);
  for (const phone of customers.slice(0, 4)) {
    const sent = await server.post("/send-message", { chatId: phone, text: `to ${phone}` }, ana.token);
    const row = await until(async () => (await server.messages(ana.token, phone)).find(({ id, status }) => id === sent.body.id && status === "sent"), "sent");
    await server.webhook(statusUpdate(row.whatsappMessageId, "delivered", { recipient_id: phone }));
  }
  await server.webhook(statusUpdate("wamid.nobody.knows", "read"));
  const newest = (await server.messages(ana.token, customers[0])).at(-1);
  assert.equal((await server.post(`/chats/${customers[0]}/read`, { upTo: newest.seq }, ana.token)).status, 204);
  return ana;
}

// What people see, and where their pages go on.
async function shown(server, token) {
  const [me, chats, contacts, users] = await Promise.all(["/me", "/chats?limit=200", "/contacts?limit=200", "/users"].map(async (path) => (await server.get(path, token)).body));
  const page = await server.connected(token);
  const { epoch } = page.named("sync")[0];
  page.disconnect();
  for (const list of [chats, contacts]) delete list.head; // each start of a server adds an entry
  for (const user of users.users) delete user.lastSeen; // known while the server runs only
  return { me, chats, contacts, users, epoch, messages: await server.messages(token) };
}

// The first place where they differ: all of it would be thousands of lines.
function expectSame(now, expected, where = "shown") {
  if (now !== null && expected !== null && typeof now === "object" && typeof expected === "object" && Array.isArray(now) === Array.isArray(expected)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(now)])) expectSame(now[name], expected[name], `${where}.${name}`);
  } else assert.deepEqual(now, expected, `${where}: ${JSON.stringify(now)} instead of ${JSON.stringify(expected)}, seed ${seed}`);
}

const begun = new Set();
process.on("exit", () => begun.forEach((child) => child.kill("SIGKILL")));
// With a MONGODB_URI that leads nowhere, so that nothing but the options says which stores are meant.
function begin(...args) {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, MONGODB_URI: "mongodb://127.0.0.1:9/x" }, cwd: tmpdir() });
  begun.add(child);
  child.said = { out: "", error: "" };
  child.stdout.setEncoding("utf8").on("data", (piece) => (child.said.out += piece));
  child.stderr.setEncoding("utf8").on("data", (piece) => (child.said.error += piece));
  child.ended = once(child, "close").then(([status, signal]) => (begun.delete(child), { status, signal, ...child.said }));
  return child;
}
const migrate = (from, to) => begin("migrate", "--from", from, "--to", to);

// Kills it when the target has so much, each time; then lets it end.
async function migrateWithKills(from, to, { amount, all, kills }) {
  let inTheMiddle = 0;
  for (let kill = 0; kill < kills; kill++) {
    const child = migrate(from, to);
    const enough = all * random() * 0.9;
    await until(async () => child.exitCode !== null || (await amount()) > enough, "it to get somewhere", { timeout: 60_000 });
    child.kill("SIGKILL");
    if ((await child.ended).signal === "SIGKILL") inTheMiddle++;
  }
  const done = await migrate(from, to).ended;
  assert.equal(done.status, 0, `${done.error} seed ${seed}`);
  assert.ok(inTheMiddle > 0, "some were killed");
  return done.out;
}

function expectEqualSides(out) {
  const hashes = [...out.matchAll(/^ {2}(log|views|accounts|all) +([0-9a-f]{64})$/gm)].map(([, part, hash]) => `${part} ${hash}`);
  assert.equal(hashes.length, 8, out);
  assert.deepEqual(hashes.slice(0, 4), hashes.slice(4));
  const counts = [...out.matchAll(/^ {2}\d+ .*$/gm)].map(([line]) => line);
  assert.equal(counts.length, 2);
  assert.equal(counts[0], counts[1]);
  assert.match(counts[0], /\d+ entries/);
}

const entriesOf = (uri) => async () => {
  const client = new MongoClient(uri);
  try {
    return await client.db().collection("log").countDocuments();
  } finally {
    await client.close();
  }
};
const sizeOf = (file) => () => ["", "-wal"].reduce((bytes, end) => bytes + (statSync(file + end, { throwIfNoEntry: false })?.size ?? 0), 0);

// Stopped as an operator does.
const stop = async (server) => assert.deepEqual(await server.kill("SIGTERM"), [0, null]);

test(`from files to MongoDB and back, killed again and again, seed ${seed}`, { timeout: 600_000 }, async () => {
  const graph = await fakeGraph();
  const first = await Tickwire.start({ graph: graph.url, env: { MONGODB_URI: "" } });
  const files = `sqlite:${first.dataDir}`;
  const uri = newDatabase(given);
  const ana = await fill(first, 250);

  const busy = await migrate(files, uri).ended;
  assert.equal(busy.status, 1);
  assert.match(busy.error, /Another Tickwire is running .*Stop it first/);
  const before = await shown(first, ana.token);
  assert.equal(before.messages.length, 8 * 250 + 4);
  const page = await first.connected(ana.token);
  const { head } = page.named("sync")[0];
  page.disconnect();
  await stop(first);

  expectEqualSides(await migrateWithKills(files, uri, { amount: entriesOf(uri), all: head, kills: 4 }));
  const again = await migrate(files, uri).ended;
  assert.equal(again.status, 0, again.error);
  assert.match(again.out, /everything was there already/);

  const second = await Tickwire.start({ graph: graph.url, users: {}, env: { MONGODB_URI: uri } });
  expectSame(await shown(second, ana.token), before); // all that people see, by the session that they have
  const back = await second.connected(ana.token, { auth: { token: ana.token, epoch: before.epoch, seq: head } });
  assert.deepEqual([back.named("sync")[0].resync, back.named("sync")[0].events], [undefined, []], "pages need not load anew");
  back.disconnect();
  await second.webhook(manyMessages(customers[0], customers[0], 250)); // Meta repeats it
  await second.webhook(textMessage("wamid.more", customers[1], "more"));
  const there = await shown(second, ana.token);
  assert.equal(there.messages.length, before.messages.length + 1);
  const rebuilding = await begin("migrate", "--from", uri, "--to", `sqlite:${newFolder()}`).ended;
  assert.equal(rebuilding.status, 1, "a server is running there");
  assert.match(rebuilding.error, /Another Tickwire is running .*/);
  assert.equal((await second.command(["rebuild-views"])).status, 1);
  await stop(second);

  const other = newFolder();
  const log = join(other, `inbox-${inbox}.db`);
  expectEqualSides(await migrateWithKills(uri, `sqlite:${other}`, { amount: sizeOf(log), all: sizeOf(join(first.dataDir, `inbox-${inbox}.db`))(), kills: 4 }));
  const third = await Tickwire.start({ graph: graph.url, users: {}, dataDir: other, env: { MONGODB_URI: "" } });
  expectSame(await shown(third, ana.token), there);
  await stop(third);

  const different = await migrate(files, `sqlite:${other}`).ended;
  assert.equal(different.status, 1);
  assert.match(different.error, /something else in the target/);
  graph.close();
});

test("a target that is not finished is refused to servers and commands, and the rest of what cannot be done is said", { timeout: 120_000 }, async () => {
  const first = await Tickwire.start({ env: { MONGODB_URI: "" } });
  const files = `sqlite:${first.dataDir}`;
  const ana = await first.login("Ana");
  for (const phone of customers) await first.webhook(manyMessages(phone, phone, 250));
  const before = await shown(first, ana.token);
  await stop(first);
  for (const kind of ["sqlite", "mongodb"]) {
    const folder = newFolder();
    const uri = newDatabase(given);
    const target = kind === "sqlite" ? `sqlite:${folder}` : uri;
    const child = migrate(files, target);
    const amount = kind === "sqlite" ? sizeOf(join(folder, `inbox-${inbox}.db`)) : entriesOf(uri);
    await until(async () => child.exitCode !== null || (await amount()) > 0, "it to begin", { timeout: 60_000 });
    child.kill("SIGKILL");
    assert.equal((await child.ended).signal, "SIGKILL");
    first.env = { ...first.env, DATA_DIR: folder, MONGODB_URI: kind === "sqlite" ? "" : uri };
    for (const args of [["serve"], ["user", "list"], ["webhooks", "list"], ["rebuild-views"]]) {
      const { status, log } = await first.command(args);
      assert.equal(status, 1, args.join(" "));
      assert.match(log, /A migration from .* into .* is not finished\. Run the same "tickwire migrate" again/);
    }
    assert.equal((await migrate(files, target).ended).status, 0);
    await first.launch();
    expectSame(await shown(first, ana.token), before);
    await stop(first);
  }
  const nothing = await migrate(`sqlite:${newFolder()}`, newDatabase(given)).ended;
  assert.match(nothing.error, /There is nothing in the folder/);
  const same = await migrate(files, files).ended;
  assert.match(same.error, /are the same/);
  const uri = first.env.MONGODB_URI;
  const sameByAnotherName = await migrate(uri, uri.replace("127.0.0.1", "localhost")).ended;
  assert.match(sameByAnotherName.error, /are the same/);
  const wrong = await migrate("files", "mongodb://ana:can/ary@host/x").ended;
  assert.match(wrong.error, /--from must be sqlite:FOLDER/);
  const leaking = await migrate(files, "mongodb://ana:can/ary@host/x").ended;
  assert.match(leaking.error, /--to is no address of MongoDB/);
  assert.doesNotMatch(leaking.error, /can\/ary/);
  for (const refused of [nothing, same, sameByAnotherName, wrong, leaking]) assert.equal(refused.status, 1);
});

test("views made anew are as they were, also after a kill", { timeout: 240_000 }, async () => {
  for (const env of [{ MONGODB_URI: "" }, { MONGODB_URI: newDatabase(given) }]) {
    const graph = await fakeGraph();
    const server = await Tickwire.start({ graph: graph.url, env });
    const ana = await fill(server, 60);
    const before = await shown(server, ana.token);
    await stop(server);
    const killed = spawn(program, ["rebuild-views"], { env: server.env, cwd: server.dataDir, stdio: "ignore" });
    const gone = once(killed, "close");
    await new Promise((done) => setTimeout(done, random() * 1_000)); // any moment will do
    killed.kill("SIGKILL");
    await gone;
    const done = await server.command(["rebuild-views"]);
    assert.equal(done.status, 0, done.log);
    const { out, status } = await server.command(["rebuild-views"]);
    assert.equal(status, 0);
    assert.match(out, /100000000000001: .*\d+ messages.*; hash [0-9a-f]{64}\n.*the views are as they were, field by field/);
    await server.launch();
    const { epoch: _, ...after } = await shown(server, ana.token);
    const { epoch, ...expected } = before;
    expectSame(after, expected);
    await stop(server);
    graph.close();
  }
});
