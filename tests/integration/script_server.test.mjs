// The one command: a demonstration on the ports asked for, a login that works, nothing left behind.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "../lib/free_port.mjs";
import { until } from "../lib/programs.mjs";
import { onlySqlite } from "../lib/stores.mjs";

async function start(more = {}) {
  const [port, simulatorPort] = [await freePort(), await freePort()];
  const dataDir = mkdtempSync(join(tmpdir(), "tickwire-"));
  process.on("exit", () => rmSync(dataDir, { recursive: true, force: true }));
  const run = () => {
    const { WHATSAPP_ACCESS_TOKEN: _, ...env } = process.env;
    const child = spawn(new URL("../../script/server", import.meta.url).pathname, [], { env: { ...env, PORT: port, SIMULATOR_PORT: simulatorPort, DATA_DIR: dataDir, ...more }, stdio: ["ignore", "pipe", "pipe"] });
    child.said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (piece) => (child.said += piece));
    process.on("exit", () => child.kill("SIGTERM"));
    return child;
  };
  return { port, simulatorPort, run };
}
const answers = (port) => fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false);

// Whoever tries the demonstration beside an inbox of their own has the address of its database in the environment; nobody answers at this one.
const operators = { MONGODB_URI: "mongodb://127.0.0.1:9/operators" };

test("script/server prints address and login, and ends everything on SIGTERM; the next start keeps the login", { skip: onlySqlite, timeout: 600_000 }, async () => {
  const { port, simulatorPort, run } = await start(operators);
  let before;
  for (let round = 0; round < 2; round++) {
    const child = run();
    const login = await until(() => child.exitCode !== null || /^\s*Login\s+(\S+) \/ (\S+)$/m.exec(child.said), "the login", { timeout: 500_000 });
    assert.ok(Array.isArray(login), child.said);
    assert.equal(child.said.match(/^\s*Login /gm).length, 1);
    assert.ok(child.said.includes(`http://localhost:${port}\n`));
    const entered = await fetch(`http://127.0.0.1:${port}/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ username: login[1], password: login[2] }) });
    assert.equal(entered.status, 200);
    before ??= login[2];
    assert.equal(login[2], before);
    const started = Date.now();
    child.kill("SIGTERM");
    assert.equal((await once(child, "exit"))[0], 0);
    assert.ok(Date.now() - started < 6_000);
    assert.deepEqual([await answers(port), await answers(simulatorPort)], [false, false]);
  }
});

test("a port that is taken is said, and nothing stays", { skip: onlySqlite, timeout: 600_000 }, async () => {
  const { port, simulatorPort, run } = await start();
  const other = http.createServer((_, response) => response.end("somebody else")).listen(port, "127.0.0.1");
  await once(other, "listening");
  const child = run();
  const [status] = await once(child, "exit");
  assert.notEqual(status, 0);
  assert.match(child.said, /Cannot listen on .*PORT/);
  assert.doesNotMatch(child.said, /^\s*Login /m);
  assert.equal(await answers(simulatorPort), false);
  other.closeAllConnections();
  other.close();
});
