// What is different about a server whose store is MongoDB: its address, what is left in DATA_DIR, several programs at once.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { Mongod, databaseOf, newDatabase } from "../lib/mongodb.mjs";
import { Tickwire, fakeGraph, textMessage, until } from "../lib/programs.mjs";
import { MongoClient } from "mongodb";

const given = process.env.TEST_MONGODB_URI;
const phone = "15550000701";
const start = (options = {}) => Tickwire.start({ ...options, env: { MONGODB_URI: newDatabase(given), ...options.env } });

test("an address that cannot be taken is said at start, with every other problem, and without its password", async () => {
  const server = await start();
  await server.kill();
  for (const uri of ["localhost:27017", "mongodb://ana:canary@", "mongodb://ana:can/ary@host/x", "mongodb://ana:can%ary@host/x", "mongodb://ana:canary@host:99999/x", "mongodb://ana:canary?x@host/x"]) {
    server.env = { ...server.env, MONGODB_URI: uri, PORT: "eighty" };
    for (const args of [["check-config"], ["serve"], ["user", "list"], ["webhooks", "list"]]) {
      const { status, log } = await server.command(args);
      assert.notEqual(status, 0, uri);
      assert.match(log, /MONGODB_URI (must begin with|is no address of MongoDB)/, `${args}: ${uri}`);
      assert.doesNotMatch(log, /canary|can\/ary|can%ary/, `${args}: ${uri}`);
      if (args.length === 1) assert.match(log, /PORT is "eighty"/);
    }
  }
});

test("a server that nobody answers for: said within seconds, with the host, without the password", { timeout: 60_000 }, async () => {
  const server = await start();
  await server.kill();
  server.env.MONGODB_URI = "mongodb://ana:canary@127.0.0.1:9/x";
  for (const args of [["serve"], ["user", "list"], ["webhooks", "list"]]) {
    const started = Date.now();
    const { status, log } = await server.command(args);
    assert.equal(status, 1, log);
    assert.match(log, /MongoDB.*127\.0\.0\.1:9/, String(args));
    assert.doesNotMatch(log, /canary/);
    assert.ok(Date.now() - started < 10_000, `${Date.now() - started} ms`);
  }
});

test("nothing that matters stays in DATA_DIR: another machine goes on with the same messages, accounts and sessions", async () => {
  const graph = await fakeGraph();
  const first = await start({ graph: graph.url });
  const ana = await first.login("Ana");
  await first.webhook(textMessage("wamid.moved", phone, "hello"));
  const sent = await first.post("/send-message", { chatId: phone, text: "hi", clientId: "a" }, ana.token);
  assert.equal(sent.status, 201);
  await until(() => graph.ledger.length === 1, "Graph");
  assert.deepEqual(readdirSync(first.dataDir), []);
  assert.match(first.child.log, new RegExp(`everything is kept in MongoDB at 127\\.0\\.0\\.1:\\d+, database ${databaseOf(first.env.MONGODB_URI)}`));
  await first.kill();

  const second = await start({ graph: graph.url, users: {}, env: { MONGODB_URI: first.env.MONGODB_URI } });
  assert.equal((await second.get("/me", ana.token)).status, 200);
  assert.deepEqual((await second.messages(ana.token, phone)).map(({ text }) => text), ["hello", "hi"]);
  assert.equal((await second.post("/send-message", { chatId: phone, text: "hi", clientId: "a" }, ana.token)).body.id, sent.body.id);
  assert.equal(graph.ledger.length, 1);
  await second.kill();
  graph.close();
});

test("the database is that of the path, else tickwire", async () => {
  const mongod = await Mongod.start();
  const server = await Tickwire.start({ env: { MONGODB_URI: mongod.uri } });
  const client = new MongoClient(mongod.uri);
  assert.equal(await client.db("tickwire").collection("users").countDocuments(), 1);
  await client.close();
  await server.kill();
  await mongod.stop();
});

test("a message is readable in the database without us", async () => {
  const graph = await fakeGraph();
  const server = await start({ graph: graph.url });
  const ana = await server.login("Ana");
  await server.webhook(textMessage("wamid.readable", phone, "hello"));
  const { body: sent } = await server.post("/send-message", { chatId: phone, text: "hi" }, ana.token);
  await until(async () => (await server.messages(ana.token, phone)).at(-1).status === "sent", "sent");
  const [shown] = (await server.messages(ana.token, phone)).filter(({ id }) => id === sent.id);
  const client = new MongoClient(server.env.MONGODB_URI);
  const stored = await client.db().collection("messages").findOne({ _id: sent.id });
  for (const name of ["chatId", "senderId", "receiverId", "text", "status", "whatsappMessageId"]) assert.equal(stored[name], shown[name], name);
  for (const name of ["createdAt", "updatedAt"]) assert.equal(stored[name].toISOString(), shown[name], name);
  await client.close();
  await server.kill();
  graph.close();
});

test("logging out at one server ends the sockets at another one within two seconds", { timeout: 30_000 }, async () => {
  const first = await start();
  const second = await start({ users: {}, env: { MONGODB_URI: first.env.MONGODB_URI, WHATSAPP_PHONE_NUMBER_ID: "100000000000002" } });
  const ana = await first.login("Ana");
  const socket = await second.connected(ana.token, { reconnection: false });
  const gone = new Promise((done) => socket.once("disconnect", done));
  const started = Date.now();
  assert.equal((await first.post("/logout", undefined, ana.token)).status, 204);
  assert.equal(await gone, "io server disconnect");
  assert.ok(Date.now() - started < 2_000, `${Date.now() - started} ms`);
  assert.equal((await second.get("/me", ana.token)).status, 401);
  await first.kill();
  await second.kill();
});

// Each second: whether another process changed accounts, whether another server appended something, and that this one still
// lives and sends (one document, written in place). Nothing else is asked by an idle server, and nothing grows.
test("an idle server with ten idle pages asks the database four small things a second", { timeout: 60_000 }, async () => {
  const mongod = await Mongod.start();
  const server = await Tickwire.start({ env: { MONGODB_URI: mongod.uri } });
  const ana = await server.login("Ana");
  await server.webhook(textMessage("wamid.idle", phone, "hello"));
  const sockets = await Promise.all(Array.from({ length: 10 }, () => server.connected(ana.token)));
  const client = new MongoClient(mongod.uri);
  const counted = async () => (await client.db("admin").admin().serverStatus()).opcounters;
  const seconds = 5;
  await new Promise((done) => setTimeout(done, 1_000)); // what had begun
  const before = await counted();
  await new Promise((done) => setTimeout(done, seconds * 1_000)); // the observation itself
  const after = await counted();
  for (const name of ["insert", "delete", "getmore"]) assert.equal(after[name] - before[name], 0, name);
  for (const [name, each] of [["update", 1], ["query", 3]]) {
    const asked = after[name] - before[name];
    assert.ok(asked > 0 && asked <= each * (seconds + 1), `${asked} of ${name} in ${seconds} s`);
  }
  sockets.forEach((socket) => socket.disconnect());
  await client.close();
  await server.kill();
  await mongod.stop();
});
