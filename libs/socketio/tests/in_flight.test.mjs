// SEED=… repeats the random one. What requests hold until they are answered is limited in all (max_bytes_in_flight), whatever way they come and end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { firstSeed, randomFrom } from "./lib/random.mjs";
import { start, until } from "./lib/server.mjs";
import { ask, Polling, requestBytes, Wire } from "./lib/wire.mjs";

const limit = 10_000;
const chunk = (bytes) => `${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n`;
const limited = (...options) => start("feature_server", "--max-bytes-in-flight", String(limit), ...options);
const fits = async (server, bytes) => (await ask(server.port, "POST", "/", { body: "x".repeat(bytes) })).status === 200;

test("what comes behind a request under way counts, and is given back with it", async () => {
  const server = await limited();
  const wire = new Wire(server.port);
  wire.write(Buffer.concat([requestBytes("GET", "/never"), Buffer.from("x".repeat(8000))]));
  await until(async () => !(await fits(server, 5000)), "5,000 beside 8,000 to be refused");
  assert.ok(await fits(server, 1000));
  wire.destroy();
  await until(() => fits(server, limit - 100), "all to be given back");
  await server.stop();
});

test("who sends on behind a request under way waits while too much is in flight, and loses nothing", async () => {
  const server = await limited();
  const session = await Polling.open(server.port);
  const held = new Wire(server.port), sending = new Wire(server.port);
  held.write(Buffer.concat([requestBytes("GET", "/never"), Buffer.from("x".repeat(limit - 500))]));
  sending.write(Buffer.concat([requestBytes("GET", session.target), requestBytes("GET", "/from")]));
  await until(async () => !(await fits(server, 600)), "600 more to be refused");
  const more = 50;
  for (let i = 0; i < more; i++) sending.write(requestBytes("GET", `/from?${i}`));
  held.destroy();
  await until(async () => (await session.post("40")).status === 200, "there to be room again"); // answers the poll
  for (let i = 0; i < more + 2; i++) assert.equal((await sending.answer()).status, 200);
  sending.destroy();
  await until(() => fits(server, limit - 100), "all to be given back");
  await server.stop();
});

// None of them closes its end, so that the server reads on for a while and forgets what it reads.
const refusedEarly = {
  "a request whose body is larger than it may be": Buffer.from(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n`),
  "a request after which the connection closes": requestBytes("GET", "/", { Connection: "close" }),
};
for (const [what, bytes] of Object.entries(refusedEarly))
  test(`what comes behind ${what} does not count any more when it is answered`, async () => {
    const server = await limited();
    const wire = new Wire(server.port, { allowHalfOpen: true });
    wire.write(Buffer.concat([bytes, Buffer.from("x".repeat(4000))]));
    await wire.answer();
    assert.ok(await fits(server, 7000));
    wire.destroy();
    await server.stop();
  });

test("what has come of a body that turns out too large does not count while its request is answered", async () => {
  const server = await limited("--max-body-bytes", "8000");
  const wire = new Wire(server.port);
  wire.write(`POST /never HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(7500)}`);
  await until(async () => !(await fits(server, 7900)), "7,500 to count");
  wire.write(chunk(600));
  await until(() => fits(server, 5000), "no more to count than what was not read yet");
  wire.destroy();
  await server.stop();
});

for (const threads of ["1", "2"])
  test(`whatever is sent, and cut off at whatever moment, leaves nothing counted, ${threads} threads`, async () => {
    const server = await limited("--threads", threads);
    const { below, one } = randomFrom(firstSeed);
    const sessions = await Promise.all(Array.from({ length: 4 }, () => Polling.open(server.port)));
    const kinds = [
      (bytes) => requestBytes("POST", "/", {}, "x".repeat(bytes)),
      (bytes) => Buffer.from(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(bytes + 1)}${chunk(bytes + 1)}0\r\n\r\n`),
      (bytes) => requestBytes("POST", one(sessions).target, {}, `4${"x".repeat(bytes)}`),
      (bytes) => Buffer.concat([requestBytes("GET", "/never"), Buffer.from("x".repeat(bytes))]),
      (bytes) => Buffer.concat(Array(70).fill(requestBytes("POST", "/", {}, "x".repeat(bytes % 100)))),
      () => requestBytes("GET", one(sessions).target),
      (bytes) => Buffer.from(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1${"0".repeat(below(8))}\r\n\r\n${"x".repeat(bytes)}`),
    ];
    for (let round = 0; round < 300; round++) {
      const wires = Array.from({ length: 1 + below(6) }, () => new Wire(server.port));
      await Promise.all(
        wires.map(async (wire) => {
          const all = Buffer.concat(Array.from({ length: 1 + below(2) }, () => one(kinds)(below(6000))));
          const end = below(3) ? all.length : below(all.length);
          for (let at = 0; at < end; at += 1 + below(5000)) wire.write(all.subarray(at, Math.min(end, at + 5000)));
          const answered = below(2);
          const goes = below(3);
          if (answered) await Promise.race([wire.more().catch(() => {}), new Promise((done) => setTimeout(done, 20))]);
          goes ? wire.destroy() : wire.reset();
        }),
      );
      if (round % 20 === 0)
        for (let i = 0; i < sessions.length; i++) // those that a second poll or a cut one has ended
          if ((await sessions[i].post("6")).status !== 200) sessions[i] = await until(() => Polling.open(server.port).catch(() => null));
    }
    await until(() => fits(server, limit - 100), `all to be given back, SEED=${firstSeed}`);
    assert.equal(await server.stop("SIGTERM"), 0, `SEED=${firstSeed}: ${server.said}`);
  });
