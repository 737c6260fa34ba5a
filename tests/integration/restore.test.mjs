// A backup that is put back, as docs/operations.md says: what came after it is gone, and no page takes the new for what it has seen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Tickwire, fakeGraph, textMessage, until } from "../lib/programs.mjs";

const phone = "15550000801";
let made = 0;
const arrive = async (server, text) => assert.equal((await server.webhook(textMessage(`wamid.restore.${made++}`, phone, text))).status, 200);

test("after a restore the state is that of the backup, people and sessions too, and pages load anew", { timeout: 60_000 }, async () => {
  const graph = await fakeGraph();
  const server = await Tickwire.start({ graph: graph.url });
  const ana = await server.login("Ana");
  await arrive(server, "before");
  const putBack = await server.store.backup();
  await arrive(server, "lost 1");
  await arrive(server, "lost 2");
  const page = await server.connected(ana.token);
  const { epoch, head } = page.named("sync")[0];
  page.disconnect();
  await server.kill();
  await putBack();
  await server.launch();

  const texts = async () => (await server.messages(ana.token, phone)).map((row) => row.text);
  assert.deepEqual(await texts(), ["before"]);
  for (const text of ["new 1", "new 2", "new 3"]) await arrive(server, text); // the log is longer than the page has seen
  const back = await server.connected(ana.token, { auth: { token: ana.token, epoch, seq: head } });
  const sync = back.named("sync")[0];
  assert.deepEqual([sync.resync, sync.events.length], [true, 0]);
  assert.notEqual(sync.epoch, epoch);
  assert.ok(sync.head >= head, "the number alone would not have told");
  assert.deepEqual(await texts(), ["before", "new 1", "new 2", "new 3"]);
  back.disconnect();
  const sent = await server.post("/send-message", { chatId: phone, text: "hi" }, ana.token);
  await until(async () => (await server.messages(ana.token, phone)).find((row) => row.id === sent.body.id)?.status === "sent", "sent");
  await server.kill();
  graph.close();
});
