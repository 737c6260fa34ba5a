// One person's session with the inbox: the live connection, what was loaded, what waits to be sent, in one place without
// React. Events that come while something is being loaded are applied again to what was loaded, so that snapshot and stream
// meet without a gap.
import { isPassing, type Result } from "@/api/client";
import { loadChats, loadContacts, loadOneChat, loadMessages, loadUsers, retryMessage, sendMessage, type Page } from "@/api/messages";
import { backoff } from "@/lib/backoff";
import { randomId } from "@/lib/identifier";
import { SocketService, type LineState, type SignalName, type SocketFactory } from "@/lib/socketService";
import { addAnswer, addChat, addChats, addPage, applyEvent, chatOf, emptyInbox, forgetSignals, presentChat, setPresence, setTyping, type Inbox } from "@/state/inbox";
import { chatsWithDrafts, draftKey, moveDraft } from "@/state/drafts";
import { forgetPending, joinStorageEvent, keepPending, nextToSend, readOutbox, type Pending } from "@/state/outbox";
import type { Storage } from "@/state/storage";
import { parseServiceState, type Chat, type LiveEvent, type Message, type ServiceState, type Sync, type User } from "@/types/wire";

export interface SessionState {
  inbox: Inbox;
  outbox: readonly Pending[];
  line: LineState;
  caughtUp: number; // changes that the last sync brought
  failure: string | null; // why loading failed, in words
  service: ServiceState | null; // as last told
}

const pageSize = 50;
const reloadSize = 200; // the most that one request gives
const reloadMax = 1000; // messages of an open chat that are fetched again when the stream was broken for long
const contactPagesMax = 25;
const recentMax = 5000;
const markPause = 200;
const othersSendWithin = 10_000; // another window of ours, what it has queued
const typingLasts = 7000; // a writer who is not heard of for so long has stopped

export class InboxSession {
  private state: SessionState;
  private readonly watchers = new Set<() => void>();
  private readonly socket: SocketService;
  private recent: LiveEvent[] = []; // events since the oldest load under way
  private recentLost = false; // there were more than we keep
  private loads = 0;
  private sending = false;
  private sendTries = 0;
  private loadTries = 0;
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private synced = false;
  private stopped = false;
  private owedMarks: Record<string, number> = {}; // read up to here, and not confirmed
  private toldMarks: Record<string, number> = {}; // of those, told since the line is up
  private looksAt: string | null = null;
  private moreChats: Promise<boolean> | null = null;
  private finding: Promise<void> | null = null;
  private readonly wanted = new Set<string>(); // chats to find
  private readonly retrying = new Set<string>();
  onArrival: (message: Message) => void = () => {};

  constructor(
    readonly me: User,
    makeSocket: SocketFactory,
    private readonly storage: Storage,
  ) {
    this.socket = new SocketService(makeSocket, me.id, {
      onSync: (sync, events) => this.onSync(sync, events),
      onEvent: (event) => this.onEvent(event),
      onSignal: (name, data) => this.onSignal(name, data),
    });
    this.state = { inbox: emptyInbox, outbox: readOutbox(storage, me.id), line: this.socket.getState(), caughtUp: 0, failure: null, service: null };
    this.socket.subscribe(() => {
      const line = this.socket.getState();
      this.set({ line, ...(line.line !== "live" && { inbox: forgetSignals(this.state.inbox) }) });
      if (line.line !== "live") return;
      this.tellView();
      void this.pump();
    });
  }

  getState = (): SessionState => this.state;
  subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  start(): void {
    addEventListener("storage", this.onStorage);
    document.addEventListener("visibilitychange", this.tellView);
    addEventListener("pagehide", this.tellLeft);
    this.socket.start();
  }
  stop(): void {
    this.stopped = true;
    removeEventListener("storage", this.onStorage);
    document.removeEventListener("visibilitychange", this.tellView);
    removeEventListener("pagehide", this.tellLeft);
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.socket.stop();
  }
  reconnect(): void {
    this.socket.retry();
  }

  // One timer for each purpose; a new one replaces the old one.
  private later(name: string, ms: number, act: () => void): void {
    clearTimeout(this.timers.get(name));
    if (this.stopped) return;
    this.timers.set(
      name,
      setTimeout(() => {
        this.timers.delete(name);
        act();
      }, ms),
    );
  }

  // --- loading ---

  async loadChat(chatId: string): Promise<void> {
    if (this.state.inbox.lists[chatId]) return;
    // All that is unread, so that reading begins where it was left.
    const limit = Math.min(2 * pageSize, Math.max(pageSize, (this.state.inbox.chats[chatId]?.unread ?? 0) + 20));
    await this.load(() => loadMessages(chatId, { limit }), (inbox, page) => addPage(inbox, chatId, page, true));
    // Also when another chat became part of it meanwhile: then the list is not whole and was dropped.
    if (!this.state.inbox.lists[chatId]) this.later(`chat ${chatId}`, backoff(this.loadTries++), () => void (this.looksAt === chatId && this.loadChat(chatId)));
  }

  // Whether there is more of it now.
  async loadOlder(chatId: string, limit = pageSize): Promise<boolean> {
    const list = this.state.inbox.lists[chatId];
    const first = list?.items[0];
    if (!list?.hasMore || !first) return false;
    let taken = false;
    const done = await this.load(
      () => loadMessages(chatId, { before: first.seq, limit }),
      (inbox, page) => {
        taken = inbox.lists[chatId]?.items[0]?.seq === first.seq;
        return taken ? addPage(inbox, chatId, page, false) : inbox; // the list was loaded anew meanwhile: it begins elsewhere
      },
    );
    return done && !taken ? this.loadOlder(chatId, limit) : done;
  }

  // Older pages until the message is there.
  async loadBackTo(chatId: string, isIt: (message: Message) => boolean): Promise<Message | null> {
    for (;;) {
      const found = this.state.inbox.lists[chatId]?.items.find(isIt);
      if (found) return found;
      if (!(await this.loadOlder(chatId, reloadSize))) return null;
    }
  }

  // Whether there are more now; one load at a time, however often it is asked for, and after a failure a pause.
  loadMoreChats(): Promise<boolean> {
    const { hasMoreChats, chatsDownTo } = this.state.inbox;
    if (!hasMoreChats || chatsDownTo === null || this.timers.has("more chats")) return Promise.resolve(false);
    let taken = false;
    this.moreChats ??= this.load(
      () => loadChats(chatsDownTo),
      (inbox, page) => {
        taken = inbox.chatsDownTo === chatsDownTo;
        return taken ? addChats(inbox, page, false) : inbox; // the list was loaded anew meanwhile: it goes on elsewhere
      },
    )
      .then((done) => {
        if (!done) this.later("more chats", backoff(this.loadTries++), () => void this.loadMoreChats());
        return done;
      })
      .finally(() => (this.moreChats = null))
      .then((done) => (done && !taken ? this.loadMoreChats() : done));
    return this.moreChats;
  }

  // Until the chat is here or the server says that there is none: it may be an old one, opened by its address.
  async findChat(chatId: string): Promise<void> {
    this.wanted.add(chatId);
    this.finding ??= this.findWanted().finally(() => (this.finding = null));
    return this.finding;
  }

  // One after the other, so that many old chats that wake up at once are no flood of requests.
  private async findWanted(): Promise<void> {
    for (const chatId of this.wanted) {
      for (let tries = 0; !this.stopped && !this.state.inbox.chats[chatId]; tries++) {
        if (await this.findOne(chatId)) break;
        await new Promise((go) => this.later("find chat", backoff(tries), () => go(null)));
      }
      this.wanted.delete(chatId);
    }
  }

  // Something happens in a chat that the list has not reached.
  private findUnknown(event: LiveEvent): void {
    // Two chats or two messages turned out to be one: how the whole stands now is the server's to say.
    if (event.name === "chat_update" && event.data.mergedInto !== undefined) return this.lookAgain(event.data.mergedInto, event.seq);
    if (event.name === "message_update" && event.data.joinedInto) return this.lookAgain(event.data.chatId, event.seq);
    const placed = event.name === "new_message" || event.name === "history_message" || (event.name === "chat_update" && event.data.activity !== undefined);
    if (placed && this.state.inbox.loaded && !this.state.inbox.chats[chatOf(event)]) void this.findChat(chatOf(event));
  }

  // The chat always, its list where it was loaded before that happened.
  private lookAgain(chatId: string, seq: number): void {
    void this.findOne(chatId).then((done) => {
      if (!done) this.later(`again ${chatId}`, backoff(this.loadTries++), () => this.lookAgain(chatId, seq));
    });
    if ((this.state.inbox.lists[chatId]?.asOf ?? Infinity) < seq) void this.reloadList(chatId);
  }

  // Whether there is an answer; that there is no such chat is one too.
  private async findOne(chatId: string): Promise<boolean> {
    const done = await this.load(
      async () => orMissing(await loadOneChat(chatId), null),
      (inbox, found) => (found ? addChat(inbox, chatId, found.chat, found.head) : inbox),
    );
    const present = presentChat(this.state.inbox, chatId);
    if (present !== chatId) this.moveOwn(chatId, present);
    return done;
  }

  private async load<T>(ask: () => Promise<Result<T>>, take: (inbox: Inbox, value: T) => Inbox): Promise<boolean> {
    this.loads++;
    const from = this.recent.length;
    const answer = await ask();
    this.loads--;
    const since = this.recent.slice(from);
    const lost = this.recentLost;
    if (this.loads === 0) {
      this.recent = [];
      this.recentLost = false;
    }
    if (this.stopped) return false;
    if (!answer.ok) {
      if (answer.status === 401) this.socket.expire();
      this.set({ failure: answer.detail });
      return false;
    }
    this.loadTries = 0;
    let inbox = take(this.state.inbox, answer.value);
    // What happened while we waited may be missing in the answer; what is in it changes nothing.
    for (const event of since) inbox = applyEvent(inbox, event, this.me.id);
    this.set({ inbox, failure: null });
    for (const event of since) this.findUnknown(event);
    if (lost) void this.loadAnew();
    return true;
  }

  // Everything from the server again: at first, and when too much was missed to be told. What is shown stays until the new
  // is here; lists of chats that nobody looks at are dropped, they load when they are opened.
  private async loadAnew(): Promise<void> {
    this.set({ inbox: { ...this.state.inbox, lists: pick(this.state.inbox.lists, this.looksAt) } });
    const gotChats = await this.load(
      () => this.askForChatsAnew(),
      (inbox, { page, asked, open }) => {
        const anew = addChats(inbox, page, true);
        return open ? addChat(anew, asked, open.chat, open.head) : anew;
      },
    );
    const shown = this.looksAt;
    const gotList = !shown || !this.state.inbox.lists[shown] || (await this.reloadList(shown));
    const gotUsers = await this.reloadUsers();
    if (!gotChats || !gotList || !gotUsers) return this.later("anew", backoff(this.loadTries++), () => void this.loadAnew());
    // A chat in which something waits or was begun may be an old one, or have become part of another while this page was closed.
    const own = [...this.state.outbox.map((item) => item.chatId), ...chatsWithDrafts(this.storage, this.me.id)];
    for (const chatId of own) if (!this.state.inbox.chats[chatId]) void this.findChat(chatId);
    if (Object.values(this.state.inbox.chats).some((chat) => chat.kind === "group")) await this.loadNames();
  }

  // The first page, and the open chat where it is not in it: so that it goes on being shown.
  private async askForChatsAnew(): Promise<Result<{ page: Page<Chat>; asked: string; open: { chat: Chat; head: number } | null }>> {
    const first = await loadChats();
    if (!first.ok) return first;
    const page = first.value;
    const asked = this.looksAt ?? "";
    if (asked === "" || page.items.some((chat) => chat.id === asked)) return { ...first, value: { page, asked, open: null } };
    const open = orMissing(await loadOneChat(asked), null);
    return open.ok ? { ...open, value: { page, asked, open: open.value } } : open;
  }

  private async reloadList(chatId: string): Promise<boolean> {
    const oldest = this.state.inbox.lists[chatId]?.items[0]?.seq ?? 0;
    return this.load(
      async (): Promise<Result<Page<Message>>> => {
        let whole: Page<Message> = { items: [], hasMore: true, head: Infinity };
        for (;;) {
          const before: number | undefined = whole.items[0]?.seq;
          const page: Result<Page<Message>> = orMissing(await loadMessages(chatId, { limit: reloadSize, before }), { items: [], hasMore: false, head: 0 });
          if (!page.ok) return page;
          const { items, hasMore, head } = page.value;
          whole = { items: [...items, ...whole.items], hasMore, head: Math.min(whole.head, head) };
          if (!hasMore || (whole.items[0]?.seq ?? 0) <= oldest || whole.items.length >= reloadMax) return { ...page, value: whole };
        }
      },
      (inbox, page) => addPage(inbox, chatId, page, true),
    );
  }

  private async reloadUsers(): Promise<boolean> {
    const users = await loadUsers();
    if (users.ok) this.set({ inbox: { ...this.state.inbox, users: Object.fromEntries(users.value.map((user) => [user.id, user])) } });
    return users.ok;
  }

  // Names of those who write in groups.
  private async loadNames(): Promise<void> {
    let after: string | undefined;
    for (let pages = 0; pages < contactPagesMax; pages++) {
      const page = await loadContacts(after);
      if (!page.ok || this.stopped) return;
      const names = Object.fromEntries(page.value.items.map((one) => [one.id, one.name]));
      this.set({ inbox: { ...this.state.inbox, contacts: { ...names, ...this.state.inbox.contacts } } });
      after = page.value.items[page.value.items.length - 1]?.id;
      if (!page.value.hasMore || !after) return;
    }
  }

  // --- live ---

  private onSync(sync: Sync, events: LiveEvent[]): void {
    const first = !this.synced;
    this.synced = true;
    if (this.state.service) this.set({ service: null }); // told anew when something is wrong
    this.toldMarks = {};
    if (sync.resync) this.owedMarks = {}; // of another log, perhaps
    queueMicrotask(() => this.tellMarks()); // once the line counts as live
    if (first || sync.resync) {
      this.set({ caughtUp: 0 });
      void this.loadAnew();
      return;
    }
    this.set({ caughtUp: events.length });
    for (const event of events) this.take(event);
    // One sound for all that was missed.
    const arrived = events.filter((event) => event.name === "new_message" && event.data.direction === "in").pop();
    if (arrived?.name === "new_message") this.onArrival(arrived.data);
    void this.reloadUsers();
  }

  private onEvent(event: LiveEvent): void {
    this.take(event);
    if (event.name === "new_message" && event.data.direction === "in") this.onArrival(event.data);
  }

  private take(event: LiveEvent): void {
    if (this.loads > 0) {
      if (this.recent.length < recentMax) this.recent.push(event);
      else this.recentLost = true;
    }
    if (event.name === "read_mark" && event.data.userId === this.me.id) {
      const owed = this.owedMarks[event.data.chatId];
      if (owed !== undefined && event.data.upTo < owed) return; // the answer to an earlier mark: more has been read since
      delete this.owedMarks[event.data.chatId];
    }
    this.set({ inbox: applyEvent(this.state.inbox, event, this.me.id) });
    if (event.name === "chat_update" && event.data.mergedInto !== undefined) this.moveOwn(event.data.chatId, event.data.mergedInto);
    this.findUnknown(event);
    if (event.name === "new_message" && event.data.clientId && event.data.senderId === this.me.id) this.drop(event.data.clientId);
  }

  // What this person has begun to write in a chat that became part of another, or has not got rid of yet.
  private moveOwn(from: string, into: string): void {
    const draft = moveDraft(this.storage, this.me.id, from, into);
    // Other windows hear of it from the browser; what is open in this one does not.
    if (draft) dispatchEvent(new StorageEvent("storage", { key: draftKey(this.me.id, into), newValue: draft }));
    if (!this.state.outbox.some((item) => item.chatId === from)) return;
    const outbox = this.state.outbox.map((item) => (item.chatId === from ? { ...item, chatId: into } : item));
    for (const item of outbox) if (item.chatId === into) keepPending(this.storage, this.me.id, item);
    this.set({ outbox });
  }

  private onSignal(name: SignalName, data: Record<string, unknown>): void {
    if (name === "service_state") return this.set({ service: parseServiceState(data) });
    const userId = String(data.userId ?? "");
    const inbox = this.state.inbox;
    if (!userId) return;
    if (name === "typing") {
      const chatId = String(data.chatId);
      const writes = data.isTyping === true;
      this.set({ inbox: setTyping(inbox, chatId, userId, writes) });
      if (writes) this.later(`typing ${userId} ${chatId}`, typingLasts, () => this.set({ inbox: setTyping(this.state.inbox, chatId, userId, false) }));
    } else if (name === "viewing") {
      this.set({ inbox: { ...inbox, viewing: { ...inbox.viewing, [userId]: typeof data.chatId === "string" ? data.chatId : null } } });
    } else {
      const online = data.state === "online";
      this.set({ inbox: setPresence(inbox, userId, online, typeof data.lastSeen === "string" ? data.lastSeen : null) });
      if (!online || userId === this.me.id) return;
      if (!inbox.users[userId]) void this.reloadUsers(); // somebody new
      // Whoever just came cannot know where we are.
      this.later("tell where", 500, this.tellView);
    }
  }

  typing(chatId: string, isTyping: boolean): void {
    this.socket.emit("typing", { chatId, isTyping });
  }
  viewing(chatId: string | null): void {
    if (chatId === this.looksAt) return;
    this.looksAt = chatId;
    this.tellView();
  }
  // While the page is in the background nobody looks at its chat.
  private readonly tellView = () => {
    if (this.state.line.line === "live") this.socket.emit("viewing", { chatId: document.visibilityState === "visible" ? this.looksAt : null });
  };
  private readonly tellLeft = () => this.socket.emit("viewing", { chatId: null });
  // Shown as read at once, and told until the server has said so: a mark may be lost with the line.
  markRead(chatId: string, upTo: number): void {
    const chat = this.state.inbox.chats[chatId];
    if (!chat || chat.unread === 0 || (this.owedMarks[chatId] ?? 0) >= upTo) return;
    this.owedMarks[chatId] = upTo;
    if (upTo >= (chat.lastMessage?.seq ?? 0)) this.set({ inbox: { ...this.state.inbox, chats: { ...this.state.inbox.chats, [chatId]: { ...chat, unread: 0 } } } });
    if (!this.timers.has("marks")) this.tellMarks();
  }
  // A flood of messages is one mark for each pause, not one for each message.
  private tellMarks(): void {
    for (const [chatId, upTo] of Object.entries(this.owedMarks)) {
      if (this.toldMarks[chatId] === upTo) continue;
      this.toldMarks[chatId] = upTo;
      this.socket.emit("read", { chatId, upTo }, (answer) => this.onMarkAnswer(chatId, upTo, answer as { ok?: boolean; code?: string } | null));
      this.later("marks", markPause, () => this.tellMarks());
    }
  }

  private onMarkAnswer(chatId: string, upTo: number, answer: { ok?: boolean; code?: string } | null): void {
    if (this.owedMarks[chatId] !== upTo) return; // more has been read since, or it has come as an event
    if (answer?.ok || answer?.code === "unknown_chat") {
      delete this.owedMarks[chatId];
      return;
    }
    // The database is away, or there were too many at once.
    delete this.toldMarks[chatId];
    this.later("marks", backoff(this.loadTries++), () => this.tellMarks());
  }

  // --- sending ---

  send(chatId: string, text: string, replyTo?: string): void {
    const last = this.state.outbox[this.state.outbox.length - 1];
    const now = new Date().toISOString();
    // Strictly rising, so that two messages of one millisecond keep their order.
    const createdAt = last && last.createdAt >= now ? new Date(Date.parse(last.createdAt) + 1).toISOString() : now;
    const item: Pending = { clientId: randomId(), chatId, text, createdAt, ...(replyTo && { replyTo }) };
    keepPending(this.storage, this.me.id, item);
    this.set({ outbox: [...this.state.outbox, item] });
    void this.pump();
  }

  discard(clientId: string): void {
    this.drop(clientId);
  }

  // Why it did not work, or nothing. A second click while the first is under way does nothing.
  async retry(message: Message): Promise<string | null> {
    if (this.retrying.has(message.id)) return null;
    this.retrying.add(message.id);
    const answer = await retryMessage(message.id);
    this.retrying.delete(message.id);
    if (!answer.ok) return answer.detail;
    this.set({ inbox: addAnswer(this.state.inbox, answer.value) });
    return null;
  }

  private async pump(): Promise<void> {
    if (this.sending || this.stopped) return;
    this.sending = true;
    for (let next = nextToSend(this.state.outbox); next && !this.stopped; next = nextToSend(this.state.outbox)) {
      const item = next;
      const { clientId, chatId, text, replyTo } = item;
      const answer = await sendMessage({ chatId, text, clientId, ...(replyTo && { replyTo }) });
      if (answer.ok) {
        this.sendTries = 0;
        this.set({ inbox: addAnswer(this.state.inbox, answer.value) });
        this.drop(clientId);
      } else if (answer.status === 401) {
        this.socket.expire();
        break; // kept; goes after the next login
      } else if (isPassing(answer)) {
        // Kept. Without a line it goes when the line is back, else after a while.
        if (this.state.line.line === "live") this.later("send", answer.retryAfter ? answer.retryAfter * 1000 : backoff(this.sendTries++), () => void this.pump());
        break;
      } else {
        const refused = { ...item, chatId: presentChat(this.state.inbox, chatId), refused: answer.detail };
        keepPending(this.storage, this.me.id, refused);
        this.set({ outbox: this.state.outbox.map((one) => (one.clientId === clientId ? refused : one)) });
      }
    }
    this.sending = false;
  }

  private drop(clientId: string): void {
    if (!this.state.outbox.some((item) => item.clientId === clientId)) return;
    forgetPending(this.storage, this.me.id, clientId);
    this.set({ outbox: this.state.outbox.filter((item) => item.clientId !== clientId) });
  }

  // Another window of ours queued, sent or removed something. It sends what is its own; if it is closed before, this one does.
  private readonly onStorage = (event: StorageEvent) => {
    const outbox = joinStorageEvent(this.state.outbox, this.me.id, event.key, event.newValue);
    if (!outbox) return;
    this.set({ outbox });
    this.later("send for another window", othersSendWithin, () => void (this.state.line.line === "live" && this.pump()));
  };

  private set(change: Partial<SessionState>): void {
    this.state = { ...this.state, ...change };
    for (const watcher of this.watchers) watcher();
  }
}

// "There is no such thing" is an answer, and no failure.
const orMissing = <T, U>(answer: Result<T>, instead: U): Result<T | U> => (answer.ok || answer.status !== 404 ? answer : { ok: true, status: 404, value: instead });
const pick = <T>(all: Readonly<Record<string, T>>, key: string | null): Record<string, T> => (key !== null && all[key] !== undefined ? { [key]: all[key] } : {});
