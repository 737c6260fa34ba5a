// One person's session with the inbox: the live connection, what was loaded, what waits to be sent, in one place without
// React. Events that come while something is being loaded are applied again to what was loaded, so that snapshot and stream
// meet without a gap.
import { loadChats, loadMessages, loadUsers, retryMessage, sendMessage } from "@/api/messages";
import { SocketService, type LineState, type SocketFactory } from "@/lib/socketService";
import { addChats, addPage, applyEvent, emptyInbox, setPresence, setTyping, type Inbox } from "@/state/inbox";
import { nextToSend, readOutbox, writeOutbox, type Pending, type Storage } from "@/state/outbox";
import type { Chat, LiveEvent, Message, Sync, User } from "@/types/wire";

export interface SessionState {
  inbox: Inbox;
  outbox: readonly Pending[];
  line: LineState;
  caughtUp: number; // changes that the last sync brought
  failure: string | null; // why loading failed, in words
}

const pageSize = 50;
const recentMax = 5000;

export class InboxSession {
  private state: SessionState;
  private readonly watchers = new Set<() => void>();
  private readonly socket: SocketService;
  private recent: LiveEvent[] = []; // events since the oldest load under way
  private loads = 0;
  private sending = false;
  private synced = false;
  private marked: Record<string, number> = {};
  onArrival: (message: Message) => void = () => {};

  constructor(
    readonly me: User,
    makeSocket: SocketFactory,
    private readonly storage: Storage,
  ) {
    this.socket = new SocketService(makeSocket, {
      onSync: (sync, events) => this.onSync(sync, events),
      onEvent: (event) => this.onEvent(event),
      onSignal: (name, data) => this.onSignal(name, data),
    });
    this.state = { inbox: emptyInbox, outbox: readOutbox(storage, me.id), line: this.socket.getState(), caughtUp: 0, failure: null };
    this.socket.subscribe(() => {
      this.set({ line: this.socket.getState() });
      if (this.state.line.line === "live") void this.pump();
    });
  }

  getState = (): SessionState => this.state;
  subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  start(): void {
    this.socket.start();
  }
  stop(): void {
    this.socket.stop();
  }
  reconnect(): void {
    this.socket.retry();
  }

  // --- loading ---

  async loadChat(chatId: string): Promise<void> {
    if (this.state.inbox.lists[chatId]) return;
    await this.load(() => loadMessages(chatId, { limit: pageSize }), (inbox, page) => addPage(inbox, chatId, page.items, page.hasMore, true));
  }

  async loadOlder(chatId: string): Promise<void> {
    const list = this.state.inbox.lists[chatId];
    const first = list?.items[0];
    if (!list?.hasMore || !first) return;
    await this.load(() => loadMessages(chatId, { before: first.seq, limit: pageSize }), (inbox, page) => addPage(inbox, chatId, page.items, page.hasMore, false));
  }

  async loadMoreChats(): Promise<void> {
    const seqs = Object.values(this.state.inbox.chats).flatMap((chat) => chat.lastMessage?.seq ?? []);
    if (!this.state.inbox.hasMoreChats || seqs.length === 0) return;
    await this.load(() => loadChats(Math.min(...seqs)), (inbox, page) => addChats(inbox, page.items, page.hasMore, false));
  }

  private async load<T>(ask: () => Promise<{ ok: true; value: T } | { ok: false; detail: string }>, take: (inbox: Inbox, value: T) => Inbox): Promise<boolean> {
    this.loads++;
    const from = this.recent.length;
    const answer = await ask();
    this.loads--;
    const since = this.recent.slice(from);
    if (this.loads === 0) this.recent = [];
    if (!answer.ok) {
      this.set({ failure: answer.detail });
      return false;
    }
    let inbox = take(this.state.inbox, answer.value);
    // What happened while we waited may be missing in the answer; what is in it is joined, not doubled.
    const unread = new Map(Object.values(inbox.chats).map((chat) => [chat.id, chat.unread]));
    for (const event of since) {
      const before = inbox;
      inbox = applyEvent(inbox, event, this.me.id);
      if (event.name === "new_message") inbox = keepUnread(before, inbox, event.data, unread);
    }
    this.set({ inbox, failure: null });
    return true;
  }

  private async loadAnew(): Promise<void> {
    const open = Object.keys(this.state.inbox.lists);
    await this.load(() => loadChats(), (inbox, page) => addChats({ ...inbox, lists: {} }, page.items, page.hasMore, true));
    for (const chatId of open) await this.loadChat(chatId);
    const users = await loadUsers();
    if (users.ok) this.set({ inbox: { ...this.state.inbox, users: Object.fromEntries(users.value.map((user) => [user.id, user])) } });
  }

  // --- live ---

  private onSync(sync: Sync, events: LiveEvent[]): void {
    const first = !this.synced;
    this.synced = true;
    if (first || sync.resync) {
      this.set({ caughtUp: 0 });
      void this.loadAnew();
      return;
    }
    this.set({ caughtUp: events.length });
    for (const event of events) this.onEvent(event);
    void loadUsers().then((users) => users.ok && this.set({ inbox: { ...this.state.inbox, users: Object.fromEntries(users.value.map((user) => [user.id, user])) } }));
  }

  private onEvent(event: LiveEvent): void {
    if (this.loads > 0 && this.recent.length < recentMax) this.recent.push(event);
    this.set({ inbox: applyEvent(this.state.inbox, event, this.me.id) });
    if (event.name === "new_message") {
      if (event.data.clientId && event.data.senderId === this.me.id) this.drop(event.data.clientId);
      if (event.data.direction === "in") this.onArrival(event.data);
    }
  }

  private onSignal(name: "typing" | "presence" | "viewing", data: Record<string, unknown>): void {
    const userId = String(data.userId ?? "");
    const inbox = this.state.inbox;
    if (!userId) return;
    if (name === "typing") this.set({ inbox: setTyping(inbox, String(data.chatId), userId, data.isTyping === true) });
    else if (name === "viewing") this.set({ inbox: { ...inbox, viewing: { ...inbox.viewing, [userId]: typeof data.chatId === "string" ? data.chatId : null } } });
    else this.set({ inbox: setPresence(inbox, userId, data.state === "online", typeof data.lastSeen === "string" ? data.lastSeen : null) });
  }

  typing(chatId: string, isTyping: boolean): void {
    this.socket.emit("typing", { chatId, isTyping });
  }
  viewing(chatId: string | null): void {
    this.socket.emit("viewing", { chatId });
  }
  markRead(chatId: string, upTo: number): void {
    const unread = this.state.inbox.chats[chatId]?.unread ?? 0;
    if (unread === 0 || (this.marked[chatId] ?? 0) >= upTo || this.state.line.line !== "live") return;
    this.marked[chatId] = upTo;
    this.socket.emit("read", { chatId, upTo });
  }

  // --- sending ---

  send(chatId: string, text: string, replyTo?: string): void {
    const clientId = crypto.randomUUID();
    const last = this.state.outbox[this.state.outbox.length - 1];
    const now = new Date().toISOString();
    // Strictly rising, so that two messages of one millisecond keep their order.
    const createdAt = last && last.createdAt >= now ? new Date(Date.parse(last.createdAt) + 1).toISOString() : now;
    this.setOutbox([...this.state.outbox, { clientId, chatId, text, createdAt, ...(replyTo && { replyTo }) }]);
    void this.pump();
  }

  discard(clientId: string): void {
    this.drop(clientId);
  }

  async retry(message: Message): Promise<string | null> {
    const answer = await retryMessage(message.id);
    if (!answer.ok) return answer.detail;
    this.set({ inbox: this.merge(answer.value) });
    return null;
  }

  private async pump(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    for (let next = nextToSend(this.state.outbox); next; next = nextToSend(this.state.outbox)) {
      const { clientId, chatId, text, replyTo } = next;
      const answer = await sendMessage({ chatId, text, clientId, ...(replyTo && { replyTo }) });
      if (answer.ok) {
        this.set({ inbox: this.merge(answer.value) });
        this.drop(clientId);
      } else if (answer.status === 0 || answer.status === 401 || answer.status === 429 || answer.status >= 500) {
        break; // kept; goes when the line is back
      } else {
        this.setOutbox(this.state.outbox.map((item) => (item.clientId === clientId ? { ...item, refused: answer.detail } : item)));
      }
    }
    this.sending = false;
  }

  private merge(message: Message): Inbox {
    return applyEvent(this.state.inbox, { name: "new_message", seq: message.seq, data: message }, this.me.id);
  }

  private drop(clientId: string): void {
    if (this.state.outbox.some((item) => item.clientId === clientId)) this.setOutbox(this.state.outbox.filter((item) => item.clientId !== clientId));
  }
  private setOutbox(outbox: readonly Pending[]): void {
    writeOutbox(this.storage, this.me.id, outbox);
    this.set({ outbox });
  }

  addChat(chat: Chat): void {
    this.set({ inbox: { ...this.state.inbox, chats: { ...this.state.inbox.chats, [chat.id]: this.state.inbox.chats[chat.id] ?? chat } } });
  }

  private set(change: Partial<SessionState>): void {
    this.state = { ...this.state, ...change };
    for (const watcher of this.watchers) watcher();
  }
}

// A message that the answer counted already must not count again when its event is applied to that answer.
function keepUnread(before: Inbox, after: Inbox, message: Message, loaded: Map<string, number>): Inbox {
  const known = before.chats[message.chatId];
  const chat = after.chats[message.chatId];
  const had = known?.lastMessage && known.lastMessage.seq >= message.seq;
  if (!had || !chat) return after;
  return { ...after, chats: { ...after.chats, [chat.id]: { ...chat, unread: loaded.get(chat.id) ?? chat.unread } } };
}
