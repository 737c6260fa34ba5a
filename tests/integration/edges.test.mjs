// The contract's edges: where two readings of a sentence meet, and where input is odd but right.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { Tickwire, fakeGraph, graphError, messageOf, sign, statusUpdate, textMessage, until } from "../lib/programs.mjs";

let server, graph, ana, ben;
let answer = null;
before(async () => {
  graph = await fakeGraph((call) => (answer ? answer(call) : call.accept()));
  server = await Tickwire.start({ graph: graph.url, env: { CORS_ORIGINS: "https://allowed.example", PUBLIC_URL: "http://inbox.example" } });
  ana = await server.login("Ana");
  ben = await server.login("Ben");
});
after(async () => {
  await server.kill();
  graph.close();
});

let counter = 0;
const customer = () => `1555400${String(++counter).padStart(4, "0")}`;
const longAgo = () => String(Math.floor(Date.now() / 1000) - 90_000);
async function chatWith(phone = customer()) {
  assert.equal((await server.webhook(textMessage(`wamid.first.${phone}`, phone, "hello"))).status, 200);
  return phone;
}
const send = (chatId, text, more = {}) => server.post("/send-message", { chatId, text, ...more }, ana.token);
const message = async (chatId, id) => (await server.messages(ana.token, chatId)).find((row) => row.id === id);
// `count` texts in one body, each of `length` characters.
function batch(name, phone, count, length) {
  const body = textMessage(name, phone, "");
  const value = body.entry[0].changes[0].value;
  value.messages = Array.from({ length: count }, (_, i) => ({ ...value.messages[0], id: `${name}.${i}`, text: { body: `${i} `.padEnd(length, "y") } }));
  return body;
}

describe("requests", () => {
  test("numbers beyond all bounds are the bound; a page limit is a positive number", async () => {
    const phone = await chatWith();
    const huge = "9".repeat(30);
    assert.equal((await server.get(`/messages?chatId=${phone}&limit=${huge}`, ana.token)).body.messages.length, 1);
    assert.equal((await server.get(`/messages?chatId=${phone}&before=${huge}`, ana.token)).body.messages.length, 1);
    assert.equal((await server.get(`/messages?chatId=${phone}&after=${huge}`, ana.token)).body.messages.length, 0);
    for (const limit of ["0", "-1", "1.5", "1e2", "abc", "", "%205", "0x10"])
      for (const path of ["/messages", "/chats", "/contacts"]) assert.equal((await server.get(`${path}?limit=${limit}`, ana.token)).status, 400, `${path} ${limit}`);
  });

  test("a login without name or password is no login attempt", async () => {
    for (const body of ["{}", '{"username":"Ana"}', '{"username":"Ana","password":null}', '{"username":1,"password":"x"}', "[]", "null", '"Ana"', "{", ""])
      assert.equal((await server.post("/login", body)).status, 400, body);
    assert.equal((await server.post("/login", { username: "Ana", password: "" })).status, 401);
  });

  test("the scheme's name has no case; the cookie of a foreign page logs nobody in or out", async () => {
    for (const scheme of ["Bearer", "bearer", "BEARER"])
      assert.equal((await server.request("GET", "/me", { headers: { authorization: `${scheme} ${ana.token}` } })).status, 200, scheme);
    const { cookie } = await server.login("Ben");
    const login = { username: "Ben", password: "password-of-ben" };
    for (const origin of ["https://evil.example", "null", `${server.url}.evil.example`]) {
      assert.equal((await server.post("/login", login, undefined, { cookie, origin })).status, 403, origin);
      assert.equal((await server.post("/logout", {}, undefined, { cookie, origin })).status, 403, origin);
    }
    for (const origin of [server.url, "http://inbox.example", "https://allowed.example"])
      assert.equal((await server.post("/login", login, undefined, { cookie, origin })).status, 200, origin);
    const again = await server.login("Ben"); // each login has ended the session before it
    const socket = server.socket(undefined, { auth: {}, reconnection: false, extraHeaders: { cookie: again.cookie, origin: "http://inbox.example" } });
    await once(socket, "connect");
    socket.disconnect();
  });

  test("numbers as people write them are one chat, the customer's own; without a country they are nobody's", async () => {
    const phone = await chatWith("491701234567");
    for (const written of ["+49 170 1234567", "0049 170 1234567", "+49 (0)170 123-45 67", "+49\u00a0170\u00a01234567", "\u202a+49 170 1234567\u202c", "+49 170\u20111234567", "tel:+491701234567", "491701234567"]) {
      const sent = await server.post("/send-message", { receiverId: written, text: written }, ana.token);
      assert.deepEqual([sent.status, sent.body.chatId, sent.body.receiverId], [201, phone, phone], written);
    }
    assert.equal((await server.post("/send-message", { receiverId: "0170 1234567", text: "x" }, ana.token)).status, 404);
    assert.equal((await server.post("/contacts", { phone: "0170 1234567" }, ana.token)).status, 400);
  });

  test("a person is found by user id too; a number that went to somebody else opens a chat of its own", async () => {
    const [before_, now] = [customer(), customer()];
    await server.webhook({ ...textMessage("wamid.u1", before_, "I am A", { from_user_id: "US.A1" }) });
    const byUserId = await server.post("/send-message", { receiverId: "US.A1", text: "hi" }, ana.token);
    assert.equal(byUserId.body.chatId, before_);
    // A has another number now.
    await server.webhook(textMessage("wamid.u2", before_, "", { type: "system", from_user_id: "US.A1", system: { type: "user_changed_number", body: "changed", wa_id: now, user_id: "US.A2", previous_user_id: "US.A1" } }));
    assert.equal((await server.post("/send-message", { receiverId: `+${now}`, text: "hi" }, ana.token)).body.chatId, before_);
    const other = await server.post("/send-message", { receiverId: `+${before_}`, text: "hi" }, ana.token);
    assert.equal(other.status, 201);
    assert.notEqual(other.body.chatId, before_, "two people never share an id");
  });
});

describe("messages", () => {
  test("an inbound message is delivered, and read once somebody of the team has read it; everybody is told", async () => {
    const phone = await chatWith();
    await server.webhook(textMessage(`wamid.second.${phone}`, phone, "and more"));
    const [first, second] = await server.messages(ana.token, phone);
    assert.equal(first.status, "delivered");
    assert.ok(first.statusTimes.delivered);
    const socket = await server.connected(ben.token);
    assert.equal((await server.post(`/chats/${phone}/read`, { upTo: first.seq }, ana.token)).status, 204);
    await until(() => socket.named("message_status_update").some((u) => u.messageId === first.id && u.status === "read"), "the status");
    const rows = await server.messages(ana.token, phone);
    assert.deepEqual(rows.map((row) => row.status), ["read", "delivered"]);
    assert.ok(rows[0].statusTimes.read);
    assert.equal(rows[0].seq, first.seq);
    assert.equal((await server.post(`/chats/${phone}/read`, { upTo: second.seq }, ben.token)).status, 204);
    assert.deepEqual((await server.messages(ana.token, phone)).map((row) => row.status), ["read", "read"]);
    assert.deepEqual(socket.named("read_mark").map((mark) => [mark.userId, mark.upTo]), [[ben.user.id, second.seq]], "a mark is its user's own");
    socket.disconnect();
  });

  test("retry: 404 for what is not there, 409 for what did not fail, one attempt for many at once", async () => {
    const phone = await chatWith();
    const [inbound] = await server.messages(ana.token, phone);
    assert.equal((await server.post(`/messages/${inbound.id}/retry`, {}, ana.token)).status, 409);
    answer = ({ response }) => graphError(response, 131026);
    const sent = await send(phone, "fails");
    await until(async () => (await message(phone, sent.body.id)).status === "failed", "failed");
    answer = null;
    const retries = await Promise.all(Array.from({ length: 8 }, (_, i) => server.post(`/messages/${sent.body.id}/retry`, {}, i % 2 ? ana.token : ben.token)));
    for (const retry of retries) assert.ok(retry.status === 202 || retry.status === 409, String(retry.status));
    await until(async () => (await message(phone, sent.body.id)).status === "sent", "sent");
    assert.equal((await message(phone, sent.body.id)).attempt, 2);
    assert.equal(graph.ledger.filter((p) => messageOf(p) === sent.body.id).length, 2);
  });

  test("what was accepted while the window was open is answered again after it closed; nothing new is", async () => {
    const phone = customer();
    const sent = await server.post("/send-message", { receiverId: `+${phone}`, text: "in time", clientId: "in-time" }, ana.token);
    assert.equal(sent.status, 201);
    await server.webhook(textMessage(`wamid.old.${phone}`, phone, "long ago", { timestamp: longAgo() }));
    const again = await send(phone, "in time", { clientId: "in-time" });
    assert.deepEqual([again.status, again.body.id], [200, sent.body.id]);
    assert.equal((await send(phone, "other", { clientId: "in-time" })).body.code, "client_id_reused");
    assert.equal((await send(phone, "new")).body.code, "window_closed");
  });

  test("the same clientId sixteen times at once is one message and one POST", async () => {
    const phone = await chatWith();
    const all = await Promise.all(Array.from({ length: 16 }, () => send(phone, "at once", { clientId: "at-once" })));
    assert.deepEqual(all.map((one) => one.status).sort(), [...Array(15).fill(200), 201]);
    assert.equal(new Set(all.map((one) => one.body.id)).size, 1);
    await until(async () => (await message(phone, all[0].body.id)).status === "sent", "sent");
    assert.equal(graph.ledger.filter((p) => messageOf(p) === all[0].body.id).length, 1);
    assert.equal((await server.post("/send-message", { chatId: phone, text: "Ben's", clientId: "at-once" }, ben.token)).status, 201, "unique per user");
  });

  test("a POST that hangs is given up within 30 s, however slowly it trickles", { timeout: 60_000 }, async () => {
    const [silent, trickling] = [await chatWith(), await chatWith()];
    let drip;
    answer = ({ body, response }) => {
      if (body.to !== `+${trickling}`) return;
      response.writeHead(200, { "content-length": "1000" });
      drip = setInterval(() => response.write(" "), 500);
    };
    const started = Date.now();
    const sent = [await send(silent, "?"), await send(trickling, "?")];
    for (const one of sent) await until(async () => (await message(one.body.chatId, one.body.id)).unconfirmed, "given up", { timeout: 30_000 - (Date.now() - started) });
    clearInterval(drip);
    answer = null;
  });
});

describe("webhook", () => {
  test("whatever is signed and JSON is taken: deep, with half characters, of no known shape", async () => {
    const phone = customer();
    for (const body of ["null", "5", '"x"', "[]", "{}", '{"entry":5}', '{"entry":[5,null,{"changes":[1]}]}', "[".repeat(5000) + "]".repeat(5000)]) assert.equal((await server.webhook(body)).status, 200, body.slice(0, 40));
    for (const body of ["", "{", "{} x", '{"a":1,}', "{'a':1}", "[".repeat(5000)]) assert.equal((await server.webhook(body)).status, 400, body.slice(0, 40));
    const half = JSON.stringify(textMessage(`wamid.half.${phone}`, phone, "cut")).replace('"cut"', '"cut \\ud83d"');
    assert.equal((await server.webhook(half)).status, 200);
    assert.equal((await server.messages(ana.token, phone))[0].text, "cut \ufffd");
    assert.equal((await server.webhook(`{"x":"${"y".repeat(4 * 1024 * 1024 - 8)}"}`)).status, 200, "4 MiB is not over 4 MiB");
  });

  test("200 connections from one address at once", async () => {
    const phone = customer();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => server.webhook(textMessage(`wamid.many.${i}`, phone, `text ${i}`))));
    for (const one of answers) assert.equal(one.status, 200);
    assert.equal((await server.messages(ana.token, phone)).length, 200);
  });
});

describe("sync", () => {
  let place = 0;
  const syncOf = async (auth, options = {}) => {
    const socket = server.socket(undefined, { auth: { token: ana.token, ...auth }, reconnection: false, ...options });
    const [sync] = await Promise.race([once(socket, "sync"), once(socket, "disconnect").then(([why]) => Promise.reject(new Error(why)))]);
    assert.equal(socket.events[0].name, "sync", "first of all");
    socket.disconnect();
    return sync;
  };

  test("up to 1,000 are replayed, however long; more, another epoch or a seq beyond the head is a resync", { timeout: 60_000 }, async () => {
    const phone = await chatWith();
    const { epoch, head } = await syncOf({});
    for (let i = 0; i < 4; i++) assert.equal((await server.webhook(batch(`wamid.b${place++}`, phone, 250, 4096))).status, 200);
    for (const transports of [["websocket"], ["polling"]]) {
      const exactly = await syncOf({ epoch, seq: head }, { transports });
      // Beside the messages their chat tells that its window moved, which does not count.
      const told = exactly.events.filter((event) => event.event !== "chat_update");
      assert.deepEqual([told.length, exactly.resync], [1000, undefined]);
      assert.ok(told.every((event) => event.event === "new_message"));
      exactly.events.forEach((event, i) => assert.deepEqual([event.seq, event.data.seq], [head + 1 + i, head + 1 + i]));
    }
    const { events, head: now } = await syncOf({ seq: head });
    assert.equal(events.at(-1).seq, now, "a seq alone is of this epoch");
    for (const auth of [{ epoch, seq: head - 1 }, { epoch, seq: now + 1 }, { epoch: "other", seq: head }, { epoch: "other" }, { epoch: 5, seq: head }, { epoch, seq: -1 }, { epoch, seq: "1" }, { seq: now + 1 }]) {
      const sync = await syncOf(auth);
      assert.deepEqual([sync.resync, sync.events, sync.epoch, sync.head], [true, [], epoch, now], JSON.stringify(auth));
    }
    for (const auth of [{ epoch, seq: now }, { epoch }, {}]) {
      const sync = await syncOf(auth);
      assert.deepEqual([sync.resync, sync.events], [undefined, []], JSON.stringify(auth));
    }
  });

  test("what happens while a client is told what it missed comes after it, once", { timeout: 60_000 }, async () => {
    const phone = await chatWith();
    const { epoch, head } = await syncOf({});
    assert.equal((await server.webhook(batch(`wamid.b${place++}`, phone, 600, 1000))).status, 200);
    const socket = server.socket(undefined, { auth: { token: ana.token, epoch, seq: head } });
    const live = Promise.all(Array.from({ length: 300 }, (_, i) => server.webhook(textMessage(`wamid.meanwhile.${i}`, phone, `live ${i}`))));
    for (const done of await live) assert.equal(done.status, 200);
    const logged = new Set(["new_message", "chat_update"]);
    const seen = () => [...socket.named("sync").flatMap((sync) => sync.events.map((event) => event.data)), ...socket.events.filter((event) => logged.has(event.name)).map((event) => event.data)];
    await until(() => seen().filter((data) => data.text).length >= 900, "all");
    assert.equal(socket.named("sync").length, 1);
    assert.deepEqual(seen().map((data) => data.seq), seen().map((_, i) => head + 1 + i));
    socket.disconnect();
  });

  test("a colleague who comes and goes is told with when", async () => {
    const socket = await server.connected(ana.token);
    const [first, second] = [await server.connected(ben.token), await server.connected(ben.token)];
    await until(() => socket.named("presence").length === 1, "online");
    first.disconnect();
    second.disconnect();
    await until(() => socket.named("presence").length === 2, "offline");
    assert.deepEqual(socket.named("presence").map((told) => [told.userId, told.state]), [[ben.user.id, "online"], [ben.user.id, "offline"]]);
    for (const told of socket.named("presence")) assert.match(told.lastSeen, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    socket.disconnect();
  });
});

test("wrong passwords: many are free, then it takes waiting, with when", async () => {
  await server.addUser("Dora", "password-of-dora");
  const tried = [];
  for (let i = 0; i < 25; i++) tried.push(await server.post("/login", { username: "Dora", password: "wrong" }));
  assert.ok(tried.slice(0, 20).every((one) => one.status === 401));
  const waits = tried.filter((one) => one.status === 429);
  assert.ok(waits.length > 0);
  assert.ok(Number(waits[0].headers.get("retry-after")) > 0);
  assert.equal((await server.post("/login", { username: "Dora", password: "password-of-dora" })).status, 429);
});
