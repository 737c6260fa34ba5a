// Connection state recovery: offsets, replay in wire order, and the cases where Node's forgets.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import { firstSeed, randomFrom } from "./lib/random.mjs";
import { start, unlessPlain, until } from "./lib/server.mjs";
import { ask, Frames } from "./lib/wire.mjs";

let server, port;
before(async () => {
  server = await start("feature_server", "--recovery", "60000");
  port = server.port;
});
after(() => server.stop());

const join = (at = port) => Frames.join(at);
const gone = (frames, at = server) => at.tells((line) => line.what === "disconnect" && line.id === frames.connected.sid, "disconnect");
// Comes back with what it knows; gives the frames and everything that came up to the CONNECT answer.
async function comeBack(pid, offset, { at = port, nsp = "" } = {}) {
  const frames = await Frames.open(at);
  frames.send(`40${nsp && nsp + ","}${JSON.stringify({ pid, offset })}`);
  const missed = [];
  for (;;) {
    const said = await frames.message();
    if (typeof said === "string" && said.startsWith(`40${nsp && nsp + ","}{`)) {
      frames.connected = JSON.parse(said.slice(said.indexOf("{")));
      return { frames, missed };
    }
    missed.push(said);
  }
}
const parse = (said) => JSON.parse(said.slice(said.indexOf("[")));
const send = (from, to, ...event) => from.call("send", { to: [to] }, ...event);

test("off unless asked for: no pid, no offset", async () => {
  const plain = await start("feature_server");
  const frames = await Frames.join(plain.port);
  assert.deepEqual(Object.keys(frames.connected), ["sid"]);
  frames.emit("echo", 1);
  assert.equal(await frames.message(), '42["echo",1]');
  const { frames: back, missed } = await comeBack("x".repeat(20), "y", { at: plain.port });
  assert.deepEqual([Object.keys(back.connected), missed], [["sid"], []]);
  await plain.stop();
});

test("CONNECT tells sid and pid; events end with an offset, also binary ones; questions and volatile ones do not", async () => {
  const frames = await join();
  assert.deepEqual(Object.keys(frames.connected), ["sid", "pid"]);
  assert.match(frames.connected.pid, /^[\w-]{20}$/);
  assert.notEqual(frames.connected.pid, frames.connected.sid);
  frames.emit("echo", 1);
  assert.match(await frames.message(), /^42\["echo",1,"[^"]+"\]$/);
  frames.send('451-["echo",{"_placeholder":true,"num":0}]');
  frames.send(Buffer.from([1]));
  assert.match(await frames.message(), /^451-\["echo",\{"_placeholder":true,"num":0\},"[^"]+"\]$/);
  assert.deepEqual(await frames.message(), Buffer.from([1]));
  frames.emit("ask", 2000, "x");
  assert.match(await frames.message(), /^42\d+\["question","x"\]$/);
  const other = await join();
  await other.call("send", { volatile: true }, "volatile", 1);
  assert.equal(await frames.message(), '42["volatile",1]');
  frames.destroy();
  other.destroy();
});

describe("comes back", () => {
  test("missed events first, then CONNECT with the old ids; rooms, data and recovered are there", async () => {
    const other = await join();
    const frames = await join();
    const { sid, pid } = frames.connected;
    await frames.call("join", "room");
    await frames.call("join", "elsewhere");
    await frames.call("leave", "elsewhere");
    await frames.call("keep", "data");
    await send(other, sid, "seen", 0);
    const offset = (await frames.event()).at(-1);
    frames.destroy();
    await gone(frames);
    await send(other, sid, "to me", 1);
    await send(other, "room", "to my room", 2);
    await send(other, "elsewhere", "not to me", 3);
    await other.call("send", {}, "to all", 4);
    await other.call("send", { except: ["room"] }, "without my room", 5);
    await other.call("send", { volatile: true }, "volatile", 6);
    other.send('451-["send",{"to":["room"]},"bytes",{"_placeholder":true,"num":0}]');
    other.send(Buffer.from([1, 2]));
    await other.call("echo");
    const { frames: back, missed } = await comeBack(pid, offset);
    assert.deepEqual([back.connected.sid, back.connected.pid], [sid, pid]);
    assert.deepEqual(missed.map((said) => (typeof said === "string" ? parse(said).slice(0, -1) : said)),
      [["to me", 1], ["to my room", 2], ["to all", 4], ["bytes", { _placeholder: true, num: 0 }], Buffer.from([1, 2])]);
    const [me] = await back.call("who");
    assert.deepEqual([me.id, me.recovered, me.kept], [sid, true, "data"]);
    assert.deepEqual(new Set(me.rooms), new Set([sid, "room"]));
    // What was replayed carries its own offset: a second return does not bring it again.
    const last = parse(missed.findLast((said) => typeof said === "string")).at(-1);
    back.destroy();
    await gone(back);
    await send(other, sid, "once more", 7);
    const again = await comeBack(pid, last);
    assert.equal(again.frames.connected.sid, sid);
    assert.deepEqual(again.missed.map((said) => parse(said).slice(0, -1)), [["once more", 7]]);
    await send(other, sid, "live", 8);
    assert.deepEqual((await again.frames.event()).slice(0, -1), ["live", 8]);
    other.destroy();
    again.frames.destroy();
  });

  test("in another namespace", async () => {
    const frames = await Frames.open(port);
    frames.send("40/custom,");
    const { sid, pid } = JSON.parse((await frames.message()).slice("40/custom,".length));
    frames.send('42/custom,["echo",1]');
    const offset = parse(await frames.message()).at(-1);
    frames.destroy();
    await server.tells((line) => line.what === "disconnect" && line.id === sid);
    const { frames: back } = await comeBack(pid, offset, { nsp: "/custom" });
    assert.equal(back.connected.sid, sid);
    back.destroy();
  });

  for (const [reason, leave] of [
    ["transport close", (frames) => frames.destroy()],
    ["transport error", (frames) => frames.send("2")],
    ["forced close", (frames) => frames.send("4x")],
    ["close_transport", (frames) => frames.emit("close-transport")],
  ])
    test(`after ${reason}`, async () => {
      const frames = await join();
      frames.emit("echo", 1);
      const offset = (await frames.event()).at(-1);
      leave(frames);
      await gone(frames);
      const { frames: back } = await comeBack(frames.connected.pid, offset);
      assert.equal(back.connected.sid, frames.connected.sid);
      back.destroy();
      frames.destroy();
    });

  test("a stock client: recovered is true, every event once and in order", async () => {
    const sender = await join();
    const socket = io(server.url, { forceNew: true, reconnectionDelay: 20, randomizationFactor: 0 });
    await once(socket, "connect");
    const { id } = socket;
    const seen = [];
    socket.on("n", (i) => seen.push(i));
    for (let i = 0; i < 60; i++) {
      if (i % 20 === 10) {
        const back = once(socket, "connect");
        socket.io.engine.close();
        await send(sender, id, "n", i);
        await back;
        assert.equal(socket.recovered, true);
        assert.equal(socket.id, id);
      } else await send(sender, id, "n", i);
    }
    await until(() => seen.at(-1) === 59);
    assert.deepEqual(seen, Array.from({ length: 60 }, (_, i) => i));
    socket.disconnect();
    sender.destroy();
  });
});

describe("where Node's forgets", () => {
  test("no event was received yet, so there is no offset", async () => {
    const other = await join();
    const frames = await join();
    const { sid, pid } = frames.connected;
    frames.destroy();
    await gone(frames);
    await send(other, sid, "first", 1);
    const { frames: back, missed } = await comeBack(pid, undefined);
    assert.equal(back.connected.sid, sid);
    assert.deepEqual(missed.map((said) => parse(said).slice(0, -1)), [["first", 1]]);
    other.destroy();
    back.destroy();
  });

  test("the link was idle for longer than the recovery lasts", async () => {
    const quick = await start("feature_server", "--recovery", "300", "--ping-interval", "100", "--ping-timeout", "5000");
    const other = await join(quick.port);
    const frames = await join(quick.port);
    const { sid, pid } = frames.connected;
    frames.emit("echo", 1);
    const offset = (await frames.event()).at(-1);
    // Twelve heartbeats pass, four times the recovery; nothing else does.
    for (let i = 0; i < 12; i++) {
      assert.equal(await frames.text({ pings: true }), "2");
      frames.send("3");
    }
    frames.destroy();
    await gone(frames, quick);
    await send(other, sid, "missed", 1);
    const { frames: back, missed } = await comeBack(pid, offset, { at: quick.port });
    assert.equal(back.connected.sid, sid);
    assert.deepEqual(missed.map((said) => parse(said).slice(0, -1)), [["missed", 1]]);
    await quick.stop();
  });

  test("the old connection has not timed out: it is ended, and the session goes over with what was missed", async () => {
    const other = await join();
    const frames = await join();
    const { sid, pid } = frames.connected;
    await frames.call("join", "room");
    await send(other, sid, "seen", 1);
    const offset = (await frames.event()).at(-1);
    await send(other, sid, "sent into the dead link", 2);
    await send(other, "room", "and this", 3);
    const { frames: back, missed } = await comeBack(pid, offset);
    assert.equal(back.connected.sid, sid);
    assert.deepEqual(missed.map((said) => parse(said).slice(0, -1)), [["sent into the dead link", 2], ["and this", 3]]);
    await frames.end();
    await send(other, sid, "live", 4);
    assert.deepEqual((await back.event()).slice(0, -1), ["live", 4]);
    assert.deepEqual(new Set((await back.call("who"))[0].rooms), new Set([sid, "room"]));
    assert.equal(JSON.parse((await ask(port, "GET", "/")).text).sockets, 2);
    other.destroy();
    back.destroy();
  });
});

describe("does not come back", () => {
  const fresh = async (pid, offset, sid, at) => {
    const { frames, missed } = await comeBack(pid, offset, { at });
    assert.notEqual(frames.connected.sid, sid);
    assert.notEqual(frames.connected.pid, pid);
    assert.deepEqual(missed, []);
    assert.equal((await frames.call("who"))[0].recovered, false);
    frames.destroy();
  };
  const one = async (at = port) => {
    const frames = await join(at);
    frames.emit("echo", 1);
    return { frames, offset: (await frames.event()).at(-1), ...frames.connected };
  };
  test("who said goodbye, who was thrown out", async () => {
    for (const leave of [(frames) => frames.send("41"), (frames) => frames.emit("disconnect-me", {}), (frames) => frames.emit("disconnect-me", { close: true })]) {
      const { frames, offset, sid, pid } = await one();
      leave(frames);
      await gone(frames);
      await fresh(pid, offset, sid);
      frames.destroy();
    }
  });
  test("with an id or an offset nobody knows, or that are no texts", async () => {
    const { frames, offset, sid, pid } = await one();
    frames.destroy();
    await gone(frames);
    for (const [wrongPid, wrongOffset] of [["x".repeat(20), offset], [sid, offset], [17, offset], [{}, offset], [null, offset], ["", offset]])
      await fresh(wrongPid, wrongOffset, sid);
    await fresh(pid, "nobody knows", sid);
  });
  test("in another namespace than its own", async () => {
    const { frames, offset, sid, pid } = await one();
    frames.destroy();
    await gone(frames);
    const { frames: back } = await comeBack(pid, offset, { nsp: "/custom" });
    assert.notEqual(back.connected.sid, sid);
    back.destroy();
  });
  test("too late, and nothing of it stays", async () => {
    const quick = await start("feature_server", "--recovery", "100");
    const { frames, offset, sid, pid } = await one(quick.port);
    frames.destroy();
    await gone(frames, quick);
    const left = performance.now();
    await until(() => performance.now() - left > 150);
    await fresh(pid, offset, sid, quick.port);
    await quick.stop();
  });
  test("when more was missed than is kept", async () => {
    const small = await start("feature_server", "--recovery", "60000", "--recovery-packets", "10");
    const other = await join(small.port);
    const { frames, offset, sid, pid } = await one(small.port);
    frames.destroy();
    await gone(frames, small);
    for (let i = 0; i < 30; i++) await send(other, sid, "n", i);
    await fresh(pid, offset, sid, small.port);
    await small.stop();
  });
  test("twice at once: one has it, the other does not stay beside it", async () => {
    const { frames, offset, sid, pid } = await one();
    frames.destroy();
    await gone(frames);
    const both = await Promise.all([comeBack(pid, offset), comeBack(pid, offset)]);
    // Each in turn may have had it; in the end one socket has the id.
    const other = await join();
    const [, found] = await other.call("fetch", { to: [sid] });
    assert.equal(found.length, 1);
    for (const { frames: back } of both) back.destroy();
    other.destroy();
  });
});

unlessPlain(describe)("middlewares are asked again", () => {
  let asking;
  before(async () => (asking = await start("feature_server", "--recovery", "60000", "--ask-again", "yes", "--max-rooms", "3", "--ping-interval", "60000")));
  after(() => asking.stop());
  const nsp = "/asked";
  // What it hears up to the answer to CONNECT, and that answer.
  const enter = async (auth) => {
    const frames = await Frames.open(asking.port);
    frames.send(`40${nsp},${JSON.stringify(auth)}`);
    const missed = [];
    for (;;) {
      const said = await frames.message();
      if (/^4[04]\/asked,/.test(said)) return { frames, missed, refused: said[1] === "4", connected: JSON.parse(said.slice(said.indexOf("{"))) };
      missed.push(JSON.parse(said.slice(said.indexOf("["))));
    }
  };
  const call = async (frames, ...event) => {
    frames.send(`42${nsp},1${JSON.stringify(event)}`);
    for (;;) {
      const said = await frames.message();
      if (said.startsWith(`43${nsp},1[`)) return JSON.parse(said.slice(said.indexOf("[")));
      frames.kept.push(said);
    }
  };
  const begin = async () => {
    const { frames, connected } = await enter({ keep: "first" });
    await call(frames, "join", "room");
    frames.send(`42${nsp},["echo",1]`);
    const heard = await frames.message();
    frames.destroy();
    await gone({ connected }, asking);
    return { ...connected, offset: parse(heard).at(-1) };
  };
  const send = async (to, ...event) => {
    const { frames } = await enter({});
    await call(frames, "send", { to: [to] }, ...event);
    frames.destroy();
  };

  test("with the rooms it had; what they set stays, what they join counts once", async () => {
    const { sid, pid, offset } = await begin();
    await send("room", "missed", 1);
    asking.told.length = 0;
    const { frames, missed, connected } = await enter({ pid, offset, keep: "second", join: "room" });
    const asked = await asking.tells((line) => line.what === "asked" && line.recovered);
    assert.deepEqual([asked.id, new Set(asked.rooms)], [sid, new Set([sid, "room"])]);
    assert.equal(connected.sid, sid);
    assert.deepEqual(missed.map((event) => event.slice(0, -1)), [["missed", 1]]);
    const [me] = await call(frames, "who");
    assert.deepEqual([me.kept, me.recovered, me.rooms], ["second", true, [sid, "room"]]);
    await send("room", "live", 2);
    assert.deepEqual(parse(await frames.message()).slice(0, -1), ["live", 2]);
    await call(frames, "leave", "room");
    await send("room", "elsewhere", 3);
    await send(sid, "to me", 4);
    assert.deepEqual(parse(await frames.message()).slice(0, -1), ["to me", 4]);
    frames.destroy();
  });
  test("restored rooms count as others do", async () => {
    const { frames, connected } = await enter({});
    for (const room of ["a", "b", "c"]) assert.deepEqual(await call(frames, "join", room), [true]);
    frames.destroy();
    await gone({ connected }, asking);
    const { frames: back } = await enter({ pid: connected.pid, join: "d" });
    const [me] = await call(back, "who");
    assert.deepEqual([me.recovered, me.rooms], [true, [connected.sid, "a", "b", "c"]]);
    assert.deepEqual(await call(back, "join", "e"), [false]);
    back.destroy();
  });
  test("who is refused, or breaks while it is asked, may come again", async () => {
    const { sid, pid, offset } = await begin();
    await send("room", "missed", 1);
    const { refused, frames } = await enter({ pid, offset, refuse: true });
    assert.ok(refused);
    frames.destroy();
    const impatient = await Frames.open(asking.port);
    impatient.send(`40${nsp},${JSON.stringify({ pid, offset, wait: 100 })}`);
    await asking.tells((line) => line.what === "asked" && line.recovered && line.id === sid);
    impatient.destroy();
    await send("room", "missed", 2);
    const { connected, missed, frames: back } = await until(async () => {
      const tried = await enter({ pid, offset, wait: 20 });
      if (tried.connected.sid === sid) return tried;
      tried.frames.destroy(); // its broken connection was not noticed yet
    });
    assert.equal(connected.sid, sid);
    assert.deepEqual(missed.map((event) => event.slice(0, -1)), [["missed", 1], ["missed", 2]]);
    back.destroy();
  });
});

unlessPlain(test)("a namespace that comes and goes with its only member recovers it", async () => {
  const frames = await Frames.open(port);
  const name = "/dynamic-lonely";
  frames.send(`40${name},`);
  const { sid, pid } = JSON.parse((await frames.message()).slice(`40${name},`.length));
  frames.send(`42${name},["echo",1]`);
  const offset = parse(await frames.message()).at(-1);
  frames.destroy();
  await server.tells((line) => line.what === "disconnect" && line.id === sid);
  const other = await join();
  await other.call("emit-in", name, "missed");
  const { frames: back, missed } = await comeBack(pid, offset, { nsp: name });
  assert.equal(back.connected.sid, sid);
  assert.deepEqual(missed.map((said) => parse(said).slice(0, -1)), [["missed"]]);
  back.destroy();
  other.destroy();
});

test("a volatile event that ends in a text has an offset too, since clients take the text for one", async () => {
  const other = await join();
  const socket = io(server.url, { forceNew: true, reconnectionDelay: 20, randomizationFactor: 0, transports: ["websocket"] });
  await once(socket, "connect");
  const { id } = socket;
  await send(other, id, "first", 1);
  const heard = once(socket, "volatile");
  await other.call("send", { to: [id], volatile: true }, "volatile", "a text");
  await heard;
  const back = once(socket, "connect");
  const missed = once(socket, "missed");
  socket.io.engine.close();
  await send(other, id, "missed", 2);
  await back;
  assert.ok(socket.recovered);
  assert.equal((await missed)[0], 2);
  socket.disconnect();
  other.destroy();
});

// Joins, leaves and breaks at random, on several threads: each client gets what was sent to it while it was in a room,
// or away from it as a member, once and in order. SEED=… repeats one.
for (const [i, [threads, ...options]] of [["1"], ["2"], ["4"], ["1", "--ask-again", "yes"], ["3", "--ask-again", "yes"]].entries()) {
  const { below, one } = randomFrom(firstSeed + i);
  test(`histories of joins, leaves and breaks, ${threads} threads ${options}, SEED=${firstSeed + i}`, async () => {
    const crowd = await start("feature_server", "--recovery", "60000", "--ping-interval", "60000", "--threads", threads, ...options);
    const sender = await join(crowd.port);
    const rooms = ["red", "green", "blue"];
    const clients = await Promise.all(Array.from({ length: 8 }, async () => {
      const frames = await join(crowd.port);
      return { frames, ...frames.connected, rooms: new Set(), owed: [], got: [], offset: undefined };
    }));
    // Its last text is what a stock client takes for its offset.
    const take = (client, said) => {
      if (typeof said !== "string" || !said.startsWith("42[")) return;
      const event = JSON.parse(said.slice(2));
      if (typeof event.at(-1) === "string") client.offset = event.at(-1);
      if (event[0] === "n") client.got.push(event[1]);
    };
    const hear = async (client) => {
      await client.frames.call("passed");
      await client.frames.call("passed"); // what other threads sent before has come by now
      for (const said of client.frames.kept.splice(0)) take(client, said);
    };
    const comesBack = async (client) => {
      const { frames, missed } = await comeBack(client.pid, client.offset, { at: crowd.port });
      assert.equal(frames.connected.sid, client.sid, "it is the same");
      for (const said of missed) take(client, said);
      client.frames = frames;
    };
    for (let number = 0; number < 300; number++) {
      const client = one(clients);
      const room = one(rooms);
      switch (below(9)) {
        case 0: case 1: case 2:
          await send(sender, room, "n", number);
          for (const other of clients) if (other.rooms.has(room)) other.owed.push(number);
          break;
        case 3:
          await send(sender, client.sid, "n", number);
          client.owed.push(number);
          break;
        case 4:
          await sender.call("send", { to: [room], volatile: true }, "volatile", "a text");
          break;
        case 5:
          if (!client.frames) break;
          await client.frames.call("join", room);
          client.rooms.add(room);
          break;
        case 6:
          if (!client.frames) break;
          await client.frames.call("leave", room);
          client.rooms.delete(room);
          break;
        case 7:
          if (!client.frames) break;
          if (below(2)) await hear(client); // else what has come is lost on the way
          client.frames.wire.reset();
          client.frames = undefined;
          break;
        case 8: {
          if (client.frames && below(2)) await hear(client);
          if (below(4) === 0) { // it breaks again before it has heard what it missed
            const { frames: hasty } = await comeBack(client.pid, client.offset, { at: crowd.port });
            hasty.destroy();
          }
          const old = client.frames;
          await comesBack(client);
          old?.destroy();
        }
      }
    }
    for (const client of clients) {
      if (!client.frames) await comesBack(client);
      await hear(client);
      assert.deepEqual(client.got, client.owed);
      client.frames.destroy();
    }
    sender.destroy();
    await crowd.stop();
  });
}
