// What goes wrong in a handler ends there, and what ends is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { start, until } from "./lib/server.mjs";
import { ask, Frames, Polling, requestBytes, Wire } from "./lib/wire.mjs";

for (const threads of ["1", "2"])
  test(`whatever a handler throws ends only that call, ${threads} threads`, async () => {
    const server = await start("feature_server", "--threads", threads);
    const frames = await Frames.join(server.port);
    const other = await Frames.join(server.port);
    for (const [event, said] of [["throw", /a handler that throws/], ["throw-number", /no std::exception/]]) {
      frames.emit(event);
      await server.tells((line) => line.what === "log" && said.test(line.line));
      assert.deepEqual(await frames.call("echo", 1), [1]);
      assert.deepEqual(await other.call("echo", 2), [2]);
      frames.kept = [];
    }
    // Time goes on too.
    assert.deepEqual(await frames.call("ack-later", 50), ["later"]);
    assert.equal(await server.stop("SIGTERM"), 0);
  });

test("a connection breaks in the turn in which it goes to another thread", async () => {
  const server = await start("feature_server", "--threads", "2");
  const threadOf = (its) => (its.handshake ?? its).sid.at(-1);
  for (let i = 0; i < 10; i++) {
    // Threads take connections in turn: the session is of another one than the rest.
    const first = await Frames.join(server.port);
    const session = await Polling.open(server.port);
    const second = await Frames.join(server.port);
    await ask(server.port, "GET", "/");
    const wire = new Wire(server.port);
    wire.write(requestBytes("GET", "/"));
    await wire.answer();
    assert.equal(threadOf(first), threadOf(second));
    assert.notEqual(threadOf(first), threadOf(session));
    first.emit("block", 100);
    // No condition tells that a thread sleeps. When this is too short nothing is tested, and nothing fails.
    await new Promise((done) => setTimeout(done, 30)); // now it does, and what comes meanwhile comes in one turn
    // As many requests as are handled in a turn, and one that names the session.
    wire.write(Buffer.concat([...Array(64).fill(requestBytes("GET", "/")), requestBytes("GET", session.target)]));
    await new Promise((done) => setTimeout(done, 10));
    second.emit("block", 100);
    await wire.answer(); // it sleeps again
    wire.reset();
    assert.deepEqual(await first.call("echo", i), [i]);
    first.destroy();
    second.destroy();
  }
  assert.equal(await server.stop("SIGTERM"), 0);
});

test("the server closes: also who is between two polls has left", async () => {
  const server = await start("feature_server");
  const session = await Polling.open(server.port);
  const { sid } = JSON.parse((await session.join()).slice(2));
  server.child.kill("SIGTERM");
  const told = await server.tells((line) => line.what === "disconnect" && line.id === sid);
  assert.equal(told.reason, "server shutting down");
  assert.equal(await server.exited, 0);
});
