import { expect, test } from "vitest";
import { addChats, addPage, applyEvent, chatsInOrder, emptyInbox, setPresence, setTyping } from "@/state/inbox";
import { forgetPending, joinStorageEvent, keepPending, nextToSend, readOutbox, type Pending } from "@/state/outbox";
import type { Storage } from "@/state/storage";
import { parseChat, parseEvent, parseMessage, type Message } from "@/types/wire";

const inbound = (id: string, seq: number, chatId = "15550000101"): Message => ({
  id, chatId, senderId: chatId, receiverId: "100", text: id, status: "delivered", createdAt: "2026-11-24T10:00:00.000Z", updatedAt: "2026-11-24T10:00:00.000Z",
  whatsappMessageId: `w.${id}`, seq, direction: "in", type: "text", statusTimes: {}, attempt: 1,
});
const empty = addChats(emptyInbox, { items: [], hasMore: false, head: 0 }, true);
// A new chat is told before its first message.
const born = (chatId: string, seq: number, more: object = {}) => ({ name: "chat_update" as const, seq, data: { chatId, title: `+${chatId}`, kind: "person" as const, lastMessage: null, unread: 0, windowEndsAt: null, activity: 0, seq, ...more } });
const withChats = (...ids: string[]) => ids.reduce((inbox, id, i) => applyEvent(inbox, born(id, -10 + i), "me"), empty);
const arrives = (message: Message) => ({ name: "new_message" as const, seq: message.seq, data: message });

test("a message of somebody new makes a chat at the top, named by the contact", () => {
  let inbox = withChats("15550000102");
  inbox = applyEvent(inbox, arrives(inbound("a", 2, "15550000102")), "me");
  inbox = applyEvent(inbox, born("15550000101", 3, { title: "Sofia", windowEndsAt: "2026-11-25T10:00:00.000Z" }), "me");
  inbox = applyEvent(inbox, arrives(inbound("b", 4)), "me");
  expect(chatsInOrder(inbox).map((chat) => [chat.title, chat.unread])).toEqual([["Sofia", 1], ["+15550000102", 1]]);
  expect(inbox.chats["15550000101"]?.windowEndsAt).toBe("2026-11-25T10:00:00.000Z");
  inbox = applyEvent(inbox, { name: "contact_update", seq: 5, data: { contactId: "15550000101", name: "Sofia B.", phone: "", username: "sofia" } }, "me");
  expect(inbox.chats["15550000101"]).toMatchObject({ title: "Sofia B.", username: "sofia" });
});

test("the same event twice counts once; marks of others do not touch mine", () => {
  let inbox = withChats("15550000101");
  const event = arrives(inbound("a", 2));
  inbox = applyEvent(applyEvent(inbox, event, "me"), event, "me");
  expect(inbox.chats["15550000101"]?.unread).toBe(1);
  const mark = { name: "read_mark" as const, seq: 3, data: { userId: "other", chatId: "15550000101", upTo: 2, unread: 0 } };
  expect(applyEvent(inbox, mark, "me").chats["15550000101"]?.unread).toBe(1);
  expect(applyEvent(inbox, { ...mark, data: { ...mark.data, userId: "me" } }, "me").chats["15550000101"]?.unread).toBe(0);
});

test("events reach the open list and the preview alike", () => {
  let inbox = withChats("15550000101");
  inbox = applyEvent(inbox, arrives(inbound("a", 2)), "me");
  inbox = addPage(inbox, "15550000101", { items: [inbound("a", 2)], hasMore: false, head: 2 }, true);
  inbox = applyEvent(inbox, { name: "message_update", seq: 5, data: { messageId: "a", chatId: "15550000101", text: "edited", editedAt: "2026-11-24T10:01:00.000Z", updatedAt: "2026-11-24T10:01:00.000Z", seq: 5 } }, "me");
  expect(inbox.lists["15550000101"]?.items[0]?.text).toBe("edited");
  expect(inbox.chats["15550000101"]?.lastMessage?.text).toBe("edited");
});

test("what a placeholder stood for takes its place, with everything else that is known of it", () => {
  const placeholder = { ...inbound("a", 2), type: "unsupported", text: "Not available", forwarded: true };
  const { forwarded: _gone, ...whole } = { ...placeholder, type: "location", text: "Here", location: { latitude: 1, longitude: 2 }, updatedAt: "2026-11-24T10:01:00.000Z" };
  void _gone;
  let inbox = applyEvent(withChats("15550000101"), arrives(placeholder), "me");
  inbox = addPage(inbox, "15550000101", { items: [placeholder], hasMore: false, head: 2 }, true);
  const told = parseEvent("message_update", { messageId: "a", chatId: "15550000101", text: "Here", updatedAt: whole.updatedAt, seq: 5, message: whole });
  expect(told).not.toBeNull();
  if (told) inbox = applyEvent(inbox, told, "me");
  expect(inbox.lists["15550000101"]?.items).toEqual([whole]);
  expect(inbox.chats["15550000101"]?.lastMessage).toEqual(whole);
  expect(inbox.chats["15550000101"]?.unread).toBe(1);
  expect(parseEvent("message_update", { ...told?.data, message: { id: "a" } })).toBeNull();
});

test("nobody writes without a connection", () => {
  let inbox = { ...emptyInbox, users: { u: { id: "u", name: "Ben", role: "agent" as const, online: true, lastSeen: null } } };
  inbox = setTyping(inbox, "1", "u", true) as typeof inbox;
  expect(inbox.typing["1"]).toEqual(["u"]);
  expect(setPresence(inbox, "u", false, null).typing["1"]).toEqual([]);
});

function memory(): Storage & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    key: (at) => [...kept.keys()][at] ?? null,
    get length() {
      return kept.size;
    },
  };
}
const first: Pending = { clientId: "a", chatId: "1", text: "first", createdAt: "2026-11-24T10:00:01.000Z" };
const second: Pending = { clientId: "b", chatId: "1", text: "second", createdAt: "2026-11-24T10:00:02.000Z" };

test("the outbox survives a reload and sends in order, one of a chat at a time", () => {
  const storage = memory();
  for (const item of [second, first]) keepPending(storage, "u", item);
  expect(readOutbox(storage, "u")).toEqual([first, second]);
  expect(readOutbox(storage, "other")).toEqual([]);
  expect(nextToSend([second, first])?.clientId).toBe("a");
  expect(nextToSend([second, { ...first, refused: "no" }])?.clientId).toBe("b");
  storage.kept.set("tickwire.outbox.u.c", "{broken");
  storage.kept.set("tickwire.outbox.u.d", '{"clientId":"d"}');
  forgetPending(storage, "u", "a");
  expect(readOutbox(storage, "u")).toEqual([second]);
});

test("two windows do not write over each other's outbox, and each sees what the other has", () => {
  const storage = memory();
  keepPending(storage, "u", first); // one window
  keepPending(storage, "u", second); // the other
  forgetPending(storage, "u", first.clientId);
  expect(readOutbox(storage, "u")).toEqual([second]);
  expect(joinStorageEvent([second], "u", "tickwire.outbox.u.a", JSON.stringify(first))).toEqual([first, second]);
  expect(joinStorageEvent([first, second], "u", "tickwire.outbox.u.a", null)).toEqual([second]);
  expect(joinStorageEvent([first], "u", "tickwire.outbox.other.a", null)).toBeNull();
  expect(joinStorageEvent([first], "u", null, null)).toBeNull();
});

test("a new group is called a group until its name is told, never by its id", () => {
  let inbox = applyEvent(empty, born("120363000000000001", 1, { title: "Group", kind: "group" }), "me");
  inbox = applyEvent(inbox, arrives({ ...inbound("a", 2, "120363000000000001"), senderId: "15550000101" }), "me");
  expect(inbox.chats["120363000000000001"]).toMatchObject({ title: "Group", kind: "group" });
  inbox = applyEvent(inbox, { name: "chat_update", seq: 3, data: { chatId: "120363000000000001", title: "Kitchen", kind: "group" } }, "me");
  expect(inbox.chats["120363000000000001"]?.title).toBe("Kitchen");
});

test("what waits to be sent puts its chat at the top", () => {
  let inbox = withChats("1", "2");
  inbox = applyEvent(inbox, arrives(inbound("a", 2, "1")), "me");
  inbox = applyEvent(inbox, arrives(inbound("b", 3, "2")), "me");
  expect(chatsInOrder(inbox).map((chat) => chat.id)).toEqual(["2", "1"]);
  expect(chatsInOrder(inbox, new Set(["1"])).map((chat) => chat.id)).toEqual(["1", "2"]);
});

test("a title that the server does not know yet does not blank the one that is shown", () => {
  let inbox = applyEvent(withChats("15550000101"), arrives(inbound("a", 2)), "me");
  inbox = applyEvent(inbox, { name: "chat_update", seq: 3, data: { chatId: "15550000101", title: "" } }, "me");
  expect(inbox.chats["15550000101"]?.title).toBe("+15550000101");
  inbox = applyEvent(inbox, { name: "chat_update", seq: 4, data: { chatId: "15550000101", title: "Kitchen" } }, "me");
  expect(inbox.chats["15550000101"]?.title).toBe("Kitchen");
});

test("imported history is neither new nor unread and moves no chat; alone it shows its newest message", () => {
  const old = (id: string, seq: number) => ({ name: "history_message" as const, seq: 100 - seq, data: { messageId: id, chatId: "1", message: inbound(id, seq, "1") } });
  let inbox = applyEvent(withChats("1", "2"), old("h1", -50), "me");
  inbox = applyEvent(inbox, old("h0", -60), "me");
  expect(inbox.chats["1"]).toMatchObject({ activity: -50, unread: 0, windowEndsAt: null, lastMessage: { id: "h1" } });
  inbox = applyEvent(inbox, arrives(inbound("a", 200, "1")), "me");
  inbox = applyEvent(inbox, { ...old("h2", -40), seq: 201 }, "me");
  expect(inbox.chats["1"]).toMatchObject({ activity: 200, unread: 1, lastMessage: { id: "a" } });
});

test("what a chat was loaded with is not applied again", () => {
  let inbox = addChats(empty, { items: [{ id: "1", title: "Sofia", kind: "person", lastMessage: inbound("b", 9, "1"), unread: 1, windowEndsAt: null, activity: 9, asOf: 0 }], hasMore: false, head: 10 }, true);
  inbox = applyEvent(inbox, { name: "read_mark", seq: 8, data: { userId: "me", chatId: "1", upTo: 7, unread: 0 } }, "me");
  inbox = applyEvent(inbox, arrives(inbound("b", 9, "1")), "me");
  expect(inbox.chats["1"]?.unread).toBe(1);
  expect(applyEvent(inbox, arrives(inbound("c", 11, "1")), "me").chats["1"]?.unread).toBe(2);
});

test("what is not the contract is nothing", () => {
  expect(parseMessage({ id: 1 })).toBeNull();
  expect(parseMessage({ ...inbound("a", 1), status: "unheard of" })).toBeNull();
  expect(parseMessage({ ...inbound("a", 1), createdAt: "yesterday" })).toBeNull();
  expect(parseChat(null)).toBeNull();
  expect(parseEvent("new_message", { seq: 1 })).toBeNull();
  expect(parseEvent("tomorrow", { seq: 1 })).toBeNull();
  expect(parseEvent("new_message", inbound("a", 1))?.seq).toBe(1);
});
