// From polling to WebSocket: what is answered where, and when; nothing lost, doubled or out of order.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start, until } from "./lib/server.mjs";
import { ask, Frames, frameBytes, Polling, requestBytes, separator, upgradeHeaders, Wire } from "./lib/wire.mjs";

const path = "/engine.io/";
let server, port;
before(async () => {
  server = await start("feature_server", "engine", "--path", path, "--upgrade-timeout", "1500");
  port = server.port;
});
after(() => server.stop());

const open = () => Polling.open(port, { path });
const upgrading = async (session) => {
  const frames = await Frames.open(port, { path, sid: session.sid });
  frames.send("2probe");
  assert.equal(await frames.text(), "3probe");
  return frames;
};

test("a parked poll is let go with 6, not at once and not late; later ones again and again", async () => {
  const session = await open();
  const parked = await session.park();
  const frames = await upgrading(session);
  const probed = performance.now();
  const waits = [];
  assert.equal((await parked.answer).text, "6");
  waits.push(performance.now() - probed);
  for (let i = 0; i < 4; i++) {
    const asked = performance.now();
    assert.equal((await session.get()).text, "6");
    waits.push(performance.now() - asked);
  }
  console.log(`noops after ${waits.map((wait) => wait.toFixed(0)).join(", ")} ms`);
  assert.ok(waits.every((wait) => wait < 500), "the upgrade does not stall");
  assert.ok(waits.slice(1).reduce((sum, wait) => sum + wait) > 40, "a client does not spin");
  frames.send("5");
  frames.send("4hello");
  assert.equal(await frames.text(), "4hello", "no 6 leaks onto the WebSocket");
  assert.equal((await session.get()).status, 400);
  assert.equal((await session.post("4x")).status, 400);
  frames.send("4still");
  assert.equal(await frames.text(), "4still");
  frames.destroy();
});

test("a POST that waits, since much waits for its client, is heard when the upgrade begins", async () => {
  const session = await open();
  const said = Array.from({ length: 100 }, (_, i) => `4${i} ${"x".repeat(3000)}`);
  const post = session.post(said.join(separator));
  for (let i = 0; i < 20; i++) await ask(port, "GET", "/"); // by now it has come
  const frames = await upgrading(session);
  assert.equal((await post).status, 200, "without a poll: a client pauses polling now");
  frames.send("5");
  for (const one of said) assert.equal(await frames.text(), one);
  frames.destroy();
});

test("5 right behind the probe", async () => {
  const session = await open();
  const frames = await Frames.open(port, { path, sid: session.sid });
  frames.wire.write(Buffer.concat([frameBytes("2probe"), frameBytes("5"), frameBytes("4x")]));
  assert.equal(await frames.text(), "3probe");
  assert.equal(await frames.text(), "4x");
  frames.destroy();
});

test("everything in one segment: the request, the probe, the upgrade, a message", async () => {
  const session = await open();
  const wire = new Wire(port);
  wire.write(Buffer.concat([requestBytes("GET", `${path}?EIO=4&transport=websocket&sid=${session.sid}`, upgradeHeaders),
    frameBytes("2probe"), frameBytes("5"), frameBytes("4x")]));
  assert.equal((await wire.answer()).status, 101);
  const frames = new Frames(wire);
  assert.equal(await frames.text(), "3probe");
  assert.equal(await frames.text(), "4x");
  frames.destroy();
});

test("data while upgrading: on the parked poll, else after 5 on the WebSocket; never on both", async () => {
  const session = await open();
  const parked = await session.park();
  const frames = await upgrading(session);
  await session.post("4during");
  const first = (await parked.answer).text;
  // The poll may have been let go with 6 just before.
  if (first !== "6") assert.equal(first, "4during");
  await session.post("4buffered"); // no poll waits
  frames.send("5");
  frames.send("4after");
  const seen = first === "6" ? [await frames.text()] : [];
  seen.push(await frames.text(), await frames.text());
  assert.deepEqual(seen, [...(first === "6" ? ["4during"] : []), "4buffered", "4after"]);
  frames.destroy();
});

test("POSTs stay valid while upgrading, their binary too", async () => {
  const session = await open();
  const frames = await upgrading(session);
  assert.equal((await session.post("4a" + separator + "bAQI=")).text, "ok");
  frames.send("5");
  assert.equal(await frames.text(), "4a");
  assert.deepEqual(await frames.message(), Buffer.from([1, 2]));
  frames.destroy();
});

test("a second WebSocket is accepted and closed, before and after the upgrade; the session lives", async () => {
  const session = await open();
  const frames = await upgrading(session);
  const second = await Frames.open(port, { path, sid: session.sid });
  assert.equal((await second.end()).code, 1005);
  frames.send("5");
  frames.send("4x");
  assert.equal(await frames.text(), "4x");
  const third = await Frames.open(port, { path, sid: session.sid });
  assert.equal((await third.end()).code, 1005);
  frames.send("4y");
  assert.equal(await frames.text(), "4y");
  frames.destroy();

  const direct = await Frames.open(port, { path });
  const other = await Frames.open(port, { path, sid: direct.handshake.sid });
  assert.equal((await other.end()).code, 1005);
  direct.send("4z");
  assert.equal(await direct.text(), "4z");
  direct.destroy();
});

for (const [name, fail] of [
  ["another word than the probe", (frames) => frames.send("hello")],
  ["another ping", (frames) => frames.send("2wrong")],
  ["a message", (frames) => frames.send("4x")],
  ["5 without the probe", (frames) => frames.send("5")],
  ["a binary frame", (frames) => frames.send(Buffer.from([1]))],
  ["a broken frame", (frames) => frames.send("2probe", { rsv: 4 })],
  ["an unmasked frame", (frames) => frames.send("2probe", { mask: false })],
  ["a message after the probe", (frames) => (frames.send("2probe"), frames.send("4early"))],
  ["the WebSocket drops", (frames) => frames.destroy()],
  ["the WebSocket is reset", (frames) => frames.wire.reset()],
  ["the WebSocket drops after the probe", async (frames) => (frames.send("2probe"), await frames.text(), frames.destroy())],
  ["the WebSocket says goodbye", (frames) => frames.send(Buffer.alloc(0), { opcode: 8 })],
])
  test(`failed upgrade, ${name}: polling goes on, another upgrade works`, async () => {
    const session = await open();
    const frames = await Frames.open(port, { path, sid: session.sid });
    await fail(frames);
    await (frames.wire.socket.destroyed ? Promise.resolve() : frames.end());
    await session.post("4alive");
    const packets = [];
    while (!packets.includes("4alive")) packets.push(...(await session.packets()));
    assert.deepEqual(packets.filter((packet) => packet !== "6"), ["4alive"]);
    const again = await until(async () => {
      // The server may learn of the drop after our next WebSocket, which it then closes at once.
      const next = await Frames.open(port, { path, sid: session.sid });
      next.send("2probe");
      return await next.text().then((said) => said === "3probe" && next, () => null);
    }, "another upgrade begins");
    again.send("5");
    again.send("4done");
    assert.equal(await again.text(), "4done");
    again.destroy();
  });

test("an upgrade that is begun and never finished is given up after the timeout; polling goes on", async () => {
  for (const probe of [false, true]) {
    const session = await open();
    const frames = await Frames.open(port, { path, sid: session.sid });
    const begun = performance.now();
    if (probe) {
      frames.send("2probe");
      await frames.text();
    }
    await frames.end();
    assert.ok(performance.now() - begun > 1400);
    await session.post("4alive");
    assert.deepEqual((await session.packets()).filter((packet) => packet !== "6"), ["4alive"]);
  }
});

test("the session ends while upgrading: both sides end, nothing is left", async () => {
  const session = await open();
  const frames = await upgrading(session);
  await session.post("1");
  await frames.end();
  await session.get();
  assert.equal((await session.get()).status, 400);
});

test("the ping in the middle of an upgrade is answered on either side; the heartbeat goes on after it", async () => {
  const quick = await start("feature_server", "engine", "--path", path, "--ping-interval", "300", "--ping-timeout", "200");
  // The pong that is owed when the upgrade completes is lost on purpose: there must be another ping.
  const session = await Polling.open(quick.port, { path });
  const packets = await session.packets();
  assert.deepEqual(packets, ["2"]);
  const frames = await Frames.open(quick.port, { path, sid: session.sid });
  frames.send("2probe");
  assert.equal(await frames.text(), "3probe");
  frames.send("5");
  assert.equal(await frames.text({ pings: true }), "2", "pinged again on the WebSocket");
  frames.send("3");
  assert.equal(await frames.text({ pings: true }), "2");
  frames.destroy();
  await quick.stop();
});

test("events of the server all through the upgrade: none lost, doubled or out of order, whatever the moment", async () => {
  const io = await start("feature_server");
  for (let round = 0; round < 12; round++) {
    const session = await Polling.open(io.port);
    await session.join();
    await session.post('42["ticks",60,2]');
    const seen = [];
    const take = (packets) => {
      for (const packet of packets) if (packet.startsWith('42["tick"')) seen.push(JSON.parse(packet.slice(2))[1]);
    };
    // A client polls; after some polls it upgrades as stock clients do: probe, wait for the poll, 5.
    for (let polls = 0; polls < round % 4; polls++) take(await session.packets());
    let polling = true;
    const loop = (async () => {
      while (polling) take(await session.packets());
    })();
    const frames = await Frames.open(io.port, { sid: session.sid });
    frames.send("2probe");
    assert.equal(await frames.text(), "3probe");
    polling = false;
    await loop;
    frames.send("5");
    while (seen.at(-1) !== 59) take([await frames.text()]);
    assert.deepEqual(seen, Array.from({ length: 60 }, (_, i) => i), `round ${round}`);
    frames.destroy();
  }
  await io.stop();
});

test("an event with binary parts is not torn apart by the upgrade", async () => {
  const io = await start("feature_server");
  for (let round = 0; round < 10; round++) {
    const session = await Polling.open(io.port);
    await session.join();
    // Asked for over polling in two POSTs, the header before and its part during the upgrade.
    await session.post('451-["echo",{"_placeholder":true,"num":0}]');
    const frames = await Frames.open(io.port, { sid: session.sid });
    frames.send("2probe");
    assert.equal(await frames.text(), "3probe");
    await session.post("bAQIDBA==");
    if (round % 2) frames.send("5");
    const all = [];
    if (!(round % 2)) {
      while (all.length < 2) all.push(...(await session.packets()).filter((packet) => packet !== "6"));
      assert.deepEqual(all, ['451-["echo",{"_placeholder":true,"num":0}]', "bAQIDBA=="]);
    } else {
      assert.equal(await frames.text(), '451-["echo",{"_placeholder":true,"num":0}]');
      assert.deepEqual(await frames.message(), Buffer.from([1, 2, 3, 4]));
    }
    frames.destroy();
  }
  await io.stop();
});
