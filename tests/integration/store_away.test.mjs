// The store goes away and comes back: refused clearly, nothing acknowledged is lost, no restart.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Tickwire, fakeGraph, inbox, textMessage, until } from "../lib/programs.mjs";

const phone = "15550000401";
let made = 0;
const arrive = (server) => server.webhook(textMessage(`wamid.away.${made++}`, phone, "hello"));

// Another program that holds the database, as somebody's shell does.
async function lock(server) {
  const file = join(server.dataDir, `inbox-${inbox}.db`);
  const holder = spawn("python3", ["-c", "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],isolation_level=None)\nc.execute('BEGIN EXCLUSIVE')\nprint('held',flush=True)\nsys.stdin.readline()\nc.execute('ROLLBACK')", file]);
  await once(holder.stdout, "data");
  return async () => {
    holder.stdin.end("\n");
    await once(holder, "exit");
  };
}
const move = (server) => {
  renameSync(server.dataDir, `${server.dataDir}.away`);
  return () => renameSync(`${server.dataDir}.away`, server.dataDir);
};

for (const [name, take] of [["locked", lock], ["moved away", move]])
  test(`${name}: 503 with Retry-After and readyz, reading goes on, and it recovers by itself`, { timeout: 60_000 }, async () => {
    const graph = await fakeGraph();
    const server = await Tickwire.start({ graph: graph.url });
    const ana = await server.login("Ana");
    assert.equal((await arrive(server)).status, 200);
    assert.equal((await server.get("/readyz")).status, 200);
    const giveBack = await take(server);

    assert.equal((await server.get("/readyz")).status, 503, "asked, although nothing was refused yet");
    assert.equal((await server.get("/healthz")).status, 200);
    const started = Date.now();
    const refused = await Promise.all([...Array.from({ length: 16 }, () => arrive(server)), server.post("/send-message", { chatId: phone, text: "hi", clientId: "a" }, ana.token)]);
    assert.ok(Date.now() - started < 5_000, `all were told within ${Date.now() - started} ms`);
    for (const one of refused) {
      assert.deepEqual([one.status, one.body.code], [503, "store_unavailable"]);
      assert.ok(Number(one.headers.get("retry-after")) > 0);
    }
    assert.equal((await server.get("/me", ana.token)).status, 200);

    await giveBack();
    await until(async () => (await server.get("/readyz")).status === 200, "ready, before anything was stored again");
    const repeated = await server.post("/send-message", { chatId: phone, text: "hi", clientId: "a" }, ana.token);
    assert.equal(repeated.status, 201, "what was refused had not happened");
    assert.equal((await arrive(server)).status, 200);
    await until(async () => (await server.messages(ana.token, phone)).find((row) => row.id === repeated.body.id).status === "sent", "sent");
    assert.equal((await server.messages(ana.token, phone)).length, 3);
    await server.kill();
    graph.close();
  });
