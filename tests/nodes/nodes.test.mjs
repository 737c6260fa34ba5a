// Several servers on one MongoDB are one inbox, seen from outside.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { fakeGraph, inbox, messageOf, statusUpdate, textMessage, Tickwire, until } from "../lib/programs.mjs";
import { Redis } from "../lib/redis.mjs";

const takenOver = 30_000; // ms; a sender that shows nothing is taken for dead after 5 s, and the machine may be busy
const customer = (n) => `155500001${String(n).padStart(2, "0")}`;

// `count` servers, the first of which sends.
async function nodes({ count = 2, graph, redis, env = {} } = {}) {
  const all = [];
  for (let i = 0; i < count; ++i) {
    const server = await Tickwire.start({ graph: graph?.url, env: { ...(redis && { REDIS_URL: redis.url }), ...env }, beside: all[0] });
    all.push(server);
    if (i === 0) await until(() => /node: this server sends/.test(server.child.log), "the first node to send");
  }
  after(() => Promise.all(all.map((server) => (server.resume(), server.kill()))));
  return all;
}
const sends = (server) => server.child.log.split("\n").filter((line) => /node: (this|another) server sends/.test(line)).at(-1)?.includes("this server");
const logged = ["new_message", "message_status_update", "message_update", "chat_update", "contact_update", "read_mark"];
const heard = (socket) => socket.events.filter(({ name }) => logged.includes(name)).map(({ name, data }) => `${data.seq} ${name} ${JSON.stringify(data)}`);

describe("nodes with Redis", () => {
  let redis;
  const withRedis = async () => (redis ??= await Redis.start());
  after(() => redis?.stop());

  test("every event reaches the pages of all nodes, once and in order, whichever node it came to", async () => {
    const graph = await fakeGraph();
    after(() => graph.close());
    const [a, b, c] = await nodes({ count: 3, graph, redis: await withRedis() });
    const ana = await a.login("Ana");
    const ben = await b.login("Ben");
    const sockets = await Promise.all([a.connected(ana.token), b.connected(ben.token), c.connected(ana.token)]);
    for (let i = 0; i < 30; ++i) {
      const told = await [a, b, c][i % 3].webhook(textMessage(`wamid.every.${i}`, customer(i % 5), `text ${i}`));
      assert.equal(told.status, 200);
    }
    const sent = [];
    for (const [server, person] of [[a, ana], [b, ben], [c, ana]]) {
      const answer = await server.post("/send-message", { chatId: customer(0), text: "hello" }, person.token);
      assert.equal(answer.status, 201, answer.text);
      sent.push(answer.body.id);
    }
    await until(() => sockets.every((socket) => sent.every((id) => socket.named("message_status_update").some((told) => told.messageId === id && told.status === "sent"))), "sent, on all pages", { timeout: 20_000 });
    await until(() => new Set(sockets.map((socket) => socket.events.findLast(({ name }) => logged.includes(name)).data.seq)).size === 1, "all to have the same");
    const [first, ...others] = sockets.map(heard);
    assert.deepEqual(first.map((line) => Number(line.split(" ")[0])), first.map((line) => Number(line.split(" ")[0])).toSorted((x, y) => x - y), "in order");
    assert.equal(new Set(first.map((line) => line.split(" ").slice(0, 2).join(" "))).size, first.length, "once");
    for (const other of others) assert.deepEqual(other, first);
    assert.equal(sockets[0].named("new_message").length, 33);
    assert.deepEqual(graph.ledger.map(messageOf).toSorted(), sent.toSorted(), "one POST each");
    assert.deepEqual(await a.messages(ana.token), await c.messages(ana.token));
    assert.ok((await b.metric("tickwire_node_hints_total")) > 0, "by Redis, not only by looking each second");
    sockets.forEach((socket) => socket.close());
  });

  test("a page that comes back to another node goes on where it was, without loading anew", async () => {
    const [a, b] = await nodes({ redis: await withRedis() });
    const ana = await a.login("Ana");
    const before = await a.connected(ana.token);
    await redis.stop(); // so that b does not know yet what a has told
    await a.webhook(textMessage("wamid.back.1", customer(1), "one"));
    await until(() => before.named("new_message").length === 1, "the first");
    const { epoch } = before.named("sync")[0];
    const { seq } = before.events.findLast(({ name }) => logged.includes(name)).data;
    before.close();
    const back = b.socket(undefined, { auth: { token: ana.token, epoch, seq } });
    await until(() => back.named("sync").length > 0, "sync");
    assert.deepEqual([back.named("sync")[0].resync, back.named("sync")[0].events], [undefined, []]);
    assert.ok(back.named("sync")[0].head >= seq);
    await a.webhook(textMessage("wamid.back.2", customer(1), "two"));
    await until(() => back.named("new_message").length === 1, "the second, although Redis is away");
    assert.equal(back.named("new_message")[0].text, "two");
    back.close();
    await redis.launch();
  });

  test("who types, looks and is here is seen on all nodes; with a node its people go", async () => {
    const [a, b] = await nodes({ redis: await withRedis() });
    const ana = await a.login("Ana");
    const ben = await b.login("Ben");
    await a.webhook(textMessage("wamid.type.1", customer(1), "one"));
    const here = await a.connected(ana.token);
    const there = await b.connected(ben.token);
    await until(() => here.named("presence").some((told) => told.userId === ben.user.id && told.state === "online"), "Ben online for Ana");
    await until(async () => (await b.get("/users", ben.token)).body.users.every(({ online }) => online), "the list of users to say it, on the other node too");
    there.emit("typing", { chatId: customer(1), isTyping: true });
    there.emit("viewing", { chatId: customer(1) });
    await until(() => here.named("typing").length === 1 && here.named("viewing").length === 1, "typing and viewing");
    assert.deepEqual(here.named("typing")[0], { chatId: customer(1), userId: ben.user.id, isTyping: true });
    await b.kill();
    await until(() => here.named("presence").some((told) => told.userId === ben.user.id && told.state === "offline"), "Ben offline for Ana", { timeout: 30_000 });
    here.close();
    there.close();
  });

  test("what strangers say in Redis costs nothing but a look", async () => {
    const [a, b] = await nodes({ redis: await withRedis() });
    const ana = await a.login("Ana");
    const page = await b.connected(ana.token);
    const { epoch } = page.named("sync")[0];
    const junk = [["head", epoch, 9e18], ["head", epoch, -1], ["head", epoch, "many"], ["head"], ["head", 7, 8], ["people", epoch, "x", ["u_nobody", 7, null]],
      ["people", epoch, "", []], ["people", epoch, "y", "all"], ["people", "another log", "z", [ana.user.id]], ["people?"], [], null, "x".repeat(100_000)];
    for (const data of junk) await redis.publish(`tickwire:${inbox}-request#/#`, JSON.stringify({ uid: "stranger", type: 6, data }));
    await redis.publish(`tickwire:${inbox}-request#/#`, "{");
    const hints = await b.metric("tickwire_node_hints_total");
    for (let i = 0; i < 5; ++i) await a.webhook(textMessage(`wamid.junk.${i}`, customer(1), `text ${i}`));
    await until(() => page.named("new_message").length === 5, "all that is true");
    assert.ok((await b.metric("tickwire_node_hints_total")) > hints, "and the servers still hear each other");
    page.close();
  });

  test("logging out on one node ends the connection to the other", async () => {
    const [a, b] = await nodes({ redis: await withRedis() });
    const ana = await a.login("Ana");
    const there = await b.connected(ana.token);
    assert.equal((await a.post("/logout", undefined, ana.token)).status, 204);
    await until(() => !there.connected, "the socket on the other node to end");
    there.close();
  });
});

describe("who sends", () => {
  test("a message that is accepted by a node which does not send goes out all the same", async () => {
    const graph = await fakeGraph();
    after(() => graph.close());
    const [a, b] = await nodes({ graph });
    const ben = await b.login("Ben");
    await a.webhook(textMessage("wamid.other.1", customer(1), "one"));
    await until(async () => (await b.messages(ben.token)).length === 1, "b to know the chat");
    const page = await b.connected(ben.token);
    const { body } = await b.post("/send-message", { chatId: customer(1), text: "from b" }, ben.token);
    await until(() => page.named("message_status_update").some((told) => told.messageId === body.id && told.status === "sent"), "sent");
    assert.equal(graph.ledger.length, 1);
    assert.ok(sends(a) && !sends(b));
    page.close();
  });

  test("when the sender is killed another node sends, and what was in doubt is sent to nobody twice", async () => {
    const held = [];
    const graph = await fakeGraph(({ body, accept }) => (body.text.body.startsWith("held") ? held.push(body) : accept()));
    after(() => graph.close());
    const [a, b] = await nodes({ graph });
    const ana = await b.login("Ana");
    for (let i = 0; i < 4; ++i) await b.webhook(textMessage(`wamid.kill.${i}`, customer(i), "hello"));
    const ids = {};
    const send = async (chat, text) => {
      const answer = await b.post("/send-message", { chatId: customer(chat), text }, ana.token);
      assert.equal(answer.status, 201, answer.text);
      ids[text] = answer.body.id;
    };
    await send(0, "held 0");
    await send(1, "held 1");
    await until(() => held.length === 2, "two under way", { timeout: 20_000 });
    await send(0, "behind it");
    await a.kill();
    await send(2, "afterwards");
    const row = async (text) => (await b.messages(ana.token)).find(({ id }) => id === ids[text]);
    await until(async () => (await row("afterwards")).status === "sent" && (await row("behind it")).status === "sent", "the other node to send", { timeout: takenOver });
    for (const text of ["held 0", "held 1"]) {
      const message = await row(text);
      assert.deepEqual([message.status, message.unconfirmed], ["sending", true], text);
    }
    const posts = graph.ledger.map(messageOf);
    assert.equal(new Set(posts).size, posts.length, "no message twice");
    assert.ok(sends(b));
    // It had arrived.
    await b.webhook(statusUpdate("wamid.late.0", "delivered", { recipient_id: customer(0), biz_opaque_callback_data: `${ids["held 0"]}:1` }));
    await until(async () => (await row("held 0")).status === "delivered", "the status to heal it");
  });

  test("a sender that sleeps longer than the others wait, and wakes, harms nothing", async () => {
    let hold = true;
    const held = [];
    const graph = await fakeGraph(({ body, accept }) => (hold && body.text.body === "held" ? held.push(accept) : accept()));
    after(() => graph.close());
    const [a, b] = await nodes({ graph });
    const ana = await b.login("Ana");
    for (let i = 0; i < 3; ++i) await b.webhook(textMessage(`wamid.sleep.${i}`, customer(i), "hello"));
    const send = async (chat, text) => (await b.post("/send-message", { chatId: customer(chat), text }, ana.token)).body.id;
    const first = await send(0, "held");
    await until(() => held.length === 1, "one under way", { timeout: 20_000 });
    a.pause();
    const others = [];
    for (let i = 0; i < 6; ++i) others.push(await send(i % 3, `while it sleeps ${i}`));
    const rows = async () => new Map((await b.messages(ana.token)).map((message) => [message.id, message]));
    await until(async () => {
      const now = await rows();
      return others.every((id) => now.get(id).status === "sent");
    }, "the other node to send", { timeout: takenOver });
    assert.equal((await rows()).get(first).unconfirmed, true);
    a.resume();
    hold = false;
    const wamid = held[0](); // Graph answers the one who slept, and it knows more than the one that doubted
    await until(() => /another server sends now/.test(a.child.log), "it to hear of it");
    await until(async () => (await rows()).get(first).status === "sent", "the answer to count");
    assert.equal((await rows()).get(first).whatsappMessageId, wamid);
    const more = [await send(0, "after it woke"), await send(1, "and another")];
    await until(async () => {
      const now = await rows();
      return more.every((id) => now.get(id).status === "sent");
    }, "sent");
    const posts = graph.ledger.map(messageOf);
    assert.equal(posts.length, new Set(posts).size, "no message twice");
    assert.ok(sends(b) && !sends(a));
  });

  test("a sender that stops hands over at once", async () => {
    const graph = await fakeGraph();
    after(() => graph.close());
    const [a, b] = await nodes({ graph });
    await a.kill("SIGTERM");
    await until(() => sends(b), "the other node to send", { timeout: 4_000 });
  });

  test("all nodes say why nothing is sent", async () => {
    const graph = await fakeGraph(({ response }) => {
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: "(#190) token", type: "OAuthException", code: 190 } }));
    });
    after(() => graph.close());
    const [a, b] = await nodes({ graph });
    const ben = await b.login("Ben");
    await a.webhook(textMessage("wamid.pause.1", customer(1), "one"));
    const page = await b.connected(ben.token);
    await until(async () => (await b.messages(ben.token)).length === 1, "b to know the chat");
    await b.post("/send-message", { chatId: customer(1), text: "not now" }, ben.token);
    await until(() => page.named("service_state").some(({ sending }) => sending.state === "paused"), "the page of the other node to say it", { timeout: 20_000 });
    page.close();
  });
});
