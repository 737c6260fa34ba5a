// Sending under pressure, from outside: attempts that get mixed up, Graph away or angry, many waiting, the server stopped.
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { freePort } from "../lib/free_port.mjs";
import { Tickwire, fakeGraph, graphError, messageOf, statusUpdate, textMessage, until } from "../lib/programs.mjs";

let people = 0;

// A server with Ana at it, and what most tests ask.
async function begin(answer, { env, url } = {}) {
  const graph = url ? null : await fakeGraph(answer);
  const server = await Tickwire.start({ graph: url ?? graph.url, env });
  const ana = await server.login("Ana");
  const chat = async () => {
    const phone = `1555000${String(7000 + people++)}`;
    await server.webhook(textMessage(`wamid.first.${phone}`, phone, "hello"));
    return phone;
  };
  const send = async (chatId, text, more = {}) => {
    const sent = await server.post("/send-message", { chatId, text, ...more }, ana.token);
    assert.equal(sent.status, 201, sent.text);
    return sent.body;
  };
  const message = async (chatId, id) => (await server.messages(ana.token, chatId)).find((row) => row.id === id);
  const state = async () => (await server.get("/service-state", ana.token)).body.sending;
  const metric = (name) => server.metric(`tickwire_${name}`);
  const end = async () => {
    await server.kill();
    graph?.close();
  };
  return { graph, server, ana, chat, send, message, state, metric, end };
}

test("a late failed of attempt 1 does not fail attempt 2, in the new form and the old; a late delivered ends it", async () => {
  let release;
  const { graph, server, ana, chat, send, message, end } = await begin(({ response, accept }) => (graph.ledger.length === 1 ? response.destroy() : (release = accept)));
  const phone = await chat();
  const sent = await send(phone, "one");
  await until(async () => (await message(phone, sent.id)).unconfirmed, "unconfirmed");
  assert.equal(graph.ledger[0].body.biz_opaque_callback_data, `${sent.id}:1`);
  assert.equal((await server.post(`/messages/${sent.id}/retry`, {}, ana.token)).status, 202);
  await until(() => release, "the second POST");
  assert.equal(graph.ledger[1].body.biz_opaque_callback_data, `${sent.id}:2`);
  for (const callback of [`${sent.id}:1`, sent.id]) {
    await server.webhook(statusUpdate(`wamid.late.${callback}`, "failed", { biz_opaque_callback_data: callback, errors: [{ code: 131026, title: "x" }] }));
    assert.deepEqual([(await message(phone, sent.id)).status, (await message(phone, sent.id)).attempt], ["sending", 2], callback);
  }
  const wamid = release();
  await until(async () => (await message(phone, sent.id)).status === "sent", "sent");
  await server.webhook(statusUpdate(`wamid.late.${sent.id}:1`, "delivered", { biz_opaque_callback_data: `${sent.id}:1` }));
  const row = await message(phone, sent.id);
  assert.deepEqual([row.status, row.whatsappMessageId, row.error], ["delivered", wamid, null]);
  await end();
});

test("a quote of a message that is still being sent reaches the customer as a quote", async () => {
  let release;
  const { graph, chat, send, message, end } = await begin(({ body, accept }) => (body.text.body === "one" ? (release = accept) : accept()));
  const phone = await chat();
  const one = await send(phone, "one");
  await until(() => release, "the first POST");
  const two = await send(phone, "two", { replyTo: one.id });
  const wamid = release();
  await until(async () => (await message(phone, two.id)).status === "sent", "both sent");
  assert.deepEqual(graph.ledger.at(-1).body.context, { message_id: wamid });
  await end();
});

test("POSTs that hang delay no other chat, many more than there used to be places", { timeout: 60_000 }, async () => {
  const { graph, chat, send, message, end } = await begin(({ body, accept }) => body.text.body !== "hangs" && accept());
  const hanging = await Promise.all(Array.from({ length: 60 }, chat));
  for (const phone of hanging) await send(phone, "hangs");
  await until(() => graph.ledger.length === 60, "sixty that hang");
  const quick = await chat();
  const began = Date.now();
  const sent = await send(quick, "quick");
  await until(async () => (await message(quick, sent.id)).status === "sent", "the quick one");
  assert.ok(Date.now() - began < 5_000, `${Date.now() - began} ms`);
  await end();
});

test("never more than 80 in a second, also right after a restart, and after SIGTERM nothing begins at all", { timeout: 120_000 }, async () => {
  // Three hundred wait for a Graph that is not there; that is four seconds of work when it comes.
  const port = await freePort();
  const { server, ana, chat, send, state, end } = await begin(null, { url: `http://127.0.0.1:${port}` });
  const phones = [];
  for (let i = 0; i < 300; i++) phones.push(await chat());
  await Promise.all(phones.map((phone) => send(phone, "1")));
  assert.equal((await state()).state, "paused");
  // An upload that hangs keeps the server from ending at once.
  const stuck = net.connect(server.port, "127.0.0.1").on("error", () => {});
  await once(stuck, "connect");
  stuck.write("POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc");
  // Before `since` nothing could be sent, nor with credit from before. However late an arrival is seen: that makes them fewer.
  const neverTooMany = (arrivals, since, credit) => {
    for (const [i, { at }] of arrivals.entries()) assert.ok(i + 1 <= credit + (75 * (at + 1 - since)) / 1000, `${i + 1} in ${at - since} ms`);
  };
  const opened = Date.now();
  const graph = await fakeGraph(null, { port });
  await until(() => graph.ledger.length > 20, "some are out", { timeout: 30_000 });
  const ended = server.kill("SIGTERM");
  await until(() => server.child.log.includes("stopping") && Date.now() - graph.ledger.at(-1).at > 500, "what was on the line is through");
  const before = graph.ledger.length;
  assert.equal(server.child.exitCode, null, "it waits for the upload");
  assert.deepEqual((await ended)[0], 0);
  stuck.destroy();
  assert.equal(graph.ledger.length, before, "nothing begins after SIGTERM");
  assert.ok(before < 250, `there was still much to do, ${before} were out`);

  neverTooMany(graph.ledger, opened, 5);

  const launched = Date.now();
  await server.launch();
  const outgoing = async () => (await server.messages(ana.token)).filter((row) => row.direction === "out");
  const rows = await until(async () => {
    const all = await outgoing();
    return all.every((row) => row.status === "sent" || row.unconfirmed) && all;
  }, "everything is settled", { timeout: 60_000 });
  const posts = new Map();
  for (const post of graph.ledger) posts.set(messageOf(post), (posts.get(messageOf(post)) ?? 0) + 1);
  for (const row of rows) assert.ok((posts.get(row.id) ?? 0) <= 1, "nothing twice");
  assert.ok(rows.filter((row) => row.unconfirmed).length <= 5, "only what was on the line is in doubt");
  neverTooMany(graph.ledger.slice(before), launched, 0);
  await end();
  graph.close();
});

test("a dead token fails one message, holds the others, tells people, and goes on in order", { timeout: 60_000 }, async () => {
  let dead = true;
  const { graph, server, ana, chat, send, message, state, metric, end } = await begin(({ response, accept }) => (dead ? graphError(response, 190, 401) : accept()));
  const socket = await server.connected(ana.token);
  assert.equal(socket.named("service_state").length, 0, "all is well");
  const phone = await chat();
  const first = await send(phone, "first");
  await until(async () => (await message(phone, first.id)).status === "failed", "failed");
  assert.equal((await message(phone, first.id)).error.code, 190);
  const told = await until(() => socket.named("service_state").at(-1), "the page is told");
  assert.equal(told.sending.state, "paused");
  assert.match(told.sending.reason, /access token/);
  assert.ok(Math.abs(Date.parse(told.sending.since) - Date.now()) < 10_000);

  const other = await chat();
  const held = [];
  for (let i = 0; i < 8; i++) held.push(await send(i % 2 ? other : phone, `held ${i}`));
  await until(() => graph.ledger.length >= 4, "it asks, more and more seldom", { timeout: 20_000 });
  const now = await state();
  assert.equal(now.state, "paused");
  assert.ok(now.waiting >= 7 && Date.parse(now.nextTryAt) > Date.now() - 5_000, JSON.stringify(now));
  assert.equal(await metric("sender_paused"), 1);
  assert.equal(await metric("send_refused_total"), 1);
  const later = await server.connected(ana.token);
  assert.equal(later.events[1].name, "service_state", "who comes later hears it right after sync");
  for (const row of held) assert.equal((await message(row.chatId, row.id)).status, "sending");

  dead = false;
  graph.ledger.length = 0;
  await until(async () => (await message(held.at(-1).chatId, held.at(-1).id)).status === "sent" && (await message(held.at(-2).chatId, held.at(-2).id)).status === "sent", "all are out", { timeout: 30_000 });
  for (const chatId of [phone, other])
    assert.deepEqual(
      graph.ledger.filter((post) => post.body.to === `+${chatId}`).map((post) => post.body.text.body),
      held.filter((row) => row.chatId === chatId).map((row) => row.text),
    );
  await until(() => socket.named("service_state").at(-1).sending.state === "ok", "the page is told that it goes on");
  assert.equal((await message(phone, first.id)).status, "failed");
  socket.disconnect();
  later.disconnect();
  await end();
});

test("what waits in two chats that turn out to be one person goes out in the order in which it was written, one at a time", { timeout: 60_000 }, async () => {
  const port = await freePort();
  const { server, chat, send, message, state, end } = await begin(null, { url: `http://127.0.0.1:${port}` });
  const phone = await chat();
  const user = `US.${phone}`;
  await server.webhook(textMessage(`wamid.again.${phone}`, phone, "the larger chat stays"));
  await server.webhook(textMessage(`wamid.user.${phone}`, undefined, "hello", { from_user_id: user }));
  const texts = ["1", "2", "3", "4"];
  const sent = [];
  for (const [i, text] of texts.entries()) sent.push(await send(i % 2 ? user : phone, text));
  await until(async () => (await state()).state === "paused", "paused");
  await server.webhook(textMessage(`wamid.both.${phone}`, phone, "I am both", { from_user_id: user }));
  assert.equal((await message(phone, sent[1].id)).chatId, phone, "they are one chat");

  let under_way = 0;
  let most = 0;
  const graph = await fakeGraph(
    ({ accept }) => {
      most = Math.max(most, ++under_way);
      setTimeout(() => {
        under_way--;
        accept();
      }, 50);
    },
    { port },
  );
  await until(async () => (await message(phone, sent.at(-1).id)).status === "sent", "all are out", { timeout: 30_000 });
  assert.deepEqual(graph.ledger.map((post) => post.body.text.body), texts);
  assert.equal(most, 1, "one at a time to one person");
  await end();
  graph.close();
});

test("Graph away: nothing is written while it is, what grows too old asks its author, the rest goes out in order", { timeout: 90_000 }, async () => {
  const port = await freePort();
  const { server, ana, chat, send, message, state, metric, end } = await begin(null, { url: `http://127.0.0.1:${port}`, env: { SEND_MAX_AGE: "6s" } });
  const phone = await chat();
  const old = await send(phone, "old");
  await until(async () => (await state()).state === "paused", "paused");
  const head = await metric("log_head");
  await until(async () => (await message(phone, old.id)).status === "failed", "too old", { timeout: 20_000 });
  assert.equal(await metric("log_head"), head + 1, "its failure and nothing else was written");
  const failed = await message(phone, old.id);
  assert.equal(failed.error.canRetry, true);
  assert.match(failed.error.reason, /not sent/);

  const texts = ["1", "2", "3"];
  const graph = await fakeGraph(null, { port });
  const sent = [];
  for (const text of texts) sent.push(await send(phone, text));
  await until(async () => (await message(phone, sent.at(-1).id)).status !== "sending", "settled", { timeout: 30_000 });
  // Under load some may have grown too old; what went, went in order, and the old one did not.
  const out = graph.ledger.map((post) => post.body.text.body);
  assert.deepEqual(out, texts.filter((text) => out.includes(text)));
  assert.equal((await server.post(`/messages/${old.id}/retry`, {}, ana.token)).status, 202);
  await until(async () => (await message(phone, old.id)).status === "sent", "the old one, since its author asked", { timeout: 30_000 });
  assert.equal((await state()).state, "ok");
  await end();
  graph.close();
});
