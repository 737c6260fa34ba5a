// What goes wrong in a handler ends there, and what ends is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { start, until } from "./lib/server.mjs";
import { Frames, Polling } from "./lib/wire.mjs";

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

test("the server closes: also who is between two polls has left", async () => {
  const server = await start("feature_server");
  const session = await Polling.open(server.port);
  const { sid } = JSON.parse((await session.join()).slice(2));
  server.child.kill("SIGTERM");
  const told = await server.tells((line) => line.what === "disconnect" && line.id === sid);
  assert.equal(told.reason, "server shutting down");
  assert.equal(await server.exited, 0);
});
