// Our Redis adapter in one cluster with Node's socket.io 4, its redis-adapter 8 and redis-emitter 5.
import { Emitter } from "@socket.io/redis-emitter";
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, afterEach, before, describe, test } from "node:test";
import { NodeServer, Probe, Redis, united, until } from "./cluster.mjs";

let redis, node, client, probe;
let ruined; // the Redis of one test, when that is not `redis`
let others = [];

async function gather(options = [], nodeOptions = {}, over = redis) {
  node = await NodeServer.start(over, nodeOptions);
  node.io.on("connection", (socket) => {
    socket.data.who = "node's";
    socket.join("everybody");
  });
  client = await node.client();
  probe = await Probe.start(over, "probe1", ...options);
  await united([node, probe], 2);
}
async function scatter() {
  for (const other of others) await other.close();
  others = [];
  if (probe) assert.equal(await probe.close(), 0, "the probe ends by itself when its adapter has stopped");
  await node?.close();
  await ruined?.close();
  probe = node = ruined = undefined;
}

before(async () => (redis = await Redis.start()));
afterEach(scatter);
after(() => redis.close());

const heard = (what) => (line) => line.heard === what;
// What was sent to the cluster before has been heard by the probe.
async function settled() {
  const mark = `mark ${Math.random()}`;
  node.io.emit(mark);
  await probe.hears((line) => line.args?.[0] === mark, mark);
}
// Another namespace on the same connection.
async function beside(socket) {
  node.io.of("/side");
  const side = socket.io.socket("/side");
  await once(side, "connect");
  return side;
}
const next = (socket, event) => new Promise((done) => socket.once(event, (...args) => done(args)));

describe("broadcasts", () => {
  test("from Node, text and binary, with dates and nothing", async () => {
    await gather();
    node.io.emit("hello", 1, "two", { three: 3.5 }, null, true, [-1, 2 ** 40, 1e-300]);
    node.io.emit("bytes", Buffer.from([1, 2, 255]), undefined, new Date(1700000000123), { deep: [Buffer.from("x")] });
    await settled();
    const [text, binary] = probe.heard("broadcast");
    assert.deepEqual(text, { heard: "broadcast", nsp: "/", rooms: [], except: [], volatile: false, compress: true,
      args: ["hello", 1, "two", { three: 3.5 }, null, true, [-1, 2 ** 40, 1e-300]] });
    assert.deepEqual(binary.args, ["bytes", { $binary: "0102ff" }, null, "2023-11-14T22:13:20.123Z", { deep: [{ $binary: "78" }] }]);
  });

  test("from Node, with rooms, exceptions and flags", async () => {
    await gather();
    node.io.to("r1").emit("one");
    node.io.to(5).emit("number");
    node.io.to(["r1", "r2"]).except("r3").volatile.compress(false).emit("many");
    await settled();
    assert.deepEqual(probe.heard("broadcast").slice(0, 3).map(({ args, rooms, except, volatile, compress }) => [args[0], rooms, except, volatile, compress]), [
      ["one", ["r1"], [], false, true],
      ["number", ["5"], [], false, true],
      ["many", ["r1", "r2"], ["r3"], true, false],
    ]);
  });

  test("to Node's clients, text and binary, with rooms and exceptions", async () => {
    await gather();
    const stranger = await node.client();
    await node.io.in(stranger.id).socketsLeave("everybody");
    await until(async () => (await node.io.in("everybody").fetchSockets()).length === 1, "the stranger to leave");
    const got = { client: [], stranger: [] };
    client.onAny((...args) => got.client.push(args));
    stranger.onAny((...args) => got.stranger.push(args));
    probe.do("broadcast", { args: ["all", 1, { a: [null, 2.5] }] });
    probe.do("broadcast", { args: ["bytes", Buffer.from([0, 255]), { deep: Buffer.from("x") }] });
    probe.do("broadcast", { args: ["room"], rooms: ["everybody"] });
    probe.do("broadcast", { args: ["rooms"], rooms: ["everybody", "nowhere"] });
    probe.do("broadcast", { args: ["except"], except: ["everybody"] });
    probe.do("broadcast", { args: ["nobody"], rooms: ["nowhere"] });
    probe.do("broadcast", { args: ["last"] });
    await until(() => got.client.at(-1)?.[0] === "last" && got.stranger.at(-1)?.[0] === "last", () => JSON.stringify(got));
    const all = [["all", 1, { a: [null, 2.5] }], ["bytes", Buffer.from([0, 255]), { deep: Buffer.from("x") }]];
    assert.deepEqual(got.client, [...all, ["room"], ["rooms"], ["last"]]);
    assert.deepEqual(got.stranger, [...all, ["except"], ["last"]]);
  });

  test("stay in their namespace", async () => {
    await gather();
    node.io.of("/n");
    const inside = await node.client("/n");
    node.io.of("/n").emit("unheard");
    await settled();
    probe.do("open", { nsp: "/n" });
    await until(async () => (await node.io.of("/n").fetchSockets()).length === 2, "the probe in /n");
    node.io.of("/n").emit("heard");
    await settled();
    assert.deepEqual(probe.heard("broadcast").filter((line) => !line.args[0].startsWith("mark")).map((line) => [line.nsp, line.args[0]]), [["/n", "heard"]]);
    const got = next(inside, "x");
    client.once("x", () => assert.fail("an event of /n in /"));
    probe.do("broadcast", { nsp: "/n", args: ["x", 1] });
    assert.deepEqual(await got, [1]);
    probe.do("close", { nsp: "/n" });
    // Who leaves between Node's counting and asking is waited for: that is an error of Node, and may happen here.
    await until(async () => (await node.io.of("/n").fetchSockets().catch(() => [])).length === 1, "the probe out of /n");
    node.io.of("/n").emit("unheard again");
    await settled();
    assert.ok(!probe.lines.some((line) => line.args?.[0].startsWith("unheard")));
  });

  test("arrive all, in order, in both directions at once", async () => {
    await gather();
    const count = 3000;
    const got = [];
    client.on("n", (number) => got.push(number));
    for (let i = 0; i < count; ++i) {
      node.io.emit("n2", i);
      probe.do("broadcast", { args: ["n", i] });
    }
    await until(() => got.length >= count && probe.heard("broadcast").length >= count, () => `${got.length}, ${probe.heard("broadcast").length}`);
    const numbers = [...Array(count).keys()];
    assert.deepEqual(got, numbers);
    assert.deepEqual(probe.heard("broadcast").map((line) => line.args[1]), numbers);
  });

  test("of several megabytes", async () => {
    await gather();
    const large = Buffer.alloc(900_000, "tick");
    const many = [large, large, large];
    const got = next(client, "large");
    probe.do("broadcast", { args: ["large", ...many] });
    assert.ok((await got).every((part) => part.equals(large)));
    node.io.emit("large", ...many);
    const { args } = await probe.hears(heard("broadcast"));
    assert.deepEqual(args.slice(1).map((part) => part.$binary === large.toString("hex")), [true, true, true]);
  });
});

describe("joins, leaves, disconnects", () => {
  test("from Node", async () => {
    await gather();
    node.io.in("r1").except("r2").socketsJoin(["j1", "j2"]);
    node.io.socketsLeave("j1");
    node.io.in("r1").disconnectSockets(true);
    node.io.in("r3").disconnectSockets();
    await settled();
    assert.deepEqual(probe.lines.filter((line) => ["join", "leave", "disconnect"].includes(line.heard)), [
      { heard: "join", nsp: "/", rooms: ["r1"], except: ["r2"], join: ["j1", "j2"] },
      { heard: "leave", nsp: "/", rooms: [], except: [], leave: ["j1"] },
      { heard: "disconnect", nsp: "/", rooms: ["r1"], except: [], close: true },
      { heard: "disconnect", nsp: "/", rooms: ["r3"], except: [], close: false },
    ]);
  });

  test("to Node's sockets, and never back to us", async () => {
    await gather();
    const rooms = async () => [...(await node.io.in(client.id).fetchSockets())[0].rooms].sort();
    probe.do("join", { rooms: ["everybody"], join: ["j1", "j2"] });
    await until(async () => (await rooms()).includes("j2"), "Node's socket in j2");
    probe.do("leave", { rooms: [client.id], leave: ["j1"] });
    await until(async () => !(await rooms()).includes("j1"), "Node's socket out of j1");
    assert.deepEqual(await rooms(), [client.id, "everybody", "j2"].sort());
    const side = await beside(client);
    const gone = [once(client, "disconnect"), once(side, "disconnect")];
    probe.do("disconnect", { rooms: ["j2"], close: true });
    await Promise.all(gone);
    await settled();
    assert.deepEqual(probe.lines.filter((line) => ["join", "leave", "disconnect"].includes(line.heard)), []);
  });

  test("a disconnect without close is a namespace's", async () => {
    await gather();
    const side = await beside(client);
    const gone = once(client, "disconnect");
    probe.do("disconnect", { rooms: [client.id], close: false });
    assert.equal((await gone)[0], "io server disconnect");
    await until(async () => (await node.io.fetchSockets()).length === 1, "one socket");
    const got = next(side, "still here");
    node.io.of("/side").emit("still here");
    await got;
  });
});

describe("fetchSockets", () => {
  test("finds ours from Node, with rooms and data", async () => {
    await gather();
    probe.do("sockets", { sockets: [{ id: "s1", rooms: ["s1", "r1"], data: { n: 1 } }, { id: "s2", rooms: ["s2"], data: null }] });
    await until(async () => (await node.io.fetchSockets()).length === 3, "three sockets");
    const found = Object.fromEntries((await node.io.fetchSockets()).map((socket) => [socket.id, socket]));
    assert.deepEqual([...found.s1.rooms], ["s1", "r1"]);
    assert.deepEqual(found.s1.data, { n: 1 });
    assert.deepEqual(found.s2.data, {});
    assert.deepEqual((await node.io.in("r1").fetchSockets()).map((socket) => socket.id), ["s1"]);
    assert.deepEqual((await node.io.in("s2").except("s2").fetchSockets()), []);
    // Nothing is an answer too, and comes at once.
    probe.do("sockets", { sockets: [] });
    await until(async () => (await node.io.fetchSockets()).length === 1, "one socket");
    assert.deepEqual(await node.io.in("nowhere").fetchSockets(), []);
  });

  test("finds Node's from here", async () => {
    await gather();
    const { error, sockets } = await probe.ask("fetch", "sockets", { rooms: ["everybody"] });
    assert.equal(error, "");
    assert.equal(sockets.length, 1);
    assert.equal(sockets[0].id, client.id);
    assert.deepEqual(sockets[0].rooms, [client.id, "everybody"]);
    assert.deepEqual(sockets[0].data, { who: "node's" });
    assert.equal(sockets[0].handshake.query.EIO, "4");
    assert.deepEqual((await probe.ask("fetch", "sockets", { rooms: ["nowhere"] })).sockets, []);
  });

  test("allRooms of Node has ours", async () => {
    await gather();
    assert.deepEqual([...(await node.io.of("/").adapter.allRooms())].sort(), [client.id, "everybody", "probe1"].sort());
  });

  test("RemoteSocket of Node acts on ours", async () => {
    await gather();
    const remote = (await node.io.in("probe1").fetchSockets())[0];
    remote.emit("to you", 1);
    remote.join("r");
    remote.leave("r");
    remote.disconnect();
    await settled();
    assert.deepEqual(probe.lines.filter((line) => line.heard).slice(0, 4).map((line) => [line.heard, line.rooms]), [
      ["broadcast", ["probe1"]], ["join", ["probe1"]], ["leave", ["probe1"]], ["disconnect", ["probe1"]]]);
  });
});

describe("acknowledgements", () => {
  test("of our clients reach Node", async () => {
    await gather();
    probe.do("sockets", { sockets: [{ id: "s1", rooms: ["s1"], data: {} }, { id: "s2", rooms: ["s2"], data: {} }] });
    client.on("q", (number, bytes, answer) => answer({ from: "node's client", number }));
    const answers = await node.io.timeout(5000).emitWithAck("q", 7, Buffer.from([1, 2]));
    assert.equal(answers.length, 3);
    const placeholder = (answer) => answer.args?.[2];
    assert.deepEqual(answers.map((answer) => answer.from).sort(), ["node's client", "s1", "s2"]);
    assert.ok(answers.filter(placeholder).every((answer) => Buffer.from([1, 2]).equals(placeholder(answer))));
    const { timeout } = await probe.hears(heard("ask"));
    assert.equal(timeout, 5000);
  });

  test("of nobody reach Node at once", async () => {
    await gather();
    probe.do("sockets", { sockets: [] });
    await until(async () => (await node.io.fetchSockets()).length === 1, "one socket");
    const began = Date.now();
    assert.deepEqual(await node.io.in("nowhere").timeout(10_000).emitWithAck("q"), []);
    assert.ok(Date.now() - began < 5000);
  });

  test("that do not come make Node's time run out", async () => {
    await gather();
    client.on("silence", (answer) => answer("here"));
    await assert.rejects(node.io.timeout(300).emitWithAck("silence"), (error) => {
      assert.deepEqual(error.responses, ["here"]);
      return true;
    });
  });

  test("of Node's clients reach us, text and binary", async () => {
    await gather();
    const second = await node.client();
    for (const one of [client, second]) one.on("q", (number, bytes, answer) => answer({ number, back: bytes }, "second argument"));
    probe.do("ask", { args: ["q", 7, Buffer.from([9, 8])], timeout: 5000 });
    await until(() => probe.results("answer").length === 2, () => JSON.stringify(probe.lines));
    assert.deepEqual(probe.lines.filter((line) => ["servers", "clients", "answer"].includes(line.result)), [
      { result: "servers", error: "Success", count: 1 },
      { result: "clients", count: 2 },
      ...Array(2).fill({ result: "answer", args: [{ number: 7, back: { $binary: "0908" } }] }),
    ]);
  });

  test("without arguments are without arguments", async () => {
    await gather();
    client.on("q", (answer) => answer());
    probe.do("ask", { args: ["q"], timeout: 5000 });
    assert.deepEqual((await probe.hears((line) => line.result === "answer")).args, []);
  });

  test("come in order with broadcasts", async () => {
    await gather();
    const got = [];
    client.onAny((event) => got.push(event));
    for (let i = 0; i < 50; ++i) {
      probe.do("ask", { args: [`a${i}`], timeout: 100 });
      probe.do("broadcast", { args: [`b${i}`] });
    }
    await until(() => got.length === 100, () => JSON.stringify(got));
    assert.deepEqual(got, [...Array(50).keys()].flatMap((i) => [`a${i}`, `b${i}`]));
  });
});

describe("serverSideEmit", () => {
  test("from Node, without and with acknowledgement", async () => {
    await gather();
    node.io.serverSideEmit("hi", 1, Buffer.from([9]), "x");
    const line = await probe.hears(heard("server_event"));
    assert.deepEqual(line, { heard: "server_event", nsp: "/", args: ["hi", 1, { $binary: "09" }, "x"], ack: false });
    const answers = await node.io.serverSideEmitWithAck("q", 5);
    assert.deepEqual(answers, [{ server: "probe1", args: ["q", 5] }]);
  });

  test("from here, without and with acknowledgement", async () => {
    await gather();
    const got = new Promise((done) => node.io.once("hi", (...args) => done(args)));
    probe.do("server_emit", { args: ["hi", 1, { a: [2] }] });
    assert.deepEqual(await got, [1, { a: [2] }]);
    node.io.on("q", (number, answer) => answer({ number, from: "node" }));
    const { error, answers } = await probe.ask("server_ask", "answers", { args: ["q", 5] });
    assert.equal(error, "");
    assert.deepEqual(answers, [[{ number: 5, from: "node" }]]);
    assert.deepEqual(probe.heard("server_event"), []);
  });

  test("answers that do not come: the rest, in time, on either side", async () => {
    await gather(["--timeout", "400"], { requestsTimeout: 400 });
    const second = await Probe.start(redis, "probe2", "--timeout", "400");
    others.push(second);
    await united([node, probe, second], 3);
    node.io.on("q", () => {});
    const { error, answers } = await probe.ask("server_ask", "answers", { args: ["q"] });
    assert.equal(error, "operation has timed out");
    assert.deepEqual(answers, [[{ server: "probe2", args: ["q"] }]]);
    await assert.rejects(node.io.serverSideEmitWithAck("silence"), /timeout reached: only 0 responses received out of 2/);
  });

  test("between ours keeps binary parts", async () => {
    await gather();
    const second = await Probe.start(redis, "probe2");
    others.push(second);
    await united([node, probe, second], 3);
    node.io.on("q", (bytes, answer) => answer(bytes));
    const { answers } = await probe.ask("server_ask", "answers", { args: ["q", Buffer.from([1, 2])] });
    const ours = answers.find(([answer]) => answer.server === "probe2");
    assert.deepEqual(ours, [{ server: "probe2", args: ["q", { $binary: "0102" }] }]);
    assert.ok(answers.some(([answer]) => answer.$binary === "0102"), "Node gave back what JSON made of the bytes");
  });
});

test("the emitter reaches our server", async () => {
  await gather();
  const connection = await redis.client();
  const emitter = new Emitter(connection);
  emitter.emit("hello", 1);
  emitter.to("r1").to("r2").except("r3").volatile.emit("bytes", Buffer.from("z"));
  emitter.in("r1").socketsJoin(["k1", "k2"]);
  emitter.socketsLeave("k1");
  emitter.in("r1").disconnectSockets(true);
  emitter.serverSideEmit("hi", 3);
  emitter.of("/unknown").emit("unheard");
  await settled();
  assert.deepEqual(probe.lines.filter((line) => line.heard).slice(0, -1), [
    { heard: "broadcast", nsp: "/", rooms: [], except: [], args: ["hello", 1], volatile: false, compress: true },
    { heard: "broadcast", nsp: "/", rooms: ["r1", "r2"], except: ["r3"], args: ["bytes", { $binary: "7a" }], volatile: true, compress: true },
    { heard: "join", nsp: "/", rooms: ["r1"], except: [], join: ["k1", "k2"] },
    { heard: "leave", nsp: "/", rooms: [], except: [], leave: ["k1"] },
    { heard: "disconnect", nsp: "/", rooms: ["r1"], except: [], close: true },
    { heard: "server_event", nsp: "/", args: ["hi", 3], ack: false },
  ]);
  await connection.disconnect();
});

test("answers on the asker's own channel, on either side", async () => {
  await gather(["--specific"], { publishOnSpecificResponseChannel: true });
  client.on("q", (answer) => answer("client"));
  assert.equal((await node.io.fetchSockets()).length, 2);
  assert.deepEqual((await node.io.timeout(3000).emitWithAck("q")).length, 2);
  assert.equal((await probe.ask("fetch", "sockets")).sockets.length, 1);
  node.io.on("s", (answer) => answer("node"));
  assert.deepEqual((await probe.ask("server_ask", "answers", { args: ["s"] })).answers, [["node"]]);
  assert.deepEqual(await node.io.serverSideEmitWithAck("s"), [{ server: "probe1", args: ["s"] }]);
});

test("a cluster with another prefix is another cluster", async () => {
  await gather();
  const stranger = await Probe.start(redis, "stranger", "--key", "other");
  others.push(stranger);
  await until(async () => (await stranger.ask("fetch", "sockets")).error === "", "the stranger to be ready");
  node.io.emit("x");
  await settled();
  assert.deepEqual((await stranger.ask("fetch", "sockets")).sockets, []);
  assert.deepEqual(stranger.heard("broadcast"), []);
});

test("a namespace that is opened and closed within round trips ends as it was said last", async () => {
  await gather();
  const nsp = "/side";
  node.io.of(nsp);
  for (let round = 0; round < 5; ++round) {
    for (let i = 0; i < round; ++i) for (const what of ["open", "close"]) probe.do(what, { nsp });
    probe.do("open", { nsp });
    const mark = `mark ${round}`;
    await until(() => (node.io.of(nsp).emit(mark), probe.heard("broadcast").some((line) => line.args[0] === mark)), "Node's words");
    const side = await node.client(nsp); // and the other way round
    const got = next(side, mark);
    probe.do("broadcast", { nsp, args: [mark] });
    await got;
    const { error, sockets } = await probe.ask("fetch", "sockets", { nsp });
    assert.deepEqual([error, sockets.length], ["", round + 1]);
    probe.do("close", { nsp });
  }
  const admin = await redis.client();
  await until(async () => (await admin.sendCommand(["PUBSUB", "NUMSUB", `socket.io-request#${nsp}#`]))[1] === 1, "Node alone to listen");
  await admin.disconnect();
});

describe("when Redis", () => {
  let own;
  const alone = async (...options) => {
    own = ruined = await Redis.start();
    await gather(options, {}, own);
  };
  const together = async () => {
    await united([node, probe], 2);
    const mark = `again ${Math.random()}`;
    const got = next(client, mark);
    probe.do("broadcast", { args: [mark] });
    await got;
    await settled();
  };

  test("is killed and started again, both sides find each other again", async () => {
    await alone();
    for (let round = 0; round < 3; ++round) {
      await own.kill();
      await until(async () => (await probe.ask("fetch", "sockets")).error === "the other servers of the cluster cannot be reached", "the loss to be noticed");
      probe.do("broadcast", { args: ["lost"] });
      assert.equal((await probe.ask("server_ask", "answers", { args: ["q"] })).error, "the other servers of the cluster cannot be reached");
      await own.start();
      await together();
    }
    const numbers = [];
    client.on("n", (n) => numbers.push(n));
    for (let i = 0; i < 100; ++i) probe.do("broadcast", { args: ["n", i] });
    await until(() => numbers.length >= 100, () => JSON.stringify(numbers));
    assert.deepEqual(numbers, [...Array(100).keys()], "once each, in order");
  });

  test("stops answering, it is noticed by its silence", async () => {
    await alone("--ping", "200");
    own.freeze();
    const lost = (purpose) => (line) => line.log?.includes(`${purpose}: not connected: no answer`);
    await probe.hears(lost("publishing"));
    await probe.hears(lost("listening"));
    assert.equal((await probe.ask("fetch", "sockets")).error, "the other servers of the cluster cannot be reached");
    own.thaw();
    await together();
  });

  test("cuts a connection, it is made again", async () => {
    await alone();
    const admin = await own.client();
    for (const type of ["pubsub", "normal"]) {
      const before = probe.lines.filter((line) => line.log?.endsWith("connected")).length;
      await admin.sendCommand(["CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"]);
      await until(() => probe.lines.filter((line) => line.log?.endsWith(": connected")).length > before, "a new connection");
      await together();
    }
    await admin.disconnect();
  });

  test("is not there at all, it is waited for", async () => {
    await alone();
    await own.kill();
    const late = await Probe.start(own, "late");
    others.push(late);
    await late.hears((line) => line.log?.includes("not connected: Connection refused"));
    await own.start();
    await united([node, probe, late], 3);
  });
});
