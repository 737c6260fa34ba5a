// The contract from outside: accounts, errors, webhook, sending, statuses, pages, live events.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { Tickwire, fakeGraph, graphError, inbox, messageOf, secrets, sign, statusUpdate, textMessage, until } from "../lib/programs.mjs";

const fixtures = new URL("../fixtures/webhooks/", import.meta.url);
let server, graph, ana, ben;
let answer = null; // what Graph does with the next sends
before(async () => {
  graph = await fakeGraph((call) => (answer ? answer(call) : call.accept()));
  server = await Tickwire.start({ graph: graph.url, env: { CORS_ORIGINS: "https://allowed.example" } });
  ana = await server.login("Ana");
  ben = await server.login("Ben");
});
after(async () => {
  await server.kill();
  graph.close();
});

let counter = 0;
const customer = () => `1555100${String(++counter).padStart(4, "0")}`;
async function chatWith(phone = customer()) {
  assert.equal((await server.webhook(textMessage(`wamid.first.${phone}`, phone, "hello"))).status, 200);
  return phone;
}
const send = (chatId, text, more = {}) => server.post("/send-message", { chatId, text, ...more }, ana.token);
const message = async (chatId, id) => (await server.messages(ana.token, chatId)).find((row) => row.id === id);

describe("accounts", () => {
  test("wrong password and unknown name are the same 401; a session is needed for data", async () => {
    const wrong = await server.post("/login", { username: "Ana", password: "wrong" });
    const unknown = await server.post("/login", { username: "Nobody", password: "wrong" });
    assert.equal(wrong.status, 401);
    assert.equal(wrong.text, unknown.text);
    assert.equal(wrong.headers.get("content-type"), "application/problem+json");
    for (const path of ["/me", "/messages", "/chats", "/contacts", "/users"]) assert.equal((await server.get(path)).status, 401, path);
    assert.equal((await server.post("/send-message", { chatId: "1", text: "x" })).status, 401);
    assert.equal((await server.get("/me", "x".repeat(43))).status, 401);
  });

  test("bearer and cookie both work; a foreign or null origin may not change anything with the cookie", async () => {
    assert.deepEqual((await server.get("/me", ana.token)).body, { user: ana.user });
    assert.equal((await server.request("GET", "/me", { headers: { cookie: ana.cookie } })).status, 200);
    const chat = await chatWith();
    const body = { chatId: chat, text: "from a cookie" };
    for (const origin of ["https://evil.example", "null"])
      assert.equal((await server.post("/send-message", body, undefined, { cookie: ana.cookie, origin })).status, 403, origin);
    for (const origin of [server.url, "https://allowed.example"])
      assert.equal((await server.post("/send-message", body, undefined, { cookie: ana.cookie, origin })).status, 201, origin);
  });

  test("logout ends the session, on the socket too", async () => {
    const again = await server.login("Ana");
    const socket = await server.connected(again.token, { reconnection: false });
    const gone = once(socket, "disconnect");
    assert.equal((await server.post("/logout", {}, again.token)).status, 204);
    await gone;
    assert.equal((await server.get("/me", again.token)).status, 401);
    socket.disconnect();
  });

  test("a socket without session is refused, and nobody registers as somebody else", async () => {
    const stranger = server.socket("nonsense", { reconnection: false });
    const [error] = await once(stranger, "connect_error");
    assert.equal(error.data.code, "unauthorized");
    stranger.disconnect();
    const socket = await server.connected(ana.token);
    assert.deepEqual(await socket.emitWithAck("register", { userId: ana.user.id }), { ok: true });
    assert.deepEqual(await socket.emitWithAck("register", ana.user.id), { ok: true });
    const refused = await socket.emitWithAck("register", { userId: ben.user.id });
    assert.equal(refused.ok, false);
    assert.ok(refused.error.length > 10);
    socket.disconnect();
  });

  test("user add works while the server runs", async () => {
    await server.addUser("Cleo", "password-of-cleo", "admin");
    assert.equal((await server.login("Cleo")).user.role, "admin");
  });

  test("CORS: exact origins with credentials, others nothing", async () => {
    const allowed = await server.request("OPTIONS", "/messages", { headers: { origin: "https://allowed.example", "access-control-request-method": "POST" } });
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers.get("access-control-allow-origin"), "https://allowed.example");
    assert.match(allowed.headers.get("access-control-allow-headers"), /content-type.*authorization/);
    const other = await server.request("OPTIONS", "/messages", { headers: { origin: "https://evil.example" } });
    assert.equal(other.headers.get("access-control-allow-origin"), null);
    const poll = await server.request("GET", "/socket.io/?EIO=4&transport=polling", { headers: { origin: "https://allowed.example" } });
    assert.equal(poll.headers.get("access-control-allow-origin"), "https://allowed.example");
  });
});

describe("bad input", () => {
  test("each has its status and a sentence, and nothing is stored", async () => {
    const chat = await chatWith();
    const stored = (await server.messages(ana.token, chat)).length;
    const cases = [
      [send(chat, ""), 400], [send(chat, "  \n "), 400], [send(chat, "x".repeat(4097)), 400], [send("no-such-chat", "hi"), 404],
      [server.post("/send-message", { text: "hi" }, ana.token), 400], [server.post("/send-message", { chatId: chat, text: 5 }, ana.token), 400],
      [server.post("/send-message", "{broken", ana.token), 400], [server.post("/send-message", "[]", ana.token), 400],
      [send(chat, "hi", { clientId: "x".repeat(65) }), 400], [send(chat, "hi", { clientId: "" }), 400], [send(chat, "hi", { replyTo: "m_unknown" }), 404],
      [server.post("/send-message", { chatId: chat, text: "x".repeat(100_000) }, ana.token), 400], [server.post("/send-message", { chatId: chat, text: "x".repeat(300_000) }, ana.token), 413],
      [server.get("/messages?limit=0", ana.token), 400], [server.get("/messages?limit=-1", ana.token), 400], [server.get("/messages?limit=abc", ana.token), 400],
      [server.get("/messages?before=x", ana.token), 400], [server.get("/messages?chatId=nobody", ana.token), 404],
      [server.post("/messages/m_unknown/retry", {}, ana.token), 404], [server.post("/chats/nobody/read", { upTo: 1 }, ana.token), 404],
      [server.post(`/chats/${chat}/read`, { upTo: "x" }, ana.token), 400], [server.post("/contacts", { phone: "call me" }, ana.token), 400],
      [server.get("/no-such-thing", ana.token), 404], [server.request("DELETE", "/messages", { token: ana.token }), 405],
    ];
    for (const [asked, status] of cases) {
      const { status: got, body, headers } = await asked;
      assert.equal(got, status, JSON.stringify(body));
      assert.equal(headers.get("content-type"), "application/problem+json");
      assert.deepEqual(Object.keys(body).sort(), ["code", "detail", "status", "title", "type"]);
      assert.ok(body.detail.length > 15 && body.detail.endsWith("."), body.detail);
    }
    assert.equal((await server.messages(ana.token, chat)).length, stored);
    assert.equal((await send(chat, "é".repeat(4096))).status, 201, "characters, not bytes");
  });
});

describe("webhook", () => {
  test("the handshake answers the challenge as plain text", async () => {
    const ask = (token) => server.get(`/webhook?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`);
    const right = await ask(secrets.verifyToken);
    assert.deepEqual([right.status, right.text], [200, "1158201444"]);
    assert.match(right.headers.get("content-type"), /^text\/plain/);
    assert.equal((await ask("wrong")).status, 403);
    assert.equal((await ask("")).status, 403);
  });

  test("only an exact signature over the raw bytes is believed; nothing else is stored", async () => {
    const phone = customer();
    const body = JSON.stringify(textMessage("wamid.forged", phone, "forged"));
    const good = sign(body);
    const flipped = good.slice(0, -1) + (good.endsWith("0") ? "1" : "0");
    for (const signature of ["", "sha256=", flipped, good.toUpperCase(), good.replace("sha256", "sha1"), good + "00", good.slice(0, -2), sign(body + " "), sign(body, "other")])
      assert.equal((await server.webhook(body, { signature })).status, 401, signature);
    assert.equal((await server.request("POST", "/webhook", { body })).status, 401);
    assert.equal((await server.get(`/messages?chatId=${phone}`, ana.token)).status, 404);
    assert.equal((await server.webhook("{broken")).status, 400);
    const large = await server.webhook(`{"x":"${"y".repeat(5 * 1024 * 1024)}"}`);
    assert.equal(large.status, 413);
    assert.equal(large.body.code, "too_large");
  });

  test("all sample bodies are taken, and again, in any order and at once, they change nothing", async () => {
    const files = readdirSync(fixtures).filter((name) => name.endsWith(".json"));
    assert.equal(files.length, 176);
    const bodies = files.map((name) => readFileSync(new URL(name, fixtures)));
    for (const [i, body] of bodies.entries()) assert.equal((await server.webhook(body)).status, 200, files[i]);
    const rows = await server.messages(ana.token);
    const socket = await server.connected(ana.token);
    const shuffled = [...bodies, ...bodies].sort(() => Math.random() - 0.5);
    for (let i = 0; i < shuffled.length; i += 16)
      for (const done of await Promise.all(shuffled.slice(i, i + 16).map((body) => server.webhook(body)))) assert.equal(done.status, 200);
    assert.deepEqual(await server.messages(ana.token), rows);
    assert.deepEqual(socket.events.map((event) => event.name).filter((name) => name !== "presence"), ["sync"], "a replay is not told");
    socket.disconnect();
  });

  test("a message that WhatsApp could not pass on at first takes the place of what stood for it", async () => {
    const socket = await server.connected(ana.token);
    const phone = customer();
    const wamid = `wamid.late.${phone}`;
    const placeholder = textMessage(wamid, phone, "", { type: "unsupported", text: undefined, errors: [{ code: 131060 }], unsupported: { type: "media_placeholder" } });
    const whole = textMessage(wamid, phone, "", { type: "image", text: undefined, image: { id: "77", mime_type: "image/png", caption: "here it is" } });
    await server.webhook(placeholder);
    const [shown] = await server.messages(ana.token, phone);
    assert.equal(shown.type, "unsupported");
    for (const body of [whole, placeholder, whole]) assert.equal((await server.webhook(body)).status, 200);
    const rows = await server.messages(ana.token, phone);
    assert.deepEqual(rows.map(({ id, seq, type, text, media }) => [id, seq, type, text, media.id]), [[shown.id, shown.seq, "image", "here it is", "77"]]);
    const updates = () => socket.named("message_update").filter((update) => update.messageId === shown.id);
    await until(() => updates().length, "the update");
    await server.webhook(textMessage(`${wamid}.next`, phone, "next"));
    await until(() => socket.named("new_message").some((row) => row.text === "next"), "the next message");
    assert.equal(updates().length, 1);
    assert.equal(updates()[0].text, "here it is");
    assert.deepEqual(updates()[0].message, rows[0]);
    socket.disconnect();
  });

  test("sixteen copies at once are one message, told once", async () => {
    const phone = customer();
    const socket = await server.connected(ben.token);
    const body = textMessage("wamid.sixteen", phone, "once");
    for (const done of await Promise.all(Array.from({ length: 16 }, () => server.webhook(body)))) assert.equal(done.status, 200);
    await until(() => socket.named("new_message").length > 0, "the message");
    assert.equal((await server.messages(ana.token, phone)).length, 1);
    assert.equal(socket.named("new_message").length, 1);
    socket.disconnect();
  });
});

describe("sending", () => {
  test("stored, sent with our id, told to everybody, its ticks move", async () => {
    const chat = await chatWith();
    const [mine, colleague] = await Promise.all([server.connected(ana.token), server.connected(ben.token)]);
    const sent = await send(chat, "hi there", { clientId: "c-1" });
    assert.equal(sent.status, 201);
    assert.equal(sent.body.status, "sending");
    assert.equal(sent.body.senderId, ana.user.id);
    const post = await until(() => graph.ledger.find((p) => messageOf(p) === sent.body.id), "the POST");
    assert.equal(post.body.to, `+${chat}`);
    assert.equal(post.body.text.body, "hi there");
    assert.equal(post.authorization, `Bearer ${secrets.accessToken}`);
    assert.equal(post.url, `/v25.0/${inbox}/messages`);
    const row = await until(async () => (await message(chat, sent.body.id)).whatsappMessageId && (await message(chat, sent.body.id)), "the wamid");
    for (const word of ["delivered", "read", "sent"]) await server.webhook(statusUpdate(row.whatsappMessageId, word));
    for (const socket of [mine, colleague]) {
      await until(() => socket.named("message_status_update").some((u) => u.messageId === sent.body.id && u.statusTimes.sent && u.status === "read"), "read and sent");
      assert.equal(socket.named("new_message").filter((m) => m.id === sent.body.id).length, 1);
      const ranks = socket.named("message_status_update").filter((u) => u.messageId === sent.body.id).map((u) => ["sending", "sent", "failed", "delivered", "read"].indexOf(u.status));
      assert.deepEqual(ranks, [...ranks].sort());
      const seqs = socket.events.filter((e) => e.data.seq !== undefined).map((e) => e.data.seq);
      assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b));
      socket.disconnect();
    }
    assert.equal((await message(chat, sent.body.id)).status, "read");
  });

  test("the same client id is the same message; with other content it is refused", async () => {
    const chat = await chatWith();
    const first = await send(chat, "once", { clientId: "same" });
    const copies = await Promise.all(Array.from({ length: 8 }, () => send(chat, "once", { clientId: "same" })));
    for (const copy of copies) assert.deepEqual([copy.status, copy.body.id], [200, first.body.id]);
    assert.equal((await send(chat, "other", { clientId: "same" })).status, 409);
    await until(async () => (await message(chat, first.body.id)).whatsappMessageId, "sent");
    assert.equal(graph.ledger.filter((p) => messageOf(p) === first.body.id).length, 1);
  });

  test("a number as people write it lands in the customer's own chat", async () => {
    const phone = customer();
    const sent = await server.post("/send-message", { receiverId: `+${phone.slice(0, 1)} ${phone.slice(1, 4)} ${phone.slice(4)}`, text: "hi" }, ana.token);
    assert.equal(sent.status, 201);
    await server.webhook(textMessage("wamid.back." + phone, phone, "hello back"));
    assert.equal((await server.messages(ana.token, sent.body.chatId)).length, 2);
  });

  test("surely refused is failed with plain words, and retry is another attempt of the same message", async () => {
    const chat = await chatWith();
    answer = ({ response }) => graphError(response, 131026);
    const sent = await send(chat, "will fail");
    const failed = await until(async () => ((await message(chat, sent.body.id)).status === "failed" ? message(chat, sent.body.id) : null), "failed");
    assert.equal(failed.error.code, 131026);
    assert.ok(failed.error.reason.length > 30);
    answer = null;
    const again = await server.post(`/messages/${sent.body.id}/retry`, {}, ben.token);
    assert.equal(again.status, 202);
    assert.deepEqual([again.body.id, again.body.attempt, again.body.status], [sent.body.id, 2, "sending"]);
    const row = await until(async () => ((await message(chat, sent.body.id)).status === "sent" ? message(chat, sent.body.id) : null), "sent");
    assert.equal(row.attempt, 2);
    assert.equal(row.error, null);
    assert.equal((await server.post(`/messages/${sent.body.id}/retry`, {}, ana.token)).status, 409);
    assert.equal((await server.messages(ana.token, chat)).length, 2);
  });

  test("surely not taken is tried again by itself", async () => {
    for (const code of [130429, 131056, 4, 80007]) {
      const chat = await chatWith();
      let tries = 0;
      answer = ({ response, accept }) => (++tries === 1 ? graphError(response, code) : accept());
      const sent = await send(chat, `limit ${code}`);
      const row = await until(async () => ((await message(chat, sent.body.id)).status === "sent" ? message(chat, sent.body.id) : null), `sent after ${code}`);
      assert.equal(tries, 2);
      assert.equal(row.attempt, 1);
      answer = null;
    }
  });

  test("anything else is unconfirmed, never sent again by itself, and healed by a status with our id", async () => {
    const doubts = {
      reset: ({ request }) => request.socket.destroy(),
      truncated: ({ response }) => (response.writeHead(200, { "content-length": "500" }), response.write('{"messages":['), response.socket.end()),
      "broken JSON": ({ response }) => response.end('{"messages":['),
      html: ({ response }) => (response.writeHead(502, { "content-type": "text/html" }), response.end("<html>")),
      "5xx": ({ response }) => graphError(response, 131000, 500),
      redirect: ({ response }) => (response.writeHead(302, { location: graph.url }), response.end()),
      "empty 200": ({ response }) => response.end("{}"),
    };
    for (const [name, act] of Object.entries(doubts)) {
      const chat = await chatWith();
      answer = act;
      const socket = await server.connected(ana.token);
      const sent = await send(chat, name);
      await until(() => socket.named("message_status_update").some((u) => u.messageId === sent.body.id && u.unconfirmed), `${name}: told`);
      answer = null;
      const row = await message(chat, sent.body.id);
      assert.deepEqual([row.status, row.unconfirmed], ["sending", true], name);
      assert.ok(row.error.reason.length > 20);
      assert.equal(graph.ledger.filter((p) => messageOf(p) === sent.body.id).length, 1, name);
      await server.webhook(statusUpdate(`wamid.healed.${name}`, "delivered", { biz_opaque_callback_data: sent.body.id }));
      const healed = await message(chat, sent.body.id);
      assert.deepEqual([healed.status, healed.unconfirmed, healed.whatsappMessageId], ["delivered", false, `wamid.healed.${name}`], name);
      socket.disconnect();
    }
  });

  test("a POST that hangs delays no other chat, and the order of a chat is kept", async () => {
    const [slow, quick] = [await chatWith(), await chatWith()];
    let release;
    answer = ({ body, accept }) => (body.to === `+${slow}` && body.text.body === "1" ? (release = accept) : accept());
    await send(slow, "1");
    await send(slow, "2");
    await until(() => release, "the hanging POST");
    const other = await send(quick, "me first");
    await until(async () => (await message(quick, other.body.id)).status === "sent", "the other chat");
    assert.equal(graph.ledger.filter((p) => p.body.to === `+${slow}`).length, 1);
    release();
    await until(() => graph.ledger.filter((p) => p.body.to === `+${slow}`).length === 2, "the second");
    assert.deepEqual(graph.ledger.filter((p) => p.body.to === `+${slow}`).map((p) => p.body.text.body), ["1", "2"]);
    answer = null;
  });

  test("the status webhook may come before Graph's answer", async () => {
    const chat = await chatWith();
    answer = async ({ response, body }) => {
      const wamid = "wamid.early." + chat;
      await server.webhook(statusUpdate(wamid, "delivered"));
      response.end(JSON.stringify({ messages: [{ id: wamid }], contacts: [{ input: body.to }] }));
    };
    const sent = await send(chat, "early");
    await until(async () => (await message(chat, sent.body.id)).status === "delivered", "delivered");
    answer = null;
  });

  test("a window that has closed takes no free text", async () => {
    const phone = customer();
    await server.webhook(textMessage("wamid.old." + phone, phone, "long ago", { timestamp: String(Math.floor(Date.now() / 1000) - 90_000) }));
    const refused = await send(phone, "too late");
    assert.deepEqual([refused.status, refused.body.code], [409, "window_closed"]);
  });
});

describe("pages and live", () => {
  test("pages neither skip nor repeat; around shows both sides; 200 is the most", async () => {
    const phone = await chatWith();
    for (let i = 0; i < 60; i++) await server.webhook(textMessage(`wamid.page.${phone}.${i}`, phone, `text ${i}`));
    const all = await server.messages(ana.token, phone);
    assert.equal(all.length, 61);
    const seen = [];
    for (let before = ""; ; ) {
      const { body } = await server.get(`/messages?chatId=${phone}&limit=7${before}`, ana.token);
      seen.unshift(...body.messages.map((m) => m.id));
      await server.webhook(textMessage(`wamid.meanwhile.${phone}.${seen.length}`, phone, "meanwhile"));
      if (!body.hasMore) break;
      before = `&before=${body.messages[0].seq}`;
    }
    assert.deepEqual(seen, all.map((m) => m.id));
    const middle = all[30];
    const around = (await server.get(`/messages?chatId=${phone}&around=${middle.seq}&limit=10`, ana.token)).body.messages;
    assert.ok(around.some((m) => m.id === middle.id) && around[0].seq < middle.seq && around.at(-1).seq > middle.seq);
    const after = (await server.get(`/messages?chatId=${phone}&after=${middle.seq}&limit=5`, ana.token)).body.messages;
    assert.equal(after[0].id, all[31].id);
    assert.equal((await server.get(`/messages?limit=5000`, ana.token)).body.messages.length, 200);
  });

  test("unread equals a recount and a read mark is told to its own user only", async () => {
    const phone = await chatWith();
    for (let i = 0; i < 5; i++) await server.webhook(textMessage(`wamid.unread.${phone}.${i}`, phone, "text"));
    const chat = async (who) => (await server.get("/chats", who.token)).body.chats.find((c) => c.id === phone);
    assert.equal((await chat(ana)).unread, 6);
    const [mine, other] = await Promise.all([server.connected(ana.token), server.connected(ben.token)]);
    const rows = await server.messages(ana.token, phone);
    assert.deepEqual(await mine.emitWithAck("read", { chatId: phone, upTo: rows[3].seq }), { ok: true });
    await until(() => mine.named("read_mark").length === 1, "the mark");
    assert.equal(mine.named("read_mark")[0].unread, 2);
    assert.equal((await chat(ana)).unread, 2);
    assert.equal((await chat(ben)).unread, 6);
    assert.equal((await server.post(`/chats/${phone}/read`, { upTo: rows[1].seq }, ana.token)).status, 204);
    assert.equal((await chat(ana)).unread, 2, "marks never go back");
    assert.equal(other.named("read_mark").length, 0);
    mine.disconnect();
    other.disconnect();
  });

  test("what was missed comes once and in order; other epoch, beyond the head or too much is a resync", async () => {
    const phone = await chatWith();
    const first = await server.connected(ana.token);
    const { epoch, head, events, userId } = first.named("sync")[0];
    assert.equal(userId, ana.user.id);
    assert.deepEqual(events, []);
    first.disconnect();
    for (let i = 0; i < 20; i++) await server.webhook(textMessage(`wamid.missed.${phone}.${i}`, phone, `missed ${i}`));
    const back = await server.connected(undefined, { auth: { token: ana.token, epoch, seq: head } });
    const sync = back.named("sync")[0];
    assert.equal(sync.resync, undefined);
    assert.deepEqual(sync.events.filter((e) => e.event === "new_message").map((e) => e.data.text), Array.from({ length: 20 }, (_, i) => `missed ${i}`));
    assert.ok(sync.events.every((e, i) => e.seq > head && (i === 0 || e.seq > sync.events[i - 1].seq)));
    assert.equal(back.events[0].name, "sync", "sync comes first");
    back.disconnect();
    for (const auth of [{ epoch: "other", seq: head }, { epoch, seq: 10_000_000 }]) {
      const lost = await server.connected(undefined, { auth: { token: ana.token, ...auth } });
      assert.equal(lost.named("sync")[0].resync, true);
      assert.deepEqual(lost.named("sync")[0].events, []);
      lost.disconnect();
    }
  });

  test("state by events equals state by reload while connections are cut at random", async () => {
    const phone = await chatWith();
    const joined = new Map();
    let epoch, seq;
    const socket = server.socket(undefined, { auth: (give) => give({ token: ana.token, ...(epoch && { epoch, seq }) }) });
    const apply = (name, data) => {
      if (data.seq <= seq) return;
      seq = data.seq;
      if (name === "new_message") joined.set(data.id, { ...data });
      if (name === "message_status_update" && joined.has(data.messageId)) Object.assign(joined.get(data.messageId), { status: data.status });
    };
    socket.on("sync", (sync) => {
      epoch ??= sync.epoch;
      seq ??= sync.head;
      assert.ok(!sync.resync);
      for (const event of sync.events) apply(event.event, event.data);
      seq = sync.head;
    });
    for (const name of ["new_message", "message_status_update", "message_update", "contact_update", "read_mark"]) socket.on(name, (data) => apply(name, data));
    await until(() => epoch, "sync");
    for (let i = 0; i < 60; i++) {
      await (i % 3 === 0 ? send(phone, `out ${i}`) : server.webhook(textMessage(`wamid.cut.${phone}.${i}`, phone, `in ${i}`)));
      if (i % 7 === 0) socket.io.engine?.transport.ws?.close();
    }
    await until(async () => {
      const rows = (await server.messages(ana.token, phone)).filter((row) => row.text !== "hello");
      return rows.every((row) => row.direction === "in" || row.status === "sent") && rows.length === 60 && rows.every((row) => joined.get(row.id)?.status === row.status);
    }, "the same state");
    socket.disconnect();
  });

  test("polling only and WebSocket only, by the stock client", async () => {
    for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
      const phone = customer();
      const socket = await server.connected(ben.token, { transports });
      await server.webhook(textMessage(`wamid.${transports}.${phone}`, phone, "hello"));
      await until(() => socket.named("new_message").some((m) => m.chatId === phone), `${transports}`);
      socket.disconnect();
    }
  });

  test("typing and viewing are relayed with who it really is", async () => {
    const [from, to] = await Promise.all([server.connected(ana.token), server.connected(ben.token)]);
    from.emit("typing", { chatId: "1", isTyping: true, userId: ben.user.id });
    from.emit("viewing", { chatId: "1" });
    await until(() => to.named("typing").length && to.named("viewing").length, "both");
    assert.deepEqual(to.named("typing")[0], { chatId: "1", userId: ana.user.id, isTyping: true });
    from.disconnect();
    await until(() => to.named("presence").some((p) => p.userId === ana.user.id && p.state === "offline"), "offline");
    to.disconnect();
  });
});

describe("page and process", () => {
  test("the page is compressed and cached", async () => {
    const page = await server.request("GET", "/c/anything", { headers: { "accept-encoding": "gzip" } });
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-security-policy"), /default-src 'none'/);
    const etag = page.headers.get("etag");
    assert.equal((await server.request("GET", "/", { headers: { "if-none-match": etag } })).status, 304);
    const asset = /\/assets\/[^"]+\.js/.exec(page.text)[0];
    const script = await fetch(server.url + asset, { headers: { "accept-encoding": "br" } });
    assert.match(script.headers.get("cache-control"), /immutable/);
    assert.equal(script.headers.get("content-encoding"), "br");
    const api = await server.get("/openapi.json");
    assert.ok(api.body.paths["/send-message"]);
  });

  test("nothing secret or personal is in the log", () => {
    for (const canary of [...Object.values(secrets), ana.token, "hello back", "15551000001", "password-of-ana"]) assert.ok(!server.child.log.includes(canary), canary);
  });
});
