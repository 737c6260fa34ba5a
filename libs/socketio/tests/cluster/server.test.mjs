// Two servers of the library and one of Node's in one cluster, stock clients on each: from outside they are one.
import { Emitter } from "@socket.io/redis-emitter";
import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { NodeServer, OurServer, Redis, until } from "./cluster.mjs";

let redis, one, two, node;
let ada, ben, cem; // clients: of ours, polling; of ours on threads; of Node's

beforeEach(async () => {
  redis = await Redis.start();
  one = await OurServer.start(redis, "one");
  two = await OurServer.start(redis, "two", "--threads", "2");
  node = await NodeServer.start(redis);
  node.io.on("connection", (socket) => {
    socket.data.server = "node";
    socket.on("join", (room, done) => (socket.join(room), done()));
    socket.on("say", (room, ...rest) => socket.to(room).emit("said", room, ...rest));
    socket.on("shout", (...rest) => node.io.emit("said", ...rest));
  });
  node.io.on("name?", (answer) => answer("node"));
  ada = await one.client(["polling"]);
  ben = await two.client();
  cem = await node.client();
  await whole();
});

afterEach(async () => {
  assert.equal(await one.close(), 0);
  assert.equal(await two.close(), 0);
  await node.close();
  await redis.close();
});

const who = (client, room) => client.emitWithAck("who", room).then(({ error, sockets }) => (assert.equal(error, null), sockets));
const names = (client) => client.timeout(10_000).emitWithAck("servers");
// Each of the servers sees the sockets of all.
async function whole(count = 3) {
  for (const client of [ada, ben])
    await until(async () => {
      const { error, answers } = await names(client);
      return !error && answers.length === 2;
    }, "the other two servers");
  await until(async () => (await node.io.fetchSockets().catch(() => [])).length === count, "all sockets, from Node");
}
// What comes to a client as `said`, in a list.
function listen(client) {
  const got = [];
  client.on("said", (...args) => got.push(args));
  return got;
}

test("rooms, text and bytes cross all servers, each once", async () => {
  await Promise.all([ada, ben, cem].map((client) => client.emitWithAck("join", "tea")));
  const heard = [ada, ben, cem].map(listen);
  const bytes = Buffer.from([0, 1, 255]);
  ada.emit("say", "tea", "from ada", { n: [1, null, 2.5] }, bytes);
  await until(() => heard[1].length && heard[2].length, "ada's words");
  ben.emit("say", "tea", "from ben", bytes);
  await until(() => heard[0].length && heard[2].length === 2, "ben's words");
  cem.emit("say", "tea", "from cem", bytes);
  await until(() => heard[0].length === 2 && heard[1].length === 2, "cem's words");
  ada.emit("shout", "to all");
  await until(() => heard.every((got) => got.at(-1)[0] === "to all"), "the shout");
  const [a, b, c] = [["tea", "from ada", { n: [1, null, 2.5] }, bytes], ["tea", "from ben", bytes], ["tea", "from cem", bytes]];
  assert.deepEqual(heard, [[b, c, ["to all"]], [a, c, ["to all"]], [a, b, ["to all"]]]);
});

test("who is in a room is known everywhere", async () => {
  await Promise.all([ada, ben, cem].map((client) => client.emitWithAck("join", "tea")));
  for (const client of [ada, ben])
    await until(async () => (await who(client, "tea")).length === 3, "three in the room");
  const found = Object.fromEntries((await who(ada, "tea")).map(({ id, data }) => [id, data.server]));
  assert.deepEqual(found, { [ada.id]: "one", [ben.id]: "two", [cem.id]: "node" });
  const remote = Object.fromEntries((await node.io.in("tea").fetchSockets()).map((socket) => [socket.id, socket]));
  assert.deepEqual(remote[ada.id].data, { server: "one" });
  assert.deepEqual([...remote[ben.id].rooms].sort(), [ben.id, "tea"].sort());
  assert.equal(remote[ada.id].handshake.query.transport, "polling");
  assert.equal(remote[ada.id].handshake.query.EIO, "4");
  assert.deepEqual(await who(ben, "nowhere"), []);
  assert.ok((await node.io.of("/").adapter.allRooms()).has(ada.id));
});

test("clients of all servers acknowledge, whoever asks", async () => {
  await Promise.all([ada, ben, cem].map((client) => client.emitWithAck("join", "tea")));
  const bytes = Buffer.from("x");
  for (const [name, client] of Object.entries({ ada, ben, cem })) client.on("question", (...rest) => rest.pop()({ name, bytes }));
  for (const client of [ada, ben]) {
    const { error, answers } = await client.timeout(10_000).emitWithAck("ask", "tea");
    assert.equal(error, null);
    assert.deepEqual(answers.map((answer) => answer.name).sort(), ["ada", "ben", "cem"]);
  }
  const answers = await node.io.in("tea").timeout(5000).emitWithAck("question", 1);
  assert.deepEqual(answers.map((answer) => answer.name).sort(), ["ada", "ben", "cem"]);
  assert.ok(answers.every((answer) => answer.bytes.equals(bytes)));
  // One who says nothing: the rest, when time is over.
  ben.off("question");
  const { error, answers: rest } = await ada.timeout(10_000).emitWithAck("ask", "tea");
  assert.equal(error, "operation has timed out");
  assert.deepEqual(rest.map((answer) => answer.name).sort(), ["ada", "cem"]);
});

test("servers answer each other", async () => {
  assert.deepEqual((await names(ada)).answers.sort(), ["node", "two"]);
  assert.deepEqual((await names(ben)).answers.sort(), ["node", "one"]);
  assert.deepEqual((await node.io.serverSideEmitWithAck("name?")).sort(), ["one", "two"]);
});

test("joins, leaves and disconnects from any server, each once", async () => {
  await Promise.all([ada, ben, cem].map((client) => client.emitWithAck("join", "tea")));
  ada.emit("move", "tea", "garden");
  for (const client of [ada, ben]) await until(async () => (await who(client, "garden")).length === 3, "all in the garden");
  node.io.in("garden").socketsJoin("pond");
  for (const client of [ada, ben]) await until(async () => (await who(client, "pond")).length === 3, "all at the pond");
  ben.emit("remove", "garden");
  for (const client of [ada, ben]) await until(async () => (await who(client, "garden")).length === 0, "an empty garden");
  node.io.in(ben.id).socketsLeave("pond");
  await until(async () => (await who(ada, "pond")).length === 2, "two at the pond");
  const eve = await one.client();
  await eve.emitWithAck("join", "pond");
  const gone = [once(eve, "disconnect"), once(cem, "disconnect")];
  ben.emit("kick", "pond");
  for (const [reason] of await Promise.all(gone)) assert.equal(reason, "io server disconnect");
  assert.ok(ben.connected);
  const last = once(ben, "disconnect");
  node.io.in("tea").disconnectSockets();
  assert.equal((await last)[0], "io server disconnect");
});

test("the emitter reaches clients of ours", async () => {
  const connection = await redis.client();
  const emitter = new Emitter(connection);
  await ada.emitWithAck("join", "tea");
  const heard = [ada, ben].map(listen);
  emitter.to("tea").emit("said", "tea only", Buffer.from("z"));
  emitter.except("tea").emit("said", "not tea");
  emitter.emit("said", "all");
  await until(() => heard.every((got) => got.length === 2), () => JSON.stringify(heard));
  assert.deepEqual(heard, [[["tea only", Buffer.from("z")], ["all"]], [["not tea"], ["all"]]]);
  emitter.in("tea").socketsJoin("garden");
  await until(async () => (await who(ben, "garden")).some(({ id }) => id === ada.id), "ada in the garden");
  const gone = once(ada, "disconnect");
  emitter.in("garden").disconnectSockets(true);
  await gone;
  await connection.disconnect();
});

test("thousands of events from everywhere arrive everywhere, once, in each sender's order", async () => {
  const eve = await one.client();
  const heard = [eve, ben, cem].map(listen);
  const rounds = 10, burst = 100; // a burst is less than a server lets wait for a slow reader
  for (let round = 0; round < rounds; ++round) {
    for (let i = round * burst; i < (round + 1) * burst; ++i) {
      eve.emit("shout", "eve", i);
      ben.emit("shout", "ben", i);
      cem.emit("shout", "cem", i);
    }
    await until(() => heard.every((got) => got.length >= 3 * burst * (round + 1)), () => JSON.stringify(heard.map((got) => got.length)));
  }
  const numbers = [...Array(rounds * burst).keys()];
  for (const got of heard)
    for (const name of ["eve", "ben", "cem"]) assert.deepEqual(got.filter(([from]) => from === name).map(([, i]) => i), numbers);
});

test("what is for a room is read only where somebody is in it", async () => {
  const admin = await redis.client();
  const unreadable = () => [one, two].map((server) => server.log.includes("cannot be read"));
  const heard = [ada, ben].map(listen);
  await admin.publish("socket.io#/#tea#", Buffer.from([0x93, 0xff]));
  cem.emit("shout", "behind it"); // what came before has been seen by then
  await until(() => heard.every((got) => got.length === 1), "Node's words");
  assert.deepEqual(unreadable(), [false, false]);
  await ben.emitWithAck("join", "tea"); // on one of two threads
  await admin.publish("socket.io#/#tea#", Buffer.from([0x93, 0xff]));
  await until(() => unreadable()[1], "the server with a member to read it");
  assert.deepEqual(unreadable(), [false, true]);
  cem.emit("say", "tea", "for ben"); // what can be read arrives
  await until(() => heard[1].some(([room]) => room === "tea"), "the room's event");
  cem.emit("say", ada.id, "for ada alone"); // the id of a socket is a room
  await until(() => heard[0].some(([room]) => room === ada.id), "the event for one");
  await admin.disconnect();
});

test("a join that another server asks for comes before its next event for that room", async () => {
  const heard = listen(ben);
  const emitter = new Emitter(await redis.client());
  for (let i = 0; i < 200; ++i) {
    emitter.in(ben.id).socketsJoin(`room ${i}`);
    emitter.to(`room ${i}`).emit("said", i);
  }
  await until(() => heard.length === 200, () => `${heard.length} of 200`);
  assert.deepEqual(heard, Array.from({ length: 200 }, (_, i) => [i]));
  await emitter.redisClient.disconnect();
});

test("who is refused cannot make a server subscribe", async () => {
  const admin = await redis.client();
  const subscriptions = async () => Number(/cmdstat_psubscribe:calls=(\d+)/.exec(await admin.info("commandstats"))[1]);
  const listeners = async (name) => (await admin.sendCommand(["PUBSUB", "NUMSUB", `socket.io-request#${name}#`]))[1];
  const before = await subscriptions();
  for (let i = 0; i < 30; ++i) {
    const refused = ada.io.socket(`/board-${i}`);
    const [error] = await once(refused, "connect_error");
    assert.equal(error.message, "not a guest");
    refused.disconnect();
  }
  const admitted = ada.io.socket("/board-x", { auth: { guest: true } });
  await once(admitted, "connect");
  await until(async () => (await listeners("/board-x")) === 1, "the namespace of who was admitted");
  assert.equal(await subscriptions(), before + 1);
  admitted.disconnect();
  await until(async () => (await listeners("/board-x")) === 0, "its end");
  await admin.disconnect();
});

test("without Redis each server serves its own, and with it they are one again", async () => {
  const second = await one.client();
  await redis.kill();
  await until(() => one.log.trimEnd().split("\n").filter((line) => line.includes("not connected")).length >= 2, () => one.log);
  const heard = [ada, second].map(listen);
  ada.emit("shout", "still here");
  await until(() => heard.every((got) => got.length === 1), "the words of a server alone");
  const { error, sockets } = await ada.emitWithAck("who", ada.id);
  assert.equal(error, "the other servers of the cluster cannot be reached");
  assert.deepEqual(sockets.map(({ id }) => id), [ada.id]);
  await Promise.all([ada.emitWithAck("join", "tea"), second.emitWithAck("join", "tea")]);
  ada.emit("move", "tea", "garden");
  await until(async () => (await ada.emitWithAck("who", "garden")).sockets.length === 2, "a move on the server itself");

  await redis.start();
  await whole(4);
  await ben.emitWithAck("join", "tea");
  const far = listen(ben);
  ada.emit("say", "tea", "together");
  await until(() => far.length, "words to another server");
  assert.deepEqual(far, [["tea", "together"]]);
});

test("a frozen Redis does not keep a server from serving or ending", async () => {
  redis.freeze();
  const heard = listen(ada);
  ada.emit("shout", "still here");
  await until(() => heard.length, "the words of a server alone");
  assert.equal(await one.close(), 0);
  redis.thaw();
});
