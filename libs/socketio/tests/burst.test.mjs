// Much at once is no fault of a client: who reads is not cut, gets everything in order, and delays nobody.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import { exactMemory, start, until } from "./lib/server.mjs";
import { frameBytes, Frames, Polling, separator } from "./lib/wire.mjs";

const namespaces = ["/", "/plain"]; // with packet middlewares and watchers, and without
const prefix = (nsp) => (nsp === "/" ? "" : `${nsp},`);
const counted = (count, make = (i) => i) => Array.from({ length: count }, (_, i) => make(i));

// Hears events without waiting for each: hundreds of thousands of them. Gives their arguments to `heard`.
class Listener {
  static async join(port, nsp, heard) {
    const frames = await Frames.open(port);
    frames.send(`40${prefix(nsp)}`);
    assert.ok((await frames.text()).startsWith(`40${prefix(nsp)}{`));
    const listener = new Listener();
    Object.assign(listener, { frames, nsp, rest: Buffer.alloc(0), closed: false });
    frames.wire.socket.removeAllListeners("data");
    frames.wire.socket.on("data", (piece) => listener.#take(piece, heard));
    frames.wire.socket.on("close", () => (listener.closed = true));
    return listener;
  }
  #take(piece, heard) {
    const all = this.rest.length ? Buffer.concat([this.rest, piece]) : piece;
    let at = 0;
    while (all.length - at >= 2) {
      let length = all[at + 1] & 127, head = 2;
      if (length === 126) (length = all.length - at < 4 ? Infinity : all.readUInt16BE(at + 2)), (head = 4);
      else if (length === 127) (length = all.length - at < 10 ? Infinity : Number(all.readBigUInt64BE(at + 2))), (head = 10);
      if (all.length - at < head + length) break;
      if ((all[at] & 15) === 8) this.closed = true;
      else heard(all.toString("latin1", at + head, at + head + length));
      at += head + length;
    }
    this.rest = all.subarray(at);
  }
  bytes(...event) {
    return frameBytes(`42${prefix(this.nsp)}${JSON.stringify(event)}`);
  }
}

describe("the server was stopped for a while", () => {
  for (const [nsp, options] of [["/", []], ["/plain", []], ["/plain", ["--recovery", "60000"]], ["/plain", ["--threads", "2"]]])
    for (const [clients, each, seconds] of [[100, 25, 1], [nsp === "/plain" && !options.length ? 100 : 40, 250, 5]])
      test(`${clients} clients, ${each} broadcasts of each, ${seconds} s, ${nsp} ${options}`, async () => {
        const server = await start("feature_server", ...options);
        const last = counted(clients, () => new Array(clients).fill(-1));
        let count = 0;
        const order = [];
        const here = await Promise.all(counted(clients, (me) =>
          Listener.join(server.port, nsp, (said) => {
            const found = /\["move",(\d+),(\d+)/.exec(said);
            if (!found) return;
            const [from, i] = [Number(found[1]), Number(found[2])];
            if (++last[me][from] !== i) order.push(`${me} heard ${i} of ${from} after ${last[me][from] - 1}`);
            ++count;
          })));
        server.child.kill("SIGSTOP");
        here.forEach((one, me) => one.frames.wire.write(Buffer.concat(counted(each, (i) => one.bytes("send", { self: true }, "move", me, i)))));
        await new Promise((done) => setTimeout(done, seconds * 1000));
        server.child.kill("SIGCONT");
        await until(() => count === clients * clients * each || here.some((one) => one.closed), "everybody has heard everything", 120_000);
        assert.deepEqual(here.filter((one) => one.closed).length, 0, "nobody is cut");
        assert.equal(count, clients * clients * each);
        assert.deepEqual(order, []);
        await server.stop();
      });
});

describe("events with acknowledgements, all in one write", () => {
  let server;
  before(async () => (server = await start("feature_server")));
  after(() => server.stop());

  for (const nsp of namespaces)
    for (const count of [3_000, 20_000]) {
      test(`${count} over a WebSocket, ${nsp}`, async () => {
        const answers = [];
        const client = await Listener.join(server.port, nsp, (said) => answers.push(said));
        client.frames.wire.write(Buffer.concat(counted(count, (i) => frameBytes(`42${prefix(nsp)}${i}["echo",${i}]`))));
        await until(() => answers.length === 2 * count || client.closed, "all are answered", 60_000);
        assert.deepEqual(answers, counted(2 * count, (i) => (i % 2 ? `43${prefix(nsp)}${i >> 1}[${i >> 1}]` : `42${prefix(nsp)}["echo",${i >> 1}]`)));
        client.frames.destroy();
      });
      test(`${count} in one POST, ${nsp}`, async () => {
        const session = await Polling.open(server.port);
        await session.join(nsp === "/" ? "" : nsp);
        const posted = session.post(counted(count, (i) => `42${prefix(nsp)}${i}["leave",""]`).join(separator));
        const answers = await session.collect(count);
        assert.deepEqual(answers, counted(count, (i) => `43${prefix(nsp)}${i}[]`));
        assert.equal((await posted).text, "ok");
      });
    }

  test("with attachments, over both transports", async () => {
    const socket = [];
    const bytes = Buffer.from([1, 2, 3]);
    const event = (i) => `453-["echo",${i},${counted(3, (num) => `{"_placeholder":true,"num":${num}}`)}]`;
    const client = await Frames.join(server.port);
    client.wire.write(Buffer.concat(counted(2_000, (i) => Buffer.concat([frameBytes(event(i)), ...counted(3, () => frameBytes(bytes, { opcode: 2 }))]))));
    for (let i = 0; i < 2_000; i++) {
      socket.push(await client.message());
      for (let k = 0; k < 3; k++) assert.deepEqual(await client.message(), bytes);
    }
    assert.deepEqual(socket, counted(2_000, event));
    client.destroy();

    const session = await Polling.open(server.port);
    await session.join();
    const coded = `b${bytes.toString("base64")}`;
    const posted = session.post(counted(2_000, (i) => [event(i), coded, coded, coded].join(separator)).join(separator));
    assert.deepEqual(await session.collect(8_000), counted(2_000, (i) => [event(i), coded, coded, coded]).flat());
    assert.equal((await posted).text, "ok");
  });

  for (const [name, options] of [["polling", { transports: ["polling"] }], ["WebSocket", { transports: ["websocket"] }], ["the upgrade between them", {}]])
    for (const nsp of namespaces)
      test(`a stock client with 5,000 buffered ones, ${name}, ${nsp}`, async () => {
        const socket = io(server.url + nsp, { autoConnect: false, forceNew: true, reconnection: false, ...options });
        const answers = [];
        const ended = [];
        socket.on("disconnect", (reason) => ended.push(reason));
        for (let i = 0; i < 5_000; i++) socket.emit("echo", i, (answer) => answers.push(answer));
        socket.connect();
        await until(() => answers.length === 5_000 || ended.length, "all are answered", 60_000);
        assert.deepEqual(ended, []);
        assert.deepEqual(answers, counted(5_000));
        socket.disconnect();
      });
});

test("much is sent while a client upgrades", async () => {
  const server = await start("feature_server");
  const session = await Polling.open(server.port);
  await session.join();
  const frames = await Frames.open(server.port, { sid: session.sid });
  frames.send("2probe");
  assert.equal(await frames.text(), "3probe");
  assert.equal((await session.post('42["burst",5000,20]')).text, "ok");
  frames.send("5");
  for (let i = 0; i < 5_000; i++) assert.equal((await frames.event())[1], i);
  frames.destroy();
  await server.stop();
});

test("a client that reads late is not read either: it loses nothing, and costs little memory", async () => {
  const server = await start("feature_server");
  const client = await Frames.join(server.port);
  client.wire.socket.pause();
  const before = server.residentBytes();
  const count = 1_500, filling = "x".repeat(20_000);
  for (let i = 0; i < count; i++) client.wire.write(frameBytes(`42["echo",${i},"${filling}"]`));
  // Its writing comes to a standstill, since nobody takes it.
  let left = -1;
  await until(async () => {
    const now = client.wire.socket.writableLength;
    await new Promise((done) => setTimeout(done, 300));
    return now > 0 && now === client.wire.socket.writableLength && now === (left = client.wire.socket.writableLength);
  });
  assert.ok(left > 1_000_000, `${left} bytes are still here`);
  if (exactMemory) assert.ok(server.residentBytes() - before < 20_000_000, `${server.residentBytes() - before} bytes`);
  const other = await Frames.join(server.port);
  assert.deepEqual(await other.call("echo", 1), [1]);
  client.wire.socket.resume();
  for (let i = 0; i < count; i++) assert.equal((await client.event())[1], i);
  client.destroy();
  other.destroy();
  await server.stop();
});

for (const transport of ["a WebSocket", "one POST"])
  test(`a flood by ${transport} delays nobody else`, async () => {
    const server = await start("feature_server");
    let heard = 0;
    const count = 20_000, listeners = 30;
    const here = await Promise.all(counted(listeners, () => Listener.join(server.port, "/plain", () => ++heard)));
    const other = await Frames.join(server.port);
    const flood = counted(count, (i) => `42/plain,${JSON.stringify(["send", { self: true }, "flood", i])}`);
    if (transport === "one POST") {
      const session = await Polling.open(server.port);
      await session.join("/plain");
      session.post(flood.join(separator)).catch(() => {});
      // It polls too, or it would be slow itself.
      (async () => { while ((await session.get()).status === 200); })().catch(() => {});
    } else here[0].frames.wire.write(Buffer.concat(flood.map((text) => frameBytes(text))));
    let slowest = 0;
    while (heard < count * listeners) {
      assert.ok(!here.some((one) => one.closed), "nobody is cut");
      const asked = performance.now();
      await other.call("echo", 1);
      other.kept = [];
      slowest = Math.max(slowest, performance.now() - asked);
    }
    console.log(`the slowest round trip beside ${count} broadcasts to ${listeners}: ${slowest.toFixed(0)} ms`);
    assert.ok(slowest < 500, `${slowest} ms`);
    await server.stop();
  });

test("ten volatile events of one handler reach a client that takes them, over both transports", async () => {
  const server = await start("feature_server");
  const frames = await Frames.join(server.port);
  await frames.call("volatile-burst", 10, 1);
  assert.deepEqual(frames.kept.map((said) => JSON.parse(said.slice(2))[1]), counted(10));
  const session = await Polling.open(server.port);
  await session.join();
  const { answer } = await session.park();
  await session.post('42["volatile-burst",10,1]');
  assert.equal((await answer).text, counted(10, (i) => `42["volatile",${i},"x"]`).join(separator));
  await server.stop();
});
