// Cases that users of other inboxes reported, posted to a running server: what each must look like (tests/fixtures/webhooks/reports).
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { Tickwire, fakeGraph, inbox, until } from "../lib/programs.mjs";

const folder = new URL("../fixtures/webhooks/reports/", import.meta.url);
const run = "R7";
const rr = "42";
const seconds = () => Math.floor(Date.now() / 1000);

let server, graph, ana;
let answerWaId; // what Graph calls the addressee of the next send
before(async () => {
  graph = await fakeGraph(({ accept }) => accept({ waId: answerWaId }));
  server = await Tickwire.start({ graph: graph.url });
  ana = await server.login("Ana");
});
after(async () => {
  await server.kill();
  graph.close();
});

// An id as WhatsApp makes them: base64 of the scope it is in and a token.
const wamid = (who, token) =>
  `wamid.${Buffer.concat([Buffer.from([0x1c, 0x18, who.length]), Buffer.from(who), Buffer.from([0x15, 0x02, 0x00, 0x12, 0x18, token.length]), Buffer.from(token), Buffer.from([0])]).toString("base64")}`;

function filled(file, out = "") {
  return readFileSync(new URL(file, folder), "utf8")
    .replaceAll("{RUN}", run)
    .replaceAll("{RR}", rr)
    .replaceAll("{OUT}", out)
    .replaceAll(/\{NOW([+-]\d+)?\}/g, (_, shift) => String(seconds() + Number(shift ?? 0)))
    .replaceAll(/\{WAMID:([^:}]+):in:([^}]+)\}/g, (_, who, token) => wamid(who, token));
}

// The bodies of a case in their order, or those named.
async function post(number, { only, out } = {}) {
  const files = readdirSync(folder).filter((name) => name.startsWith(`${number}-`) && (!only || only.some((n) => name.endsWith(`.${n}.json`)))).sort();
  assert.ok(files.length > 0, `case ${number}`);
  for (const file of files) assert.equal((await server.webhook(filled(file, out))).status, 200, file);
}
const all = () => server.messages(ana.token);
const byWamid = async (id) => (await all()).filter((message) => message.whatsappMessageId === id);
const one = async (id) => {
  const found = await byWamid(id);
  assert.equal(found.length, 1, `${id}: ${found.length}`);
  return found[0];
};
const chats = async () => (await server.get("/chats?limit=200", ana.token)).body.chats;
const chat = async (id) => (await chats()).find((each) => each.id === id);
const send = async (body) => {
  const sent = await server.post("/send-message", body, ana.token);
  assert.equal(sent.status, 201, `${JSON.stringify(body)}: ${sent.text}`);
  return sent.body;
};
const wamidOf = (message) => until(async () => (await all()).find((each) => each.id === message.id)?.whatsappMessageId, "Graph's answer");

test("01: both forms of a Brazilian number are one chat with the profile's name", async () => {
  await post("01");
  const [first, second] = [await one(`wamid.peer.${run}.01a`), await one(`wamid.peer.${run}.01b`)];
  assert.equal(first.chatId, second.chatId);
  assert.equal((await chat(first.chatId)).title, "Lia Torres");
});

test("without a body: we write first to the long form, Graph names the short one, and the answer from there is in our chat", async () => {
  answerWaId = "551187770001";
  const sent = await send({ receiverId: "+55 11 98777-0001", text: "Olá" });
  await wamidOf(sent);
  answerWaId = undefined;
  const body = filled("01-brazil-wa-id-differs.2.json").replaceAll(/5531877701\d\d/g, "551187770001").replaceAll(".01b", ".01z");
  assert.equal((await server.webhook(body)).status, 200);
  assert.equal((await one(`wamid.peer.${run}.01z`)).chatId, sent.chatId);
});

test("03: a number as Mexicans write it leads to the chat with WhatsApp's form", async () => {
  await post("03");
  const received = await one(`wamid.peer.${run}.03a`);
  assert.equal((await send({ receiverId: `+52 55 7777 03${rr}`, text: "Sí" })).chatId, received.chatId);
});

test("05: who is named beside the message only is its sender", async () => {
  await post("05");
  const { chatId } = await one(`wamid.peer.${run}.05a`);
  assert.equal((await chat(chatId)).title, "Mika Sol");
});

test("07: two chats turn out to be one person: one chat, nothing lost, the old address still leads there", async () => {
  await post("07", { only: [1, 2] });
  const [byNumber, byName] = [await one(`wamid.peer.${run}.07a`), await one(`wamid.peer.${run}.07b`)];
  assert.notEqual(byNumber.chatId, byName.chatId);
  for (const text of ["one", "two"]) await send({ chatId: byNumber.chatId, text }); // so that this chat stays
  const asked = { chatId: byName.chatId, text: "three", clientId: `07-${run}` };
  const sent = await send(asked);
  await post("07", { only: [3] });
  const again = await server.post("/send-message", asked, ana.token);
  assert.equal(again.status, 200, "the same request again is the same message");
  assert.equal(again.body.id, sent.id);
  const three = await Promise.all(["a", "b", "c"].map((mark) => one(`wamid.peer.${run}.07${mark}`)));
  assert.equal(new Set(three.map((message) => message.chatId)).size, 1);
  const { chatId } = three[0];
  assert.equal((await chats()).filter((each) => each.title === "Ivo Brandt").length, 1);
  assert.equal((await chat(chatId)).unread, 3);
  const addresses = [byNumber.chatId, byName.chatId];
  for (const id of addresses) assert.equal((await server.messages(ana.token, id)).length, 6, "by either address");
  for (const id of addresses) assert.equal((await send({ chatId: id, text: `to ${id}` })).chatId, chatId);
});

test("10: the notice of a changed number comes late: one chat in the end", async () => {
  await post("10");
  const four = await Promise.all(["a", "b", "c", "d"].map((mark) => one(`wamid.peer.${run}.10${mark}`)));
  assert.equal(new Set(four.map((message) => message.chatId)).size, 1);
  assert.equal((await chats()).filter((each) => each.title === "Ada Kern").length, 1);
});

test("17: the echo of what we sent is the same message, after Graph's answer and before it", async () => {
  await post("17", { only: [1] });
  const { chatId } = await one(`wamid.peer.${run}.17a`);
  const sent = await send({ chatId, text: "sent once" });
  await post("17", { only: [2], out: await wamidOf(sent) });
  assert.deepEqual((await server.messages(ana.token, chatId)).map((message) => message.text), ["hello", "sent once"]);

  // Before: the echo is here while Graph's answer is still on its way.
  let release;
  const held = await fakeGraph(({ accept }) => (release = () => accept({ wamid: `wamid.early.${run}` })));
  const other = await Tickwire.start({ graph: held.url });
  const { token } = await other.login("Ana");
  assert.equal((await other.webhook(filled("17-echo-of-own-send.1.json"))).status, 200);
  await other.post("/send-message", { chatId, text: "sent once" }, token);
  await until(() => release, "the POST");
  assert.equal((await other.webhook(filled("17-echo-of-own-send.2.json", `wamid.early.${run}`))).status, 200);
  release();
  await until(async () => {
    const texts = (await other.messages(token, chatId)).map((message) => `${message.text} ${message.status}`);
    return texts.length === 2 && texts[1] === "sent once sent";
  }, "one message");
  await other.kill();
  held.close();
});

test("23: a button with only a payload says which one", async () => {
  await post("23");
  const texts = await Promise.all(["a", "b", "c"].map(async (mark) => (await one(`wamid.peer.${run}.23${mark}`)).text));
  assert.match(texts[0], /Confirm visit on Tuesday/);
  assert.match(texts[1], /No thanks/);
  assert.match(texts[2], /Yes/);
});

test("25: a form's answers can be read as names and values", async () => {
  await post("25");
  const [answers, broken, object] = await Promise.all(["a", "b", "c"].map(async (mark) => (await one(`wamid.peer.${run}.25${mark}`)).text));
  assert.match(answers, /rating.*very good/is);
  assert.match(answers, /comment.*quick delivery/is);
  assert.doesNotMatch(answers, /tok-1/, "the token is no answer");
  assert.notEqual(broken, "");
  assert.match(object, /city.*Lund/is);
});

test("29: an order says what and how much", async () => {
  await post("29");
  const { text } = await one(`wamid.peer.${run}.29a`);
  for (const part of [/3 .*hex-white-20/, /2 .*grout-grey-5kg/, /57\.3/]) assert.match(text, part);
});

test("37: a payment that failed is no message that failed; its state can be read", async () => {
  await post("37", { only: [1] });
  const { chatId } = await one(`wamid.peer.${run}.37a`);
  const sent = await send({ chatId, text: "Please pay here" });
  const out = await wamidOf(sent);
  await post("37", { only: [2, 3, 4], out });
  const messages = await server.messages(ana.token, chatId);
  assert.equal(messages.find((message) => message.id === sent.id).status, "sent");
  const lines = messages.map((message) => message.text).join("\n");
  for (const state of [/pending/i, /failed/i, /paid|captured/i]) assert.match(lines, state);
});

test("71: an id of the other scope quotes the same message, if it is the same person's", async () => {
  await post("71");
  const asked = await one(wamid(`1555710${rr}01`, `AC${run}0000000000000101`));
  const quoting = await one(wamid(`US.80010000000000${rr}01`, `AC${run}0000000000000102`));
  assert.equal(quoting.replyTo.messageId, asked.id);
  const stranger = await one(wamid(`1555710${rr}02`, `AC${run}0000000000000103`));
  assert.equal(stranger.replyTo?.messageId, undefined);
});

test("74: message_echoes is an echo: ours, visible, the answer in the same chat", async () => {
  await post("74");
  const [echo, answer] = [await one(`wamid.rep.${run}.74a`), await one(`wamid.rep.${run}.74b`)];
  assert.equal(echo.direction, "out");
  assert.equal(answer.chatId, echo.chatId);
});

test("79: a name that nobody can see gives way to the number, and none turns the row around", async () => {
  await post("79");
  const nobody = await chat((await one(`wamid.rep.${run}.79a`)).chatId);
  assert.ok(nobody.title.replace(/\D/g, "").endsWith(`790${rr}01`), nobody.title);
  const turned = await chat((await one(`wamid.rep.${run}.79b`)).chatId);
  assert.doesNotMatch(turned.title, /[\u202a-\u202e\u2066-\u2069]/);
  assert.notEqual(turned.title, "");
});

test("80: a message dated in the future harms nothing", async () => {
  await post("80");
  const [ahead, honest, later] = await Promise.all(["a", "b", "c"].map((mark) => one(`wamid.rep.${run}.80${mark}`)));
  assert.ok(Date.parse(ahead.createdAt) <= Date.now() + 1_000, ahead.createdAt);
  assert.ok(honest.seq > ahead.seq);
  const rows = await chats();
  assert.ok(Date.parse(rows.find((each) => each.id === ahead.chatId).windowEndsAt) <= Date.now() + 24 * 3600_000 + 1_000);
  assert.equal(rows.find((each) => each.id === ahead.chatId).lastMessage.id, honest.id);
  assert.ok(rows.findIndex((each) => each.id === later.chatId) < rows.findIndex((each) => each.id === ahead.chatId), "the later one stands above");
});

test("without a body: half a surrogate pair in a text that a page sends is taken as U+FFFD", async () => {
  const { chatId } = await one(`wamid.peer.${run}.01a`);
  const answer = await server.request("POST", "/send-message", { token: ana.token, body: `{"chatId":${JSON.stringify(chatId)},"text":"cut \\ud83d here"}` });
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.body.text, "cut \ufffd here");
});

test("without a body: the list carries a preview of a text of 65,536 characters, the chat all of it", async () => {
  const body = filled("74-message-echoes-field.2.json").replace("Yes! One moment", "x".repeat(65_536)).replace(".74b", ".long");
  assert.equal((await server.webhook(body)).status, 200);
  const { chatId } = await one(`wamid.rep.${run}.long`);
  const { lastMessage } = await chat(chatId);
  assert.equal(lastMessage.textTruncated, true);
  assert.ok(lastMessage.text.length <= 1_000, String(lastMessage.text.length));
  assert.equal((await one(`wamid.rep.${run}.long`)).text.length, 65_536);
});

test("all of it is of our number", () => assert.ok(readdirSync(folder).filter((name) => name.endsWith(".json")).every((name) => filled(name).includes(inbox))));
