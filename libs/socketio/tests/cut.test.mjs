// Connections that break: at every byte of a handshake, half-open, too slow; and readers that do not read.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { exactMemory, start, until } from "./lib/server.mjs";
import { ask, Frames, frameBytes, Polling, requestBytes, separator, upgradeHeaders, Wire } from "./lib/wire.mjs";

let server, port;
before(async () => {
  server = await start("feature_server", "--upgrade-timeout", "500");
  port = server.port;
});
after(() => server.stop());

const stats = async (at = port) => JSON.parse((await ask(at, "GET", "/")).text);
const nothingLeft = (at = port) =>
  until(async () => {
    const { connections, sockets } = await stats(at);
    return connections <= 1 && sockets === 0; // the one that asks
  }, "nothing is left");

// Sends the first `count` bytes, then breaks off in one of the ways in which connections break.
async function cut(bytes, count, how) {
  const wire = new Wire(port);
  await wire.connected;
  if (count) wire.write(bytes.subarray(0, count));
  if (how === "half") {
    wire.socket.end(); // says that nothing more comes; the server must not wait for it
    await wire.closed;
    wire.destroy();
  } else wire[how]();
}

describe("cut at every byte", () => {
  const cases = {
    "a polling handshake": () => requestBytes("GET", "/socket.io/?EIO=4&transport=polling", { Accept: "*/*", Origin: "https://example.org" }),
    "a WebSocket handshake with its first events": () =>
      Buffer.concat([requestBytes("GET", "/socket.io/?EIO=4&transport=websocket", upgradeHeaders), frameBytes('40{"token":"x"}'),
        frameBytes('451-["echo",{"_placeholder":true,"num":0}]'), frameBytes(Buffer.from([1, 2, 3]), { opcode: 2 }), frameBytes("41")]),
    "a POST with events": async () => {
      const { target } = await Polling.open(port);
      return requestBytes("POST", target, { "Content-Type": "text/plain" }, ["40", '42["echo",1]', "41"].join(separator));
    },
    "an upgrade": async () => {
      const { sid } = await Polling.open(port);
      return Buffer.concat([requestBytes("GET", `/socket.io/?EIO=4&transport=websocket&sid=${sid}`, upgradeHeaders), frameBytes("2probe"), frameBytes("5"),
        frameBytes("40"), frameBytes('42["echo",1]')]);
    },
  };
  for (const [name, make] of Object.entries(cases))
    test(name, async () => {
      const { length } = await make();
      const ways = ["destroy", "reset", "half"];
      for (let from = 0; from <= length; from += 24)
        await Promise.all(Array.from({ length: Math.min(24, length - from + 1) }, async (_, i) => cut(await make(), from + i, ways[(from + i) % 3])));
      const other = await Frames.join(port);
      assert.deepEqual(await other.call("echo", 1), [1]);
      other.destroy();
    });
  test("and nothing stays, once the abandoned polling sessions are given up", async () => {
    // Those live until their ping times out, on this server long; here on one where it is short.
    const quick = await start("feature_server", "--ping-interval", "100", "--ping-timeout", "100", "--upgrade-timeout", "200");
    const usual = port;
    port = quick.port;
    try {
      for (const make of Object.values(cases)) {
        const { length } = await make();
        for (let count = 0; count <= length; count += 5) await cut(await make(), count, count % 2 ? "destroy" : "reset");
      }
      await nothingLeft(quick.port);
    } finally {
      port = usual;
      await quick.stop();
    }
  });
});

describe("half-open and too slow", () => {
  let strict;
  before(async () => {
    strict = await start("feature_server", "--head-timeout", "300", "--body-timeout", "300", "--keep-alive-timeout", "300", "--ping-interval", "200",
      "--ping-timeout", "200");
  });
  after(() => strict.stop());
  const endsSoon = async (wire) => {
    const begun = performance.now();
    await wire.closed;
    const took = performance.now() - begun;
    assert.ok(took < 2000, `${took} ms`);
  };
  test("a connection that says nothing; half a head; a head that trickles (slowloris)", async () => {
    const silent = new Wire(strict.port);
    const half = new Wire(strict.port);
    half.write("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n");
    const trickling = new Wire(strict.port);
    trickling.write("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n");
    const drip = setInterval(() => trickling.write("A: b\r\n"), 50);
    await Promise.all([silent, half, trickling].map(endsSoon));
    clearInterval(drip);
  });
  test("half a body, a body that trickles", async () => {
    const session = await Polling.open(strict.port);
    const wires = [new Wire(strict.port), new Wire(strict.port)];
    wires[0].write(`POST ${session.target} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n4`);
    wires[1].write("POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n4");
    const drip = setInterval(() => wires[1].write("x"), 50);
    await Promise.all(wires.map(endsSoon));
    clearInterval(drip);
  });
  test("kept alive for nothing", async () => {
    const wire = new Wire(strict.port);
    wire.write(requestBytes("GET", "/"));
    await wire.answer();
    await endsSoon(wire);
  });
  test("a WebSocket whose client is silent ends by ping timeout", async () => {
    const frames = await Frames.join(strict.port);
    await endsSoon(frames.wire);
    const told = await strict.tells((line) => line.what === "disconnect" && line.id === frames.connected.sid);
    assert.equal(told.reason, "ping timeout");
  });
  test("half a frame, and silence", async () => {
    const frames = await Frames.join(strict.port);
    frames.wire.write(frameBytes("4x".repeat(100)).subarray(0, 50));
    await endsSoon(frames.wire);
  });
  test("more connections than allowed are not served; those there stay", async () => {
    const small = await start("feature_server", "--max-connections", "20");
    const here = await Promise.all(Array.from({ length: 20 }, () => Frames.join(small.port)));
    const more = Array.from({ length: 20 }, () => new Wire(small.port));
    for (const wire of more) wire.write(requestBytes("GET", "/"));
    const served = await Promise.race([Promise.any(more.map(async (wire) => (await wire.answer()).status === 200 || Promise.reject())), here[0].call("echo", 1).then(() => null)]).catch(() => null);
    assert.equal(served, null);
    for (const frames of here) assert.deepEqual(await frames.call("echo", 2), [2]);
    for (const frames of here) frames.destroy();
    for (const wire of more) wire.destroy();
    await until(async () => (await ask(small.port, "GET", "/")).status === 200, "served again");
    await small.stop();
  });
});

describe("readers that do not read", () => {
  const slowWebSocket = async (at) => {
    const slow = await Frames.join(at);
    slow.wire.socket.pause();
    return slow;
  };
  const cutOf = (slow, at) => at.tells((line) => line.what === "disconnect" && line.id === slow.connected.sid, "cut");

  test("over WebSocket: cut with a reason, memory stays, others are not hurt and hear everything", async () => {
    const limited = await start("feature_server", "--max-queued-bytes", "200000");
    const slow = await Promise.all(Array.from({ length: 10 }, () => slowWebSocket(limited.port)));
    const reader = await Frames.join(limited.port);
    const sender = await Frames.join(limited.port);
    const before = limited.residentBytes();
    const filling = "x".repeat(5_000);
    let slowest = 0;
    let heard = 0;
    // The kernel takes some megabytes for each first.
    const told = Promise.all(slow.map((frames) => cutOf(frames, limited)));
    let cut = false;
    told.then(() => (cut = true));
    while (!cut) {
      const asked = performance.now();
      await sender.call("send", {}, "said", heard, filling);
      const [at] = await reader.heard("said");
      assert.equal(at, heard++);
      slowest = Math.max(slowest, performance.now() - asked);
    }
    for (const { reason, detail } of await told) {
      assert.deepEqual([reason, detail], ["transport close", "slow client: too much waits for it"]);
    }
    console.log(`${heard} events to 10 who do not read; the slowest round trip of another: ${slowest.toFixed(0)} ms`);
    assert.ok(slowest < 1000);
    if (exactMemory) assert.ok(limited.residentBytes() - before < 40_000_000);
    await limited.stop();
  });
  test("over polling: nobody polls, and the queue is full", async () => {
    const limited = await start("feature_server", "--max-queued-bytes", "20000");
    const session = await Polling.open(limited.port);
    const { sid } = JSON.parse((await session.join()).slice(2));
    const sender = await Frames.join(limited.port);
    const cut = limited.tells((line) => line.what === "disconnect" && line.id === sid);
    for (let i = 0; i < 2000 && (await sender.call("fetch", { to: [sid] }))[1].length; i++) await sender.call("send", { to: [sid] }, "said", i);
    const { reason, detail } = await cut;
    assert.deepEqual([reason, detail], ["transport close", "slow client: too much waits for it"]);
    await session.get();
    assert.equal((await session.get()).status, 400);
    await limited.stop();
  });
  test("a burst within the limits arrives whole", async () => {
    const frames = await Frames.join(port);
    frames.emit("burst", 250, 1000);
    for (let i = 0; i < 250; i++) assert.equal((await frames.event())[1], i);
    frames.destroy();
  });
  test("nothing could be written for too long", async () => {
    const limited = await start("feature_server", "--write-stall-timeout", "500", "--max-queued-bytes", "1000000000");
    const slow = await slowWebSocket(limited.port);
    slow.emit("burst", 100, 300_000);
    const { reason, detail } = await cutOf(slow, limited);
    assert.deepEqual([reason, detail], ["transport close", "slow client: nothing could be written to it"]);
    await limited.stop();
  });
  test("a poll that is never read", async () => {
    const limited = await start("feature_server", "--write-stall-timeout", "500", "--max-queued-bytes", "1000000000");
    const session = await Polling.open(limited.port);
    const { sid } = JSON.parse((await session.join()).slice(2));
    const wire = new Wire(limited.port);
    await wire.connected;
    wire.socket.pause();
    await session.post('42["burst",16,900000]');
    wire.write(requestBytes("GET", session.target));
    const { reason, detail } = await limited.tells((line) => line.what === "disconnect" && line.id === sid);
    assert.deepEqual([reason, detail], ["transport close", "a poll was cut off"]);
    await limited.stop();
  });
  test("a client that sends without reading what comes back is read no faster than it reads, or cut; memory stays", async () => {
    const limited = await start("feature_server", "--max-queued-bytes", "500000", "--write-stall-timeout", "2000");
    const slow = await slowWebSocket(limited.port);
    const before = limited.residentBytes();
    const payload = frameBytes(`42["echo","${"x".repeat(50_000)}"]`);
    let ended = false;
    slow.wire.closed.then(() => (ended = true));
    for (let i = 0; i < 600 && !ended; i++)
      if (!slow.wire.write(payload)) await Promise.race([new Promise((done) => slow.wire.socket.once("drain", done)), slow.wire.closed, cutOf(slow, limited)]);
    if (exactMemory) assert.ok(limited.residentBytes() - before < 60_000_000);
    const other = await Frames.join(limited.port);
    assert.deepEqual(await other.call("echo", 1), [1]);
    await limited.stop();
  });
});
