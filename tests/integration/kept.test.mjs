// Whatever Meta signs is kept and can be found: what is too much at once, not ours, not understood, or breaks something of ours.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Tickwire, fakeGraph, inbox, textMessage, until } from "../lib/programs.mjs";
import { manageable, onlySqlite } from "../lib/stores.mjs";

const run = promisify(execFile);
const bin = join(process.env.BUILD_DIR ?? new URL("../../build/release", import.meta.url).pathname, "bin");
const other = "200000000000002";
const phone = "15550000501";

// `tickwire webhooks …` beside the server, with its configuration.
const command = (server, args, env = {}) =>
  run(join(bin, "tickwire"), ["webhooks", ...args], { env: { ...server.env, ...env }, cwd: server.dataDir }).then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ status: code, stdout, stderr }),
  );
const envelope = (value, field = "messages", number = inbox) => ({
  object: "whatsapp_business_account",
  entry: [{ id: "1", changes: [{ field, value: { messaging_product: "whatsapp", metadata: { display_phone_number: "15550009999", phone_number_id: number }, ...value } }] }],
});

const many = 50_000 * manageable;
test(`${many} statuses in one body are stored, and others get their turn meanwhile`, { timeout: 120_000 }, async () => {
  const graph = await fakeGraph();
  const server = await Tickwire.start({ graph: graph.url });
  const ana = await server.login("Ana");
  assert.equal((await server.webhook(textMessage("wamid.kept.first", phone, "hello"))).status, 200);
  const statuses = Array.from({ length: many }, (_, i) => ({ id: `wamid.${i}`, status: "sent" }));
  let answered = false;
  const huge = server.webhook(envelope({ statuses })).then((answer) => ((answered = true), answer));
  await until(async () => (await server.metric("tickwire_log_head")) > many / 50, "the first parts");
  const sent = await server.post("/send-message", { chatId: phone, text: "hi" }, ana.token);
  assert.equal(sent.status, 201);
  assert.equal(answered, false, "the message did not wait for all of them");
  assert.equal((await huge).status, 200);
  assert.ok((await server.metric("tickwire_log_head")) > many);
  await server.kill();
  graph.close();
});

test("what comes for another number is kept, told to admins, and taken in when the number is corrected", { timeout: 60_000 }, async () => {
  const server = await Tickwire.start();
  await server.addUser("Ada", "password-of-ada", "admin");
  const admin = await server.connected((await server.login("Ada")).token);
  const agent = await server.connected((await server.login("Ana")).token);
  const foreign = envelope({ contacts: [{ profile: { name: "Mia" }, wa_id: phone }], messages: [{ id: "wamid.kept.foreign", from: phone, timestamp: "1790000000", type: "text", text: { body: "is anybody there?" } }] }, "messages", other);
  assert.equal((await server.webhook(foreign)).status, 200);
  assert.equal((await server.webhook(foreign)).status, 200);
  assert.equal((await server.get("/readyz")).status, 200, "a fault of set-up is no reason to be taken out of service");

  const told = await until(() => admin.named("service_state").at(-1)?.foreignNumbers?.[0], "admins are told");
  assert.deepEqual([told.phoneNumberId, told.displayPhoneNumber, told.count], [other, "15550009999", 1]);
  assert.equal(agent.named("service_state").at(-1)?.foreignNumbers, undefined);
  assert.equal(await server.metric('tickwire_webhook_kept_total{kind="number"}'), 1);
  assert.match(server.child.log, /webhook: kept without being understood: 1 "number"/);
  assert.doesNotMatch(server.child.log, /anybody|Mia/);

  const listed = await command(server, ["list"]);
  assert.match(listed.stdout, new RegExp(`number ${other}`));
  const key = listed.stdout.match(/raw:\w+/)[0];
  const shown = JSON.parse((await command(server, ["show", key])).stdout);
  assert.equal(shown.value.messages[0].text.body, "is anybody there?");
  assert.equal((await command(server, ["show", "raw:none"])).status, 1);
  const beside = await command(server, ["replay"]);
  assert.equal(beside.status, server.store.oneWriter ? 1 : 0);
  assert.match(beside.stderr, server.store.oneWriter ? /Stop it, replay, and start it again/ : /0 are now understood/);

  // After a restart admins still hear of it.
  admin.close();
  agent.close();
  await server.kill();
  await server.launch();
  const again = server.socket((await server.login("Ada")).token);
  await until(() => again.named("service_state").at(-1)?.foreignNumbers?.[0]?.count === 1, "told after the restart");
  again.close();
  await server.kill();

  const env = { WHATSAPP_PHONE_NUMBER_ID: other };
  const replayed = await command(server, ["replay"], env);
  assert.equal(replayed.status, 0);
  assert.match(replayed.stderr, /1 are now understood/);
  assert.match((await command(server, ["replay"], env)).stderr, /0 are now understood .*1 were taken in before/);
  assert.equal((await command(server, ["list"], env)).stdout, "");
  server.env.WHATSAPP_PHONE_NUMBER_ID = other;
  await server.launch();
  const ana = await server.login("Ana");
  assert.deepEqual((await server.messages(ana.token, phone)).map((row) => row.text), ["is anybody there?"]);
  assert.equal((await server.get("/chats", ana.token)).body.chats[0].title, "Mia");
  await server.kill();
});

test("an item that breaks something of ours is kept, harms no other, and is taken in once that is mended", { timeout: 60_000, skip: onlySqlite }, async () => {
  const server = await Tickwire.start();
  const ana = await server.login("Ana");
  await server.store.rows(server.store.log, "CREATE TRIGGER fault BEFORE INSERT ON messages WHEN NEW.text = 'poison' BEGIN SELECT RAISE(ABORT, 'a fault for tests'); END");
  const texts = ["before", "poison", "after"];
  const messages = texts.map((body, i) => ({ id: `wamid.kept.${body}`, from: phone, timestamp: String(1790000000 + i), type: "text", text: { body } }));
  const body = envelope({ contacts: [{ profile: { name: "Mia" }, wa_id: phone }], messages });
  assert.equal((await server.webhook(body)).status, 200);
  assert.equal((await server.webhook(body)).status, 200);
  assert.deepEqual((await server.messages(ana.token, phone)).map((row) => row.text), ["before", "after"]);
  assert.equal(await server.metric('tickwire_webhook_kept_total{kind="failed"}'), 1);
  const listed = await command(server, ["list", "--what", "failed"]);
  assert.match(listed.stdout, /kept:in:wamid\.kept\.poison {2}failed message_received: .*a fault for tests/);
  assert.equal(JSON.parse((await command(server, ["show", "kept:in:wamid.kept.poison"])).stdout).text.body, "poison");

  await server.store.rows(server.store.log, "DROP TRIGGER fault");
  await server.kill();
  assert.match((await command(server, ["replay"])).stderr, /1 are now understood \(1 new entries\)/);
  await server.launch();
  assert.deepEqual((await server.messages(ana.token, phone)).map((row) => row.text), ["before", "after", "poison"]);
  await server.kill();
});
