// The store goes away and comes back: refused clearly, nothing acknowledged is lost, no restart.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Tickwire, fakeGraph, textMessage, until } from "../lib/programs.mjs";
import { waysAway } from "../lib/stores.mjs";

const phone = "15550000401";
let made = 0;
const arrive = (server) => server.webhook(textMessage(`wamid.away.${made++}`, phone, "hello"));

for (const [way, takeAway] of Object.entries(waysAway))
  test(`${way}: 503 with Retry-After and readyz, nobody is logged out, and it recovers by itself`, { timeout: 60_000 }, async () => {
    const graph = await fakeGraph();
    const server = await Tickwire.start({ graph: graph.url, storeAlone: true });
    const ana = await server.login("Ana");
    assert.equal((await arrive(server)).status, 200);
    assert.equal((await server.get("/readyz")).status, 200);
    assert.equal((await server.get("/me", ana.token)).status, 200);
    const giveBack = await takeAway(server.store);

    assert.equal((await server.get("/readyz")).status, 503, "asked, although nothing was refused yet");
    assert.equal((await server.get("/healthz")).status, 200);
    const started = Date.now();
    const refused = await Promise.all([...Array.from({ length: 16 }, () => arrive(server)), server.post("/send-message", { chatId: phone, text: "hi", clientId: "a" }, ana.token)]);
    assert.ok(Date.now() - started < 5_000, `all were told within ${Date.now() - started} ms`);
    for (const one of refused) {
      assert.deepEqual([one.status, one.body.code], [503, "store_unavailable"]);
      assert.ok(Number(one.headers.get("retry-after")) > 0);
    }
    assert.equal((await server.get("/me", ana.token)).status, 200, "who was let in a moment ago is let in");

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
