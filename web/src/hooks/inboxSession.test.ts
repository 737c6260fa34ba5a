import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { InboxSession } from "@/hooks/inboxSession";
import type { SocketLike } from "@/lib/socketService";
import { chatsWithDrafts, draftKey, readDraft, writeDraft } from "@/state/drafts";
import { presentChat } from "@/state/inbox";
import { readOutbox } from "@/state/outbox";
import type { Storage } from "@/state/storage";
import type { Message } from "@/types/wire";

class FakeSocket implements SocketLike {
  connected = false;
  active = true;
  sent: [string, unknown][] = [];
  answer: ((answer: object) => void) | undefined; // to the newest event that wants one
  private readonly listeners = new Map<string, (...values: unknown[]) => void>();
  on(event: string, listener: (...values: never[]) => void) {
    this.listeners.set(event, listener as never);
    return this;
  }
  emit(event: string, ...values: unknown[]) {
    this.sent.push([event, values[0]]);
    this.answer = (values[1] as typeof this.answer) ?? this.answer;
    return this;
  }
  connect() {
    return this;
  }
  disconnect() {
    this.connected = false;
    return this;
  }
  says(event: string, ...values: unknown[]) {
    if (event === "sync") this.connected = true;
    if (event === "disconnect") this.connected = false;
    this.listeners.get(event)?.(...values);
  }
}

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    key: (at) => [...kept.keys()][at] ?? null,
    get length() {
      return kept.size;
    },
  };
}

const me = { id: "u", name: "Ana", role: "agent" as const };
const message = (seq: number, more: Partial<Message> = {}): Message => ({
  id: `m${seq}`, chatId: "1", senderId: "1", receiverId: "2", text: `t${seq}`, status: "delivered", createdAt: "2026-11-24T10:00:00.000Z", updatedAt: "2026-11-24T10:00:00.000Z",
  whatsappMessageId: null, seq, direction: "in", type: "text", statusTimes: {}, attempt: 1, ...more,
});
const chat = (last: Message, unread = 0) => ({ id: last.chatId, title: "Sofia", kind: "person", lastMessage: last, unread, windowEndsAt: null });

// The server, as a function from request to answer.
type Answer = { status: number; body?: unknown; headers?: Record<string, string> };
let answers: (path: string, body: Record<string, unknown>) => Answer | Promise<Answer>;
let asked: string[];
const usual = (path: string, body: Record<string, unknown>): Answer => {
  if (path.startsWith("/chats")) return { status: 200, body: { chats: [chat(message(1))], hasMore: false } };
  if (path.startsWith("/messages?")) return { status: 200, body: { messages: [message(1)], hasMore: false } };
  if (path.startsWith("/users")) return { status: 200, body: { users: [{ id: "b", name: "Ben", role: "agent", online: true, lastSeen: null }] } };
  if (path === "/send-message") return { status: 201, body: message(9, { id: "sent", direction: "out", senderId: "u", status: "sending", clientId: String(body.clientId), text: String(body.text) }) };
  return { status: 404, body: {} };
};

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answers = usual;
  vi.stubGlobal("fetch", async (path: string, options: { body?: string }) => {
    asked.push(path);
    const { status, body, headers } = await answers(path, JSON.parse(options.body ?? "{}") as Record<string, unknown>);
    if (status === 0) throw new TypeError("no network");
    return new Response(status === 204 ? null : JSON.stringify(body ?? {}), { status, headers });
  });
});
afterEach(() => {
  for (const session of begun.splice(0)) session.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const begun: InboxSession[] = [];
async function begin(storage = memory()) {
  const socket = new FakeSocket();
  const session = new InboxSession(me, () => socket, storage);
  begun.push(session);
  session.start();
  socket.says("sync", { epoch: "e", head: 1, events: [] });
  await vi.advanceTimersByTimeAsync(10);
  return { socket, session, storage };
}
const count = (path: string) => asked.filter((one) => one.startsWith(path)).length;

test("a busy server is asked again after the time it names; the message is sent once and leaves the outbox", async () => {
  const { session } = await begin();
  let tries = 0;
  const clientIds = new Set<unknown>();
  answers = (path, body) => {
    if (path !== "/send-message") return usual(path, body);
    clientIds.add(body.clientId);
    return ++tries < 3 ? { status: 503, headers: { "retry-after": "2" } } : usual(path, body);
  };
  session.send("1", "hello");
  await vi.advanceTimersByTimeAsync(1900);
  expect(tries).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(tries).toBe(2);
  await vi.advanceTimersByTimeAsync(2100);
  expect(tries).toBe(3);
  expect(clientIds.size).toBe(1);
  expect(session.getState().outbox).toEqual([]);
  session.stop();
});

test("without a line nothing is tried by the clock; it goes when the line is back, also after a reload", async () => {
  const { session, socket, storage } = await begin();
  answers = (path, body) => (path === "/send-message" ? { status: 0 } : usual(path, body));
  socket.says("disconnect", "transport close");
  session.send("1", "hello");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(count("/send-message")).toBe(1);
  session.stop();
  answers = usual;
  const again = await begin(storage);
  expect(count("/send-message")).toBe(2);
  expect(again.session.getState().outbox).toEqual([]);
  again.session.stop();
});

test("what fails to load is asked for again, and says why meanwhile", async () => {
  let tries = 0;
  answers = (path, body) => (path.startsWith("/chats") && ++tries < 3 ? { status: 500, body: { detail: "Something went wrong." } } : usual(path, body));
  const { session } = await begin();
  expect(session.getState().inbox.loaded).toBe(false);
  expect(session.getState().failure).toBe("Something went wrong.");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(session.getState().inbox.loaded).toBe(true);
  expect(session.getState().failure).toBeNull();
  session.stop();
});

test("after a break: who looks where is told again, marks are sent again, signals of before are forgotten", async () => {
  const { session, socket } = await begin();
  session.viewing("1");
  socket.says("typing", { chatId: "1", userId: "b", isTyping: true });
  socket.says("viewing", { chatId: "1", userId: "b" });
  socket.says("new_message", message(2));
  expect(session.getState().inbox.typing["1"]).toEqual(["b"]);
  socket.says("disconnect", "transport close");
  expect(session.getState().inbox.typing).toEqual({});
  expect(session.getState().inbox.viewing).toEqual({});
  socket.sent = [];
  socket.says("sync", { epoch: "e", head: 2, events: [] });
  expect(socket.sent).toContainEqual(["viewing", { chatId: "1" }]);
  session.stop();
});

test("what is read is shown so at once and told until the server has said so", async () => {
  const { session, socket } = await begin();
  const reads = () => socket.sent.filter(([name]) => name === "read").map(([, data]) => (data as { upTo: number }).upTo);
  socket.says("new_message", message(2));
  session.markRead("1", 2);
  session.markRead("1", 2);
  expect(session.getState().inbox.chats["1"]?.unread).toBe(0);
  expect(reads()).toEqual([2]);
  // The mark was lost with the line: it is told again.
  socket.says("disconnect", "transport close");
  socket.says("sync", { epoch: "e", head: 2, events: [] });
  await vi.advanceTimersByTimeAsync(1);
  expect(reads()).toEqual([2, 2]);
  socket.says("read_mark", { userId: "u", chatId: "1", upTo: 2, unread: 0, seq: 3 });
  socket.says("disconnect", "transport close");
  socket.says("sync", { epoch: "e", head: 3, events: [] });
  await vi.advanceTimersByTimeAsync(1000);
  expect(reads()).toEqual([2, 2]);
  // A flood is one mark for each pause.
  for (let seq = 4; seq < 104; seq++) {
    socket.says("new_message", message(seq));
    session.markRead("1", seq);
  }
  await vi.advanceTimersByTimeAsync(1000);
  expect(reads()).toEqual([2, 2, 4, 103]);
  // The answer to the first of them counts what was read since: it is not shown.
  socket.says("read_mark", { userId: "u", chatId: "1", upTo: 4, unread: 99, seq: 104 });
  expect(session.getState().inbox.chats["1"]?.unread).toBe(0);
  socket.says("read_mark", { userId: "u", chatId: "1", upTo: 103, unread: 0, seq: 105 });
  socket.says("read_mark", { userId: "u", chatId: "1", upTo: 103, unread: 1, seq: 106 });
  expect(session.getState().inbox.chats["1"]?.unread).toBe(1);
  session.stop();
});

test("a writer who falls silent has stopped", async () => {
  const { session, socket } = await begin();
  socket.says("typing", { chatId: "1", userId: "b", isTyping: true });
  await vi.advanceTimersByTimeAsync(6000);
  socket.says("typing", { chatId: "1", userId: "b", isTyping: true });
  await vi.advanceTimersByTimeAsync(6000);
  expect(session.getState().inbox.typing["1"]).toEqual(["b"]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(session.getState().inbox.typing["1"]).toEqual([]);
  session.stop();
});

test("events that come while a page is loaded are in the end there once", async () => {
  const { session, socket } = await begin();
  session.viewing("1");
  let give: (answer: Answer) => void = () => {};
  answers = (path, body) => (path.startsWith("/messages?") ? new Promise((done) => (give = done)) : usual(path, body));
  const loading = session.loadChat("1");
  socket.says("new_message", message(2));
  socket.says("new_message", message(3));
  give({ status: 200, body: { messages: [message(1), message(2)], hasMore: false } });
  await loading;
  expect(session.getState().inbox.lists["1"]?.items.map((one) => one.seq)).toEqual([1, 2, 3]);
  session.stop();
});

test("a resync replaces the open chat only when the new is here, as far back as was shown", async () => {
  const { session, socket } = await begin();
  session.viewing("1");
  answers = (path, body) => (path.startsWith("/messages?") ? { status: 200, body: { messages: [message(1), message(2)], hasMore: false } } : usual(path, body));
  await session.loadChat("1");
  const lengths: number[] = [];
  session.subscribe(() => lengths.push(session.getState().inbox.lists["1"]?.items.length ?? 0));
  answers = (path, body) =>
    path.startsWith("/messages?") ? { status: 200, body: path.includes("before") ? { messages: [message(1), message(2, { status: "read" })], hasMore: false } : { messages: [message(2002)], hasMore: true } } : usual(path, body);
  socket.says("disconnect", "transport close");
  socket.says("sync", { epoch: "other", head: 5000, events: [], resync: true });
  await vi.advanceTimersByTimeAsync(10);
  expect(Math.min(...lengths)).toBe(2);
  expect(session.getState().inbox.lists["1"]?.items.map((one) => [one.seq, one.status])).toEqual([[1, "delivered"], [2, "read"], [2002, "delivered"]]);
  session.stop();
});

test("what is missed sounds once, not once for each", async () => {
  const { session, socket } = await begin();
  const heard: number[] = [];
  session.onArrival = (one) => heard.push(one.seq);
  socket.says("disconnect", "transport close");
  socket.says("sync", { epoch: "e", head: 4, events: [2, 3, 4].map((seq) => ({ seq, event: "new_message", data: message(seq) })) });
  expect(heard).toEqual([4]);
  expect(session.getState().caughtUp).toBe(3);
  session.stop();
});

test("an unknown chat of a long list is asked for, not guessed", async () => {
  answers = (path, body) => (path.startsWith("/chats?") ? { status: 200, body: { chats: [chat(message(1))], hasMore: true, head: 1 } } : usual(path, body));
  const { session, socket } = await begin();
  answers = (path, body) => (path === "/chats/7" ? { status: 200, body: { chat: { ...chat(message(2, { chatId: "7" }), 5), title: "Old Friend" }, head: 2 } } : usual(path, body));
  socket.says("new_message", message(2, { chatId: "7", senderId: "7" }));
  await vi.advanceTimersByTimeAsync(100);
  expect(session.getState().inbox.chats["7"]).toMatchObject({ title: "Old Friend", unread: 5 });
  expect(count("/chats/7")).toBe(1);
  session.stop();
});

test("a chat is looked for with pauses while the server is away, and no longer when there is none", async () => {
  const { session } = await begin();
  answers = (path, body) => (path.startsWith("/chats/") ? { status: 503, body: { detail: "away" } } : usual(path, body));
  let found = false;
  void session.findChat("gone").then(() => (found = true));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(count("/chats/gone")).toBeLessThan(15);
  expect(found).toBe(false);
  answers = (path, body) => (path.startsWith("/chats/") ? { status: 404, body: {} } : usual(path, body));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(found).toBe(true);
  session.stop();
});

test("a page of older chats that fails is asked for again after a pause, not at once and not never", async () => {
  const old = { ...chat(message(1, { chatId: "0" })), id: "0", activity: 1 };
  answers = (path, body) => (path.startsWith("/chats?") ? { status: 200, body: { chats: [{ ...chat(message(2)), activity: 2 }], hasMore: true, head: 2 } } : usual(path, body));
  const { session } = await begin();
  answers = (path, body) => (path.startsWith("/chats?") ? { status: 500, body: {} } : usual(path, body));
  for (let i = 0; i < 50; i++) await session.loadMoreChats();
  expect(count("/chats?")).toBe(2);
  answers = (path, body) => (path.startsWith("/chats?before=2&") ? { status: 200, body: { chats: [old], hasMore: false, head: 2 } } : usual(path, body));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(Object.keys(session.getState().inbox.chats).sort()).toEqual(["0", "1"]);
  session.stop();
});

test("a session that is over ends the page's, and keeps the message", async () => {
  const { session } = await begin();
  answers = () => ({ status: 401 });
  session.send("1", "kept");
  await vi.advanceTimersByTimeAsync(10);
  expect(session.getState().line.line).toBe("unauthorized");
  expect(session.getState().outbox.map((item) => item.text)).toEqual(["kept"]);
  session.stop();
});

test("what is wrong with sending is kept as told; nothing told after a sync means that all is well", async () => {
  const { socket, session } = await begin();
  expect(session.getState().service).toBeNull();
  socket.says("service_state", { sending: { state: "paused", reason: "Away.", waiting: 1 } });
  expect(session.getState().service?.sending.reason).toBe("Away.");
  socket.says("service_state", { odd: true });
  expect(session.getState().service).toBeNull();
  socket.says("service_state", { sending: { state: "paused", reason: "Away.", waiting: 1 } });
  socket.says("disconnect", "transport close");
  socket.says("sync", { epoch: "e", head: 1, events: [] });
  expect(session.getState().service).toBeNull();
});

test("a page of older chats that was asked for before the list was loaded anew leaves no gap", async () => {
  const at = (id: string, activity: number) => ({ ...chat(message(1, { chatId: id })), id, activity });
  const pages: Record<string, unknown> = {
    "/chats?limit=100": { chats: [at("3", 3)], hasMore: true, head: 3 },
    "/chats?before=3&limit=100": { chats: [at("1", 1)], hasMore: false, head: 3 },
    "/chats?before=5&limit=100": { chats: [at("3", 3), at("1", 1)], hasMore: false, head: 5 },
  };
  let late: (() => void) | undefined;
  answers = (path, body) => (path in pages ? { status: 200, body: pages[path] } : usual(path, body));
  const { session, socket } = await begin();
  answers = (path, body) => {
    const answer = { status: 200, body: pages[path] };
    if (path.startsWith("/chats?before=3")) return new Promise((give) => (late = () => give(answer)));
    return path in pages ? answer : usual(path, body);
  };
  void session.loadMoreChats();
  await vi.advanceTimersByTimeAsync(0);
  pages["/chats?limit=100"] = { chats: [at("5", 5)], hasMore: true, head: 5 };
  socket.says("sync", { epoch: "e", head: 5, events: [], resync: true });
  await vi.advanceTimersByTimeAsync(100);
  late?.();
  await vi.advanceTimersByTimeAsync(100); // nobody asks again: who searches waits for it
  expect(Object.keys(session.getState().inbox.chats).sort()).toEqual(["1", "3", "5"]);
  session.stop();
});

test("what was begun in a chat that became part of another goes on there", async () => {
  const storage = memory();
  answers = (path, body) => (path === "/send-message" ? { status: 503 } : usual(path, body));
  const { session, socket } = await begin(storage);
  session.send("1", "waits");
  writeDraft(storage, me.id, "1", "begun");
  await vi.advanceTimersByTimeAsync(0);
  answers = (path, body) =>
    path.startsWith("/chats/") ? { status: 200, body: { chat: { ...chat(message(1, { chatId: "7" })), id: "7" }, head: 2 } } : path === "/send-message" ? { status: 503 } : usual(path, body);
  socket.says("chat_update", { chatId: "1", mergedInto: "7", seq: 2 });
  await vi.advanceTimersByTimeAsync(100);
  const { inbox, outbox } = session.getState();
  expect(presentChat(inbox, "1")).toBe("7");
  expect(outbox.map((item) => [item.chatId, item.text])).toEqual([["7", "waits"]]);
  expect(readOutbox(storage, me.id).map((item) => item.chatId)).toEqual(["7"]);
  expect(readDraft(storage, me.id, "7")).toBe("begun");
  session.stop();
});

test("drafts in both of two chats that become one are one draft, also where it is open", async () => {
  const { session, socket, storage } = await begin();
  writeDraft(storage, me.id, "1", "in the smaller");
  writeDraft(storage, me.id, "7", "in the larger");
  const told: (string | null)[] = [];
  const onStorage = (event: StorageEvent) => void (event.key === draftKey(me.id, "7") && told.push(event.newValue));
  addEventListener("storage", onStorage);
  socket.says("chat_update", { chatId: "1", mergedInto: "7", seq: 2 });
  await vi.advanceTimersByTimeAsync(100);
  removeEventListener("storage", onStorage);
  expect(readDraft(storage, me.id, "7")).toBe("in the larger\n\nin the smaller");
  expect(told).toEqual(["in the larger\n\nin the smaller"]);
  expect(chatsWithDrafts(storage, me.id)).toEqual(["7"]);
  session.stop();
});

test("a draft in a chat that became part of another while the page was closed is found there, though nothing waits", async () => {
  const storage = memory();
  writeDraft(storage, me.id, "old", "begun");
  answers = (path, body) => (path === "/chats/old" ? { status: 200, body: { chat: chat(message(1)), head: 1 } } : usual(path, body));
  const { session } = await begin(storage);
  await vi.advanceTimersByTimeAsync(100);
  expect(readDraft(storage, me.id, "1")).toBe("begun");
  expect(chatsWithDrafts(storage, me.id)).toEqual(["1"]);
  session.stop();
});

test("a resync does not take an open chat away that the first page of chats has not", async () => {
  const older = (text: string) => ({ status: 200, body: { chat: chat(message(1, { chatId: "7", text })), head: 1 } });
  answers = (path, body) => (path === "/chats/7" ? older("before") : usual(path, body));
  const { session, socket } = await begin();
  await session.findChat("7");
  session.viewing("7");
  const shown = new Set<string | undefined>();
  session.subscribe(() => shown.add(session.getState().inbox.chats["7"]?.lastMessage?.text));
  let tries = 0;
  answers = (path, body) => (path === "/chats/7" ? (++tries === 1 ? { status: 503 } : older("after")) : usual(path, body));
  socket.says("sync", { epoch: "f", head: 9, events: [], resync: true });
  await vi.advanceTimersByTimeAsync(10_000);
  expect([...shown]).toEqual(["before", "after"]);
  session.stop();
});

test("an old address of a chat leads to what the chat is part of now", async () => {
  const { session } = await begin();
  answers = (path, body) => (path === "/chats/old" ? { status: 200, body: { chat: { ...chat(message(1, { chatId: "7" })), id: "7" }, head: 2 } } : usual(path, body));
  await session.findChat("old");
  expect(presentChat(session.getState().inbox, "old")).toBe("7");
  session.stop();
});

test("a page of older messages that was asked for before the list was loaded anew leaves no gap", async () => {
  const page = (...seqs: number[]) => ({ messages: seqs.filter((seq) => seq > 0).map((seq) => message(seq)), hasMore: Math.min(...seqs) > 1, head: Math.max(...seqs) });
  let newest = page(5, 6);
  let late: (() => void) | undefined;
  answers = (path, body) => {
    if (!path.startsWith("/messages?")) return usual(path, body);
    const before = Number(new URLSearchParams(path.slice(path.indexOf("?"))).get("before"));
    if (before === 0) return { status: 200, body: newest };
    const answer = { status: 200, body: page(before - 2, before - 1) };
    return before === 5 && !late ? new Promise((give) => (late = () => give(answer))) : answer;
  };
  const { session, socket } = await begin();
  await session.loadChat("1");
  void session.loadOlder("1");
  await vi.advanceTimersByTimeAsync(0);
  newest = page(8, 9); // many came; another chat became part of this one, and its list is loaded anew
  socket.says("chat_update", { chatId: "old", mergedInto: "1", seq: 7 });
  await session.loadChat("1");
  late?.();
  await vi.advanceTimersByTimeAsync(100);
  for (let pages = 0; pages < 5; pages++) await session.loadOlder("1");
  const seqs = session.getState().inbox.lists["1"]?.items.map((one) => one.seq);
  expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  session.stop();
});

test("an open chat that another one becomes part of while it loads is loaded in the end", async () => {
  const { session, socket } = await begin();
  let late: (() => void) | undefined;
  answers = (path, body) => {
    if (path.startsWith("/chats/1")) return { status: 200, body: { chat: chat(message(1)), head: 2 } };
    return path.startsWith("/messages?") && !late ? new Promise((give) => (late = () => give(usual(path, body)))) : usual(path, body);
  };
  session.viewing("1");
  void session.loadChat("1");
  await vi.advanceTimersByTimeAsync(0);
  socket.says("chat_update", { chatId: "old", mergedInto: "1", seq: 2 });
  late?.();
  await vi.advanceTimersByTimeAsync(3000);
  expect(session.getState().inbox.lists["1"]?.items).toHaveLength(1);
  session.stop();
});

test("a list is loaded anew for what became one after it was loaded, and not for what is in it already", async () => {
  const { session, socket } = await begin();
  let head = 5;
  answers = (path, body) => {
    if (path.startsWith("/chats/1")) return { status: 200, body: { chat: chat(message(1)), head } };
    return path.startsWith("/messages?") ? { status: 200, body: { messages: [message(1)], hasMore: false, head } } : usual(path, body);
  };
  const lists = () => asked.filter((path) => path.startsWith("/messages?")).length;
  const happens = async (name: string, data: Record<string, unknown>) => {
    asked = [];
    socket.says(name, data);
    await vi.advanceTimersByTimeAsync(100);
    expect(asked.some((path) => path.startsWith("/chats/1")), "the chat is asked for in any case").toBe(true);
  };
  await session.loadChat("1");
  await happens("chat_update", { chatId: "old", mergedInto: "1", seq: 4 });
  expect(lists()).toBe(0);
  await happens("message_update", { messageId: "m0", chatId: "1", text: "t1", joinedInto: message(1), seq: 5 });
  expect(lists()).toBe(0);
  head = 6;
  await happens("message_update", { messageId: "m0", chatId: "1", text: "t1", joinedInto: message(1), seq: 6 });
  expect(lists()).toBe(1);
  session.stop();
});

test("what waits in a chat that became part of another while the page was closed is found there", async () => {
  const storage = memory();
  storage.setItem("tickwire.outbox.u.c", JSON.stringify({ clientId: "c", chatId: "old", text: "waits", createdAt: "2026-11-24T10:00:00.000Z" }));
  answers = (path, body) => {
    if (path === "/chats/old") return { status: 200, body: { chat: chat(message(1)), head: 1 } };
    return path === "/send-message" ? { status: 409, body: { detail: "The window is closed." } } : usual(path, body);
  };
  const { session } = await begin(storage);
  await vi.advanceTimersByTimeAsync(100);
  expect(session.getState().outbox.map((item) => [item.chatId, item.refused])).toEqual([["1", "The window is closed."]]);
  session.stop();
});

test("an open chat that the server does not have any more does not make it load everything again and again", async () => {
  const { session, socket } = await begin();
  session.viewing("1");
  await session.loadChat("1");
  answers = (path, body) => {
    if (path.startsWith("/messages?")) return { status: 404 };
    return path.startsWith("/chats?") ? { status: 200, body: { chats: [], hasMore: false } } : path === "/chats/1" ? { status: 404 } : usual(path, body);
  };
  const before = count("/chats?");
  socket.says("sync", { epoch: "f", head: 1, events: [], resync: true });
  await vi.advanceTimersByTimeAsync(120_000);
  expect(count("/chats?") - before).toBe(1);
  session.stop();
});

test("what another window queued and did not send before it was closed is sent by this one", async () => {
  const { session } = await begin();
  const item = { clientId: "c", chatId: "1", text: "of a closed window", createdAt: "2026-11-24T10:00:00.000Z" };
  dispatchEvent(new StorageEvent("storage", { key: "tickwire.outbox.u.c", newValue: JSON.stringify(item) }));
  await vi.advanceTimersByTimeAsync(2000);
  expect(count("/send-message")).toBe(0); // the other one does
  await vi.advanceTimersByTimeAsync(10_000);
  expect(count("/send-message")).toBe(1);
  expect(session.getState().outbox).toEqual([]);
  session.stop();
});

test("a line that comes back as somebody else's ends the session, and nothing goes out in their name", async () => {
  const { session, socket } = await begin();
  answers = (path, body) => (path === "/send-message" ? { status: 0 } : usual(path, body));
  socket.says("disconnect", "transport close");
  session.send("1", "by Ana");
  await vi.advanceTimersByTimeAsync(100);
  answers = usual;
  const before = asked.length;
  socket.says("sync", { epoch: "e", head: 1, events: [], userId: "b" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(session.getState().line.line).toBe("unauthorized");
  expect(asked.length).toBe(before);
  expect(session.getState().outbox.map((item) => item.text)).toEqual(["by Ana"]);
});

test("a read mark that the server could not store is told again", async () => {
  const { session, socket } = await begin();
  const reads = () => socket.sent.filter(([name]) => name === "read").length;
  socket.says("new_message", message(2));
  session.markRead("1", 2);
  socket.answer?.({ ok: false, code: "store_unavailable" });
  await vi.advanceTimersByTimeAsync(2000);
  expect(reads()).toBe(2);
  socket.answer?.({ ok: true });
  socket.says("disconnect", "transport close");
  socket.says("sync", { epoch: "e", head: 2, events: [] });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reads()).toBe(2);
  socket.says("new_message", message(3));
  session.markRead("1", 3);
  socket.answer?.({ ok: false, code: "unknown_chat" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reads()).toBe(3);
});
