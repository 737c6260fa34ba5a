// Socket.IO's rules: who may come, rooms and broadcasts, questions and answers, leaving, and several servers as one.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import { exactMemory, plain, start, unlessPlain, until } from "./lib/server.mjs";
import { ask, frameBytes, Frames, Polling, separator } from "./lib/wire.mjs";

let server, port;
before(async () => {
  server = await start("feature_server");
  port = server.port;
});
after(() => server.stop());

const join = (options) => Frames.join(port, options);
const gone = (frames, at = server) => at.tells((line) => line.what === "disconnect" && line.id === frames.connected.sid, "disconnect");
const stats = async (at = port) => JSON.parse((await ask(at, "GET", "/")).text);
const who = async (frames) => (await frames.call("who"))[0];
// What has arrived, once an answer that is asked for last is there: events alone.
const heardUntilNow = async (frames) => {
  await frames.call("rooms");
  return frames.kept.splice(0).filter((said) => typeof said === "string" && said.startsWith("42[")).map((said) => JSON.parse(said.slice(2)));
};

describe("who comes", () => {
  test("a connection that joins nothing ends after connectTimeout; one that joined and left stays; a refused one ends", async () => {
    const strict = await start("feature_server", "--connect-timeout", "300");
    const idle = await Frames.open(strict.port);
    const left = await Frames.join(strict.port);
    left.send("41");
    const refused = await Frames.open(strict.port);
    refused.send("40/refused,");
    const begun = performance.now();
    await Promise.all([idle.end(), refused.end()]);
    assert.ok(performance.now() - begun > 200);
    left.send("40");
    assert.match(await left.message(), /^40\{/);
    left.destroy();
    await strict.stop();
  });
  unlessPlain(test)("middlewares run in order, may take their time, may refuse with data; the rest of the connection stays", async () => {
    const frames = await join();
    frames.send("40/in-order,");
    assert.match(await frames.message(), /^40\/in-order,/);
    frames.send('42/in-order,1["who"]');
    assert.equal(await frames.message(), '43/in-order,1["12"]');
    frames.send("40/refused,");
    assert.equal(await frames.message(), '44/refused,{"message":"not you","data":{"code":17}}');
    frames.send("40/refused,"); // refused leaves nothing behind: it may be tried again
    assert.equal(await frames.message(), '44/refused,{"message":"not you","data":{"code":17}}');
    const asked = performance.now();
    frames.send("40/later,");
    assert.match(await frames.message(), /^40\/later,/);
    assert.ok(performance.now() - asked > 40);
    assert.deepEqual(await frames.call("echo", 1), [1]);
    frames.destroy();
  });
  unlessPlain(test)("a client that leaves while a middleware thinks leaves nothing", async () => {
    const other = await start("feature_server");
    for (const nsp of ["/later", "/never"]) {
      const frames = await Frames.open(other.port);
      frames.send(`40${nsp},`);
      frames.destroy();
    }
    const still = await Frames.open(other.port);
    still.send("40/never,");
    still.send("40/never,"); // twice while it thinks: a violation, or ignored; the server lives
    still.destroy();
    await until(async () => (await stats(other.port)).connections <= 1, "connections are gone");
    await other.stop();
  });
  test("the handshake of a socket: query, headers, address, auth", async () => {
    const frames = await join({ query: "&a=b%26c%3Dd&e=", headers: { "X-Test": "héader" }, auth: { token: "t", deep: { x: [1] } } });
    const { handshake, id } = await who(frames);
    assert.deepEqual(handshake.query, { EIO: "4", transport: "websocket", mark: frames.mark, a: "b&c=d", e: "" });
    assert.deepEqual(handshake.auth, { token: "t", deep: { x: [1] } });
    assert.equal(handshake.address, "127.0.0.1");
    assert.ok("x-test" in handshake.headers);
    assert.equal(handshake.secure, false);
    assert.ok(Math.abs(handshake.issued - Date.now()) < 10_000);
    assert.match(handshake.url, /^\/socket\.io\/\?EIO=4/);
    assert.notEqual(id, frames.handshake.sid, "the socket's id is not the session's");
    assert.equal(id, frames.connected.sid);
    frames.destroy();
  });
  test("each namespace has its own socket id", async () => {
    const frames = await join();
    frames.send("40/custom,");
    const other = JSON.parse((await frames.message()).slice("40/custom,".length)).sid;
    assert.notEqual(other, frames.connected.sid);
    frames.destroy();
  });
  test("no more namespaces of one connection than allowed; it goes on", async () => {
    const strict = await start("feature_server", "--max-namespaces", "3");
    const frames = await Frames.join(strict.port);
    for (let i = 0; i < 2; i++) {
      frames.send(`40/n${i},`);
      assert.match(await frames.message(), /^40\/n/);
    }
    frames.send("40/n2,");
    assert.match(await frames.message(), /^44\/n2,/);
    assert.deepEqual(await frames.call("rooms"), [frames.connected.sid]);
    frames.send("41/n0,");
    frames.send("40/n2,");
    assert.match(await frames.message(), /^40\/n2,/);
    frames.destroy();
    await strict.stop();
  });
  unlessPlain(test)("a handler that throws ends its event, nothing else; it is told to the log", async () => {
    const other = await join();
    const frames = await join();
    frames.send('42["throw"]');
    await server.tells((line) => line.what === "log" && line.line.includes("a handler that throws"));
    frames.send('42["rooms",{}]'); // a handler whose arguments do not fit
    frames.send('42["join"]');
    frames.send("40/throws,");
    await server.tells((line) => line.what === "log" && line.line.includes("a connection handler that throws"));
    assert.deepEqual(await frames.call("echo", 1), [1]);
    assert.deepEqual(await other.call("echo", 2), [2]);
    frames.destroy();
    other.destroy();
  });
});

unlessPlain(describe)("dynamic namespaces", () => {
  test("come to be by a predicate, with middlewares and handlers, told once; go with their last socket", async () => {
    const nsp = "/dynamic-101";
    const a = await Frames.open(port);
    a.send(`40${nsp},`);
    assert.match(await a.message(), /^40\/dynamic-101,/);
    const made = (line) => line.what === "namespace" && line.name === nsp;
    await server.tells(made);
    a.send(`42${nsp},1["echo","x"]`);
    assert.equal(await a.message(), `42${nsp},["echo","x"]`);
    assert.equal(await a.message(), `43${nsp},1["x"]`);
    const b = await Frames.open(port);
    b.send(`40${nsp},`);
    await b.message();
    b.send(`42${nsp},["send",{},"hello",1]`);
    assert.equal(await a.message(), `42${nsp},["hello",1]`);
    assert.equal(server.told.filter(made).length, 0, "made once");
    a.send(`41${nsp},`);
    b.destroy();
    for (let i = 0; i < 2; i++) await server.tells((line) => line.what === "disconnect" && line.nsp === nsp);
    a.send(`40${nsp},`);
    await a.message();
    await server.tells(made, "made again, since it had gone");
    a.destroy();
  });
  test("naming one from outside reaches its sockets and opens no way round its middlewares", async () => {
    const nsp = "/dynamic-103";
    const main = await join();
    const early = await Frames.open(port);
    await main.call("emit-in", nsp, "nobody is here yet");
    early.send(`40${nsp},{"no":1}`);
    assert.equal(await early.message(), `44${nsp},{"message":"no"}`);
    early.send(`40${nsp},`);
    assert.match(await early.message(), /^40\/dynamic-103,/);
    await main.call("emit-in", nsp, "hello");
    assert.equal(await early.message(), `42${nsp},["hello"]`);
    const late = await Frames.open(port);
    late.send(`40${nsp},{"no":1}`);
    assert.equal(await late.message(), `44${nsp},{"message":"no"}`);
    for (const frames of [main, early, late]) frames.destroy();
  });
  test("one that refuses everybody does not stay, and nobody is told of it", async () => {
    const nsp = "/dynamic-102";
    const a = await Frames.open(port);
    for (let i = 0; i < 500; i++) a.send(`40${nsp}-${i},{"no":1}`);
    for (let i = 0; i < 500; i++) assert.equal(await a.message(), `44${nsp}-${i},{"message":"no"}`);
    a.send(`40${nsp},`); // the first that is admitted
    assert.match(await a.message(), /^40\/dynamic-102,/);
    await server.tells((line) => line.what === "namespace" && line.name === nsp);
    assert.deepEqual(server.told.filter((line) => line.what === "namespace" && line.name.startsWith(nsp)), []);
    a.send("40/static-102,");
    assert.equal(await a.message(), '44/static-102,{"message":"Invalid namespace"}');
    a.destroy();
  });
});

describe("rooms and broadcasts", () => {
  test("to several rooms, without some, each socket once; the sender not", async () => {
    const [a, b, c, d] = await Promise.all([1, 2, 3, 4].map(() => join()));
    for (const [frames, rooms] of [[a, ["r1", "r2"]], [b, ["r1", "r2"]], [c, ["r2"]], [d, ["r3"]]])
      for (const room of rooms) assert.deepEqual(await frames.call("join", room), [true]);
    const send = (how, ...event) => a.call("send", how, ...event);
    await send({ to: ["r1", "r2"] }, "both", 1);
    await send({ to: ["r2"], except: ["r1"] }, "without", 2);
    await send({}, "everybody", 3);
    await send({ self: true }, "me too", 4);
    await send({ to: [c.connected.sid] }, "to one", 5);
    await send({ to: ["nobody"] }, "to none", 6);
    await send({ except: [b.connected.sid] }, "not b", 7);
    a.send(`42["send-encoded",{"to":["r1","r2"]},"encoded",{"x":1}]`);
    const mine = (await heardUntilNow(a)).map(([name]) => name);
    assert.deepEqual(mine, ["me too"]);
    assert.deepEqual(await heardUntilNow(b), [["both", 1], ["everybody", 3], ["me too", 4], ["encoded", { x: 1 }]]);
    assert.deepEqual(await heardUntilNow(c), [["both", 1], ["without", 2], ["everybody", 3], ["me too", 4], ["to one", 5], ["not b", 7], ["encoded", { x: 1 }]]);
    assert.deepEqual(await heardUntilNow(d), [["everybody", 3], ["me too", 4], ["not b", 7]]);
    await b.call("leave", "r1");
    await send({ to: ["r1"] }, "left");
    assert.deepEqual(await heardUntilNow(b), []);
    assert.deepEqual(new Set((await who(a)).rooms), new Set([a.connected.sid, "r1", "r2"]));
    for (const frames of [a, b, c, d]) frames.destroy();
  });
  test("who leaves takes nobody along, in whatever order they came", async () => {
    const sender = await join();
    const members = [];
    for (let i = 0; i < 4; i++) members.push(await join());
    const heardBy = async (here, how, name) => {
      await sender.call("send", how, name);
      for (const [i, frames] of members.entries())
        if (!frames.wire.ended) assert.deepEqual(await heardUntilNow(frames), here.includes(i) ? [[name]] : [], `${name}: ${i}`);
    };
    const ways = [["the room", (frames) => frames.call("leave", "crew"), { to: ["crew"] }], ["the server", (frames) => (frames.destroy(), gone(frames)), {}]];
    for (const [what, leave, how] of ways) {
      for (const frames of members) await frames.call("join", "crew");
      let here = [0, 1, 2, 3];
      await heardBy(here, how, "all");
      for (const next of [0, 3, 1, 2]) { // who came last has moved to the place of the first that left, and so on
        await leave(members[next]);
        here = here.filter((i) => i !== next);
        await heardBy(here, how, `${next} left ${what}`);
      }
    }
    assert.deepEqual(await heardUntilNow(sender), []);
    sender.destroy();
  });
  test("binary to polling and WebSocket clients at once", async () => {
    const a = await join();
    const b = await join();
    const c = await Polling.open(port);
    await c.join();
    a.send('451-["send",{},"bytes",{"_placeholder":true,"num":0}]');
    a.send(Buffer.from([1, 2, 3, 4]));
    assert.equal(await b.message(), '451-["bytes",{"_placeholder":true,"num":0}]');
    assert.deepEqual(await b.message(), Buffer.from([1, 2, 3, 4]));
    assert.deepEqual(await c.collect(2), ['451-["bytes",{"_placeholder":true,"num":0}]', "bAQIDBA=="]);
    await c.post("1");
    a.destroy();
    b.destroy();
  });
  test("attachments stay behind their header under load, from many senders", async () => {
    const senders = await Promise.all(Array.from({ length: 8 }, () => join()));
    const reader = await join();
    for (let i = 0; i < 20; i++)
      for (const [n, sender] of senders.entries()) {
        sender.send(`452-["send",{"to":["${reader.connected.sid}"]},"bytes",${n},{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`);
        sender.send(Buffer.from([n, i]));
        sender.send(Buffer.from([n, i, 1]));
      }
    const next = senders.map(() => 0);
    for (let i = 0; i < 160; i++) {
      const [, , from] = /^(452-\["bytes",(\d),)/.exec(await reader.text());
      const n = Number(from);
      assert.deepEqual(await reader.message(), Buffer.from([n, next[n]]));
      assert.deepEqual(await reader.message(), Buffer.from([n, next[n], 1]));
      next[n]++;
    }
    for (const frames of [...senders, reader]) frames.destroy();
  });
  test("no more rooms of one socket than allowed", async () => {
    const strict = await start("feature_server", "--max-rooms", "3");
    const frames = await Frames.join(strict.port);
    const joined = [];
    for (let i = 0; i < 5; i++) joined.push((await frames.call("join", `r${i}`))[0]);
    assert.deepEqual(joined, [true, true, true, false, false]);
    assert.deepEqual((await who(frames)).rooms, [frames.connected.sid, "r0", "r1", "r2"]);
    frames.destroy();
    await strict.stop();
  });
  test("others join, leave, are found and thrown out from outside", async () => {
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => join()));
    await b.call("keep", "data of b");
    await b.call("join", "found");
    await a.call("make-join", { to: ["found"], rooms: ["more", "most"] });
    const [error, [one, ...none]] = await a.call("fetch", { to: ["more"] });
    assert.deepEqual([error, one.id, one.data, none], [null, b.connected.sid, "data of b", []]);
    assert.deepEqual(new Set(one.rooms), new Set([b.connected.sid, "found", "more", "most"]));
    assert.equal(one.handshake.address, "127.0.0.1");
    await a.call("make-leave", { to: ["found"], rooms: ["more"] });
    assert.deepEqual(await a.call("fetch", { to: ["more"] }), [null, []]);
    a.emit("make-disconnect", { to: ["most"] });
    assert.equal(await b.message(), "41");
    assert.equal((await gone(b)).reason, "server namespace disconnect");
    a.emit("make-disconnect", { to: [c.connected.sid], close: true });
    assert.deepEqual((await c.end()).before, ["41"]);
    a.destroy();
    b.destroy();
  });
  test("volatile: dropped when no poll waits, delivered when one does", async () => {
    const sender = await join();
    const session = await Polling.open(port);
    const { sid } = JSON.parse((await session.join()).slice(2));
    await sender.call("send", { to: [sid], volatile: true }, "lost");
    await sender.call("send", { to: [sid] }, "kept");
    assert.deepEqual(await session.packets(), ['42["kept"]']);
    const { answer } = await session.park();
    await sender.call("send", { to: [sid], volatile: true }, "arrives");
    assert.equal((await answer).text, '42["arrives"]');
    sender.destroy();
    await session.post("1");
  });
  test("volatile: a reader that does not read loses some, keeps its connection and its order", async () => {
    const slow = await join();
    slow.wire.socket.pause();
    slow.emit("volatile-burst", 2000, 10_000);
    const other = await join();
    await until(async () => (await other.call("fetch", { to: [slow.connected.sid], self: true }))[1].length === 1 && other.call("echo", 1));
    slow.wire.socket.resume();
    slow.send('429999["rooms"]');
    const seen = [];
    for (;;) {
      const said = await slow.text();
      if (said.startsWith("439999[")) break;
      const [name, i] = JSON.parse(said.slice(2));
      if (name === "volatile") seen.push(i);
    }
    assert.ok(seen.length >= 1 && seen.length < 2000, `${seen.length} of 2000`);
    assert.deepEqual(seen, seen.toSorted((a, b) => a - b), "in order");
    assert.equal(new Set(seen).size, seen.length, "once");
    slow.destroy();
    other.destroy();
  });
});

describe("questions", () => {
  test("a server asks: the answer, none in time, a client that leaves", async () => {
    const frames = await join();
    frames.emit("ask", 2000, "x", 1);
    const id = /^42(\d+)\["question","x",1\]$/.exec(await frames.message())[1];
    frames.send(`43${id}["y",2]`);
    assert.deepEqual(await frames.event(), ["answered", null, ["y", 2]]);
    frames.send(`43${id}["again"]`); // ignored
    frames.emit("ask", 50, "x");
    await frames.message();
    assert.deepEqual((await frames.event()).slice(0, 2), ["answered", "operation has timed out"]);
    server.told = server.told.filter((line) => line.what !== "answer");
    frames.emit("ask", 60_000, "x");
    await frames.message();
    frames.destroy();
    const told = await server.tells((line) => line.what === "answer" && line.error !== null);
    assert.equal(told.error, "socket has been disconnected");
  });
  test("no more pending questions than allowed", async () => {
    const strict = await start("feature_server", "--max-pending-acks", "3");
    const frames = await Frames.join(strict.port);
    for (let i = 0; i < 5; i++) frames.emit("ask", 60_000, i);
    const questions = [], refused = [];
    while (questions.length + refused.length < 5) {
      const said = await frames.text();
      (said.includes('"question"') ? questions : refused).push(said);
    }
    assert.deepEqual([questions.length, refused.length], [3, 2]);
    frames.destroy();
    await strict.stop();
  });
  test("many are asked: all answers, or those in time", async () => {
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => join()));
    const room = "asked";
    for (const frames of [b, c]) await frames.call("join", room);
    const answering = async (frames, value) => {
      const id = /^42(\d+)\["q",7\]$/.exec(await frames.message())[1];
      if (value !== undefined) frames.send(`43${id}[${value}]`);
      return id;
    };
    const [all, idB, idC] = await Promise.all([a.call("ask-them", { to: [room], timeout: 3000 }, "q", 7), answering(b, 1), answering(c, 2)]);
    assert.equal(all[0], null);
    assert.deepEqual(all[1].flat().sort(), [1, 2]);
    assert.equal(idB, idC, "one id for all");
    const [some] = await Promise.all([a.call("ask-them", { to: [room], timeout: 100 }, "q", 7), answering(b, 1), answering(c)]);
    assert.deepEqual(some, ["operation has timed out", [[1]]]);
    assert.deepEqual(await a.call("ask-them", { to: ["nobody"], timeout: 3000 }, "q", 7), [null, []]);
    for (const frames of [a, b, c]) frames.destroy();
  });
  test("an answer may come later, and to a client that has left", async () => {
    const frames = await join();
    assert.deepEqual(await frames.call("ack-later", 30), ["later"]);
    frames.send('421["ack-later",30]');
    frames.destroy();
    await gone(frames);
    const other = await join();
    assert.deepEqual(await other.call("ack-later", 60), ["later"]);
    other.destroy();
  });
});

unlessPlain(describe)("packets pass middlewares and catch-alls", () => {
  test("a refused packet does nothing else; one that waits keeps the order", async () => {
    const frames = await join();
    frames.emit("forbidden", 1);
    assert.deepEqual(await frames.event(), ["refused", "not this one"]);
    frames.emit("slow", 1);
    frames.emit("echo", 2);
    frames.emit("slow", 3);
    frames.emit("echo", 4);
    const order = [];
    for (let i = 0; i < 4; i++) order.push((await frames.event())[1]);
    assert.deepEqual(order, [1, 2, 3, 4]);
    frames.destroy();
  });
  test("a long line behind one that waits comes out in order, without a deep stack", async () => {
    const other = await start("feature_server", "--max-queued-packets", "40000", "--max-queued-bytes", "100000000");
    const frames = await Frames.join(other.port);
    frames.emit("slow", -1, 500);
    const count = 30_000;
    frames.wire.write(Buffer.concat(Array.from({ length: count }, (_, i) => frameBytes(`42["echo",${i}]`))));
    for (let i = -1; i < count; i++) assert.equal((await frames.event())[1], i);
    frames.destroy();
    await other.stop();
  });
  for (const [limit, count, length] of [["--max-queued-packets", 10, 1], ["--max-queued-bytes", 5, 3000]])
    test(`a line over ${limit} cuts the client`, async () => {
      const other = await start("feature_server", "--max-queued-packets", "8", "--max-queued-bytes", "10000");
      const frames = await Frames.join(other.port);
      frames.emit("slow", 1);
      for (let i = 0; i < count; i++) frames.emit("nobody listens", "x".repeat(length));
      const told = await other.tells((line) => line.what === "disconnect");
      assert.deepEqual([told.reason, told.detail], ["forced close", "more events than the packet middlewares let through"]);
      frames.destroy();
      // One alone is never too much.
      const large = await Frames.join(other.port);
      assert.deepEqual(await large.call("join", "x".repeat(50_000)), [true]);
      for (let i = 0; i < 20; i++) assert.deepEqual(await large.call("join", "x"), [true]); // what has passed does not count
      large.destroy();
      await other.stop();
    });
  test("a client that leaves while its packet waits", async () => {
    const frames = await join();
    frames.emit("slow", 1);
    frames.destroy();
    await gone(frames);
    const other = await join();
    other.emit("slow", 1);
    assert.deepEqual(await other.event(), ["slow", 1]);
    other.destroy();
  });
  test("catch-alls see every event in and out, acknowledgements not", async () => {
    const frames = await join();
    frames.emit("nobody listens");
    frames.emit("echo", 1);
    await frames.call("echo", 2);
    const [events, outgoing] = await frames.call("counted");
    assert.deepEqual([events, outgoing], [4, ["echo", "echo"]]);
    frames.destroy();
  });
  test("a middleware may look at its event after it let it pass", async () => {
    const frames = await join();
    frames.emit("slow", 1);
    assert.deepEqual(await frames.call("passed"), ["passed"]);
    frames.emit("forbidden");
    await frames.heard("refused");
    frames.destroy();
  });
  test("a watcher of what goes out may emit, move and disconnect, also during a broadcast, also with recovery on", async () => {
    for (const options of [[], ["--recovery", "60000"], ["--threads", "4"]]) {
      const other = await start("feature_server", ...options);
      const clients = await Promise.all(Array.from({ length: 8 }, () => Frames.join(other.port)));
      const [sender, ...rest] = clients;
      await Promise.all(rest.map((frames) => frames.call("join", "watched")));
      await sender.call("send", {}, "repeat");
      for (const frames of rest) await frames.heard("repeated");
      await sender.call("send", { to: ["watched"] }, "move");
      for (const frames of rest) {
        await frames.heard("move");
        assert.ok((await frames.call("rooms")).includes("seen"));
      }
      await sender.call("send", { to: ["seen"] }, "poison");
      for (const frames of rest) while ((await frames.message()) !== "41");
      assert.ok(await sender.call("echo", 1));
      assert.equal((await stats(other.port)).sockets, 1);
      assert.equal(await other.stop("SIGTERM"), 0);
      for (const frames of clients) frames.destroy();
    }
  });
});

describe("events", () => {
  test("reserved names are not sent", async () => {
    const frames = await join();
    assert.deepEqual(await frames.call("reserved"), ["refused"]);
    frames.destroy();
  });
  test("hundreds of events of one client are handled in the order sent, over each transport", async () => {
    const frames = await join();
    for (let i = 0; i < 500; i++) frames.emit("echo", i);
    for (let i = 0; i < 500; i++) assert.deepEqual(await frames.event(), ["echo", i]);
    frames.destroy();
    const session = await Polling.open(port);
    await session.join();
    for (let i = 0; i < 200; i += 50)
      await session.post(Array.from({ length: 50 }, (_, j) => `42["echo",${i + j}]`).join(separator));
    assert.deepEqual(await session.collect(200), Array.from({ length: 200 }, (_, i) => `42["echo",${i}]`));
    await session.post("1");
  });
});

describe("leaving", () => {
  test("reasons on the server, rooms still there while disconnecting", async () => {
    const rows = [
      ["client namespace disconnect", (frames) => frames.send("41")],
      ["transport close", (frames) => frames.destroy()],
      ["transport close", (frames) => frames.send(Buffer.alloc(0), { opcode: 8 })],
      ["server namespace disconnect", (frames) => frames.emit("disconnect-me", {})],
      ["server namespace disconnect", (frames) => frames.emit("disconnect-me", { close: true })],
      ["forced close", (frames) => frames.send("4x")],
      ["parse error", (frames) => frames.send("x")],
      ["transport error", (frames) => frames.send("2")],
    ];
    for (const [reason, leave] of rows) {
      const frames = await join();
      await frames.call("join", "room");
      leave(frames);
      const leaving = await server.tells((line) => line.what === "disconnecting" && line.id === frames.connected.sid);
      assert.equal(leaving.reason, reason);
      assert.deepEqual(new Set(leaving.rooms), new Set([frames.connected.sid, "room"]));
      assert.equal((await gone(frames)).reason, reason);
      frames.destroy();
    }
  });
  test("ping timeout is a reason", async () => {
    const quick = await start("feature_server", "--ping-interval", "100", "--ping-timeout", "100");
    const frames = await Frames.join(quick.port);
    assert.equal((await gone(frames, quick)).reason, "ping timeout");
    await quick.stop();
  });
  test("disconnect(true) says 41 in each namespace, then closes, over each transport", async () => {
    const frames = await join();
    frames.send("40/custom,");
    await frames.message();
    frames.emit("disconnect-me", { close: true });
    const { before } = await frames.end();
    assert.deepEqual(new Set(before), new Set(["41", "41/custom,"]));
    assert.equal(before.length, 2);

    const session = await Polling.open(port);
    await session.join();
    await session.post('42["disconnect-me",{"close":true}]');
    // In one answer, a stock client would take the end for a broken transport, and come back.
    const answers = [];
    for (let answer; (answer = await session.get()).status === 200; ) answers.push(answer.text);
    assert.deepEqual(answers, ["41", "1"]);
  });
  test("the transport closed under it: a stock client comes back", async () => {
    const socket = io(server.url, { forceNew: true, reconnectionDelay: 10, transports: ["websocket"] });
    await once(socket, "connect");
    const again = once(socket, "connect");
    const reason = once(socket, "disconnect");
    socket.emit("close-transport");
    assert.equal((await reason)[0], "transport close");
    await again;
    socket.disconnect();
  });
  test("shutdown: transports close without 41; the sockets learn server shutting down", async () => {
    const other = await start("feature_server");
    const frames = await Frames.join(other.port);
    const session = await Polling.open(other.port);
    await session.join();
    const { answer } = await session.park();
    const exited = other.stop("SIGTERM");
    assert.ok(!(await frames.end()).before.includes("41"));
    assert.equal((await answer).text, "1");
    assert.equal(await exited, 0);
    const reasons = other.told.filter((line) => line.what === "disconnect").map((line) => line.reason);
    assert.deepEqual(reasons, ["server shutting down", "server shutting down"]);
  });
  test("an oversize event: its cause is in the reason that people read", async () => {
    const small = await start("feature_server", "--max-payload", "1000");
    const frames = await Frames.join(small.port);
    frames.emit("echo", "x".repeat(1000));
    assert.equal((await frames.end()).code, 1009);
    const { reason, detail } = await gone(frames, small);
    assert.equal(reason, "transport error");
    assert.match(detail, /1000/);
    await small.stop();
  });
  test("memory comes back, and stays where it is, while thousands come and go", async () => {
    const other = await start("feature_server");
    const wave = async () => {
      for (let i = 0; i < 10; i++)
        await Promise.all(Array.from({ length: 40 }, async (_, n) => {
          const frames = await Frames.join(other.port);
          await frames.call("join", `room ${i} ${n}`);
          frames.emit("ask", 60_000, "x".repeat(1000));
          frames.send("40/dynamic-" + n);
          await frames.heard("question");
          frames.destroy();
        }));
      await until(async () => (await stats(other.port)).connections <= 1);
    };
    await wave();
    await wave();
    const before = other.residentBytes();
    for (let i = 0; i < 4; i++) await wave();
    const grown = other.residentBytes() - before;
    console.log(`1,600 connections more: ${grown} bytes more`);
    if (exactMemory) assert.ok(grown < 4_000_000);
    await other.stop();
  });
  test("nothing is left of clients that have gone", async () => {
    const other = await start("feature_server");
    for (let i = 0; i < 100; i++) {
      const frames = await Frames.join(other.port);
      await frames.call("join", `room ${i}`);
      if (i % 3 === 0) frames.send("41");
      if (i % 3 === 1) frames.emit("ask", 60_000);
      frames.destroy();
    }
    await until(async () => (await stats(other.port)).sockets === 0, "sockets are gone");
    await until(async () => (await stats(other.port)).connections <= 1, "connections are gone");
    await other.stop();
  });
});

describe("several threads", () => {
  test("clients on all of them hear each other, in order, and leave nothing", async () => {
    const many = await start("feature_server", "--threads", "4");
    const clients = await Promise.all(Array.from({ length: 24 }, () => Frames.join(many.port)));
    await Promise.all(clients.map((frames) => frames.call("join", "all")));
    for (let i = 0; i < 20; i++) for (const frames of clients) frames.emit("send", { to: ["all"], self: true }, "said", frames.connected.sid, i);
    await Promise.all(clients.map(async (frames) => {
      const next = {};
      for (let heard = 0; heard < 24 * 20; heard++) {
        const [from, i] = await frames.heard("said");
        assert.equal(i, next[from] ?? 0, "in order of each sender, once");
        next[from] = i + 1;
      }
    }));
    const [error, found] = await clients[0].call("fetch", { self: true });
    assert.deepEqual([error, found.length], [null, 24]);
    const answers = clients.slice(1).map(async (frames) => {
      const id = /^42(\d+)\["q"\]$/.exec(await frames.message())[1];
      frames.send(`43${id}[1]`);
    });
    const [all] = await Promise.all([clients[0].call("ask-them", { timeout: 5000 }, "q"), ...answers]);
    assert.deepEqual([all[0], all[1].length], [null, 23]);
    clients[0].emit("make-disconnect", { close: true });
    await Promise.all(clients.slice(1).map((frames) => frames.end()));
    clients[0].destroy();
    await until(async () => (await stats(many.port)).sockets === 0);
    assert.equal(await many.stop("SIGTERM"), 0);
  });
});

unlessPlain(describe)("two servers in one cluster", () => {
  let both, a, b;
  before(async () => {
    both = await start("feature_server", "--second-port", "0");
    const second = (await both.tells((line) => line.what === "second")).port;
    a = await Frames.join(both.port);
    b = await Frames.join(second);
  });
  after(() => {
    a.destroy();
    b.destroy();
    return both.stop();
  });
  test("broadcasts, rooms, except, local, binary", async () => {
    await b.call("join", "there");
    await a.call("send", { to: ["there"] }, "hello", 1);
    assert.deepEqual(await b.event(), ["hello", 1]);
    await a.call("send", { except: ["there"] }, "not there");
    await a.call("send", { local: true }, "only here");
    a.emit("send-encoded", { to: ["there"] }, "encoded", { x: 1 });
    a.send('451-["send",{},"bytes",{"_placeholder":true,"num":0}]');
    a.send(Buffer.from([1, 2]));
    assert.deepEqual(await b.event(), ["encoded", { x: 1 }]);
    assert.equal(await b.message(), '451-["bytes",{"_placeholder":true,"num":0}]');
    assert.deepEqual(await b.message(), Buffer.from([1, 2]));
  });
  test("found, made to join, asked, thrown out over there", async () => {
    await b.call("keep", "data of b");
    const [error, found] = await a.call("fetch", { self: true });
    assert.deepEqual([error, found.length], [null, 2]);
    assert.deepEqual(found.find(({ id }) => id === b.connected.sid).data, "data of b");
    await a.call("make-join", { to: [b.connected.sid], rooms: ["by a"] });
    await until(async () => (await b.call("rooms"))[0] !== undefined && (await b.call("rooms")).includes("by a"));
    const answering = (async () => {
      const id = /^42(\d+)\["q",1\]$/.exec(await b.message())[1];
      b.send(`43${id}["from b"]`);
    })();
    assert.deepEqual((await Promise.all([a.call("ask-them", { to: ["by a"], timeout: 3000 }, "q", 1), answering]))[0], [null, [["from b"]]]);
    await a.call("make-leave", { to: [b.connected.sid], rooms: ["by a"] });
    await until(async () => !(await b.call("rooms")).includes("by a"));
  });
  test("servers tell and ask each other", async () => {
    await a.call("tell-servers", "news", 1);
    assert.deepEqual(await b.event(), ["server-said", "news", 1]);
    assert.deepEqual(await heardUntilNow(a), [], "not the one who tells");
    assert.deepEqual(await a.call("ask-servers", "x"), [null, [["x"]]]);
  });
  test("thrown out over there", async () => {
    a.emit("make-disconnect", { to: [b.connected.sid], close: true });
    assert.deepEqual((await b.end()).before, ["41"]);
  });
});
