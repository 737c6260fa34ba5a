// The one live connection. No React in here: it connects, keeps one immutable state, and tells listeners what the server says.
import { liveEventNames, parseEvent, parseSync, type LiveEvent, type Sync } from "@/types/wire";

export type Line = "connecting" | "live" | "reconnecting" | "offline" | "unauthorized";

export interface LineState {
  line: Line;
  since: number; // ms; when the line became so
  heard: number; // ms; when we last knew to be up to date
}

// What we use of socket.io-client, so that tests can hand in another.
export interface SocketLike {
  on(event: string, listener: (...values: never[]) => void): unknown;
  emit(event: string, ...values: unknown[]): unknown;
  connect(): unknown;
  disconnect(): unknown;
  connected: boolean;
  active: boolean; // connected, or tries to by itself
}
export type SocketFactory = (auth: (give: (auth: object) => void) => void) => SocketLike;

// What is told and not logged.
const signalNames = ["typing", "presence", "viewing", "service_state"] as const;
export type SignalName = (typeof signalNames)[number];

export interface SocketListener {
  onSync(sync: Sync, events: LiveEvent[]): void;
  onEvent(event: LiveEvent): void;
  onSignal(name: SignalName, data: Record<string, unknown>): void;
}

export class SocketService {
  private socket: SocketLike | null = null;
  private readonly watchers = new Set<() => void>();
  private state: LineState;
  private epoch: string | null = null;
  private seq: number | null = null;
  private again: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly make: SocketFactory,
    private readonly userId: string,
    private readonly listener: SocketListener,
    private readonly now: () => number = Date.now,
  ) {
    this.state = { line: "connecting", since: now(), heard: now() };
  }

  getState = (): LineState => this.state;
  subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  start(): void {
    // What we have seen goes with every CONNECT, so that the server sends what we missed.
    const socket = this.make((give) => give(this.epoch !== null && this.seq !== null ? { epoch: this.epoch, seq: this.seq } : {}));
    this.socket = socket;
    socket.on("sync", ((value: unknown) => this.onSync(value)) as never);
    for (const name of liveEventNames) socket.on(name, ((data: unknown) => this.onEvent(name, data)) as never);
    for (const name of signalNames)
      socket.on(name, ((data: Record<string, unknown>) => this.listener.onSignal(name, data)) as never);
    socket.on("disconnect", ((reason: string) => {
      // The server has thrown us out (logged out elsewhere): the client would not come back by itself.
      if (reason === "io server disconnect") this.become("unauthorized");
      else this.lost();
    }) as never);
    socket.on("connect_error", ((error: { data?: { code?: string } }) => {
      if (error.data?.code === "unauthorized") return this.become("unauthorized");
      this.lost();
      // Refused by the server, but not for good: the stock client does not try again after CONNECT_ERROR.
      if (!socket.active) this.again = setTimeout(() => socket.connect(), 1000);
    }) as never);
    addEventListener("offline", this.onNetwork);
    addEventListener("online", this.onNetwork);
    document.addEventListener("visibilitychange", this.onVisible);
    socket.connect();
  }

  stop(): void {
    clearTimeout(this.again);
    removeEventListener("offline", this.onNetwork);
    removeEventListener("online", this.onNetwork);
    document.removeEventListener("visibilitychange", this.onVisible);
    const socket = this.socket;
    this.socket = null;
    socket?.disconnect();
  }

  // The session is over, as a request has learnt.
  expire(): void {
    if (this.socket) this.become("unauthorized");
  }

  // The browser tells of the network at once; the heartbeat would need its time.
  private readonly onNetwork = () => {
    if (navigator.onLine) this.retry();
    else if (!this.socket?.connected) this.lost();
  };
  // A page that comes back to the front does not wait for the back-off, which browsers stretch in the background.
  private readonly onVisible = () => {
    if (document.visibilityState === "visible") this.retry();
  };
  private lost(): void {
    if (this.socket && this.state.line !== "unauthorized") this.become(navigator.onLine ? "reconnecting" : "offline");
  }

  // Now, not at the next turn of the back-off.
  retry(): void {
    if (!this.socket || this.socket.connected || this.state.line === "unauthorized") return;
    clearTimeout(this.again);
    this.socket.disconnect();
    this.socket.connect();
  }

  // `answered`: what the server says to it, if it does before the line breaks.
  emit(event: string, data: object, ...answered: ((answer: unknown) => void)[]): void {
    if (this.socket?.connected && this.state.line === "live") this.socket.emit(event, data, ...answered);
  }

  private onSync(value: unknown): void {
    const sync = parseSync(value);
    if (!sync) return;
    // While we were away another window logged somebody else in, whose cookie we have now: nothing may go out in their name.
    if (sync.userId !== undefined && sync.userId !== this.userId) return this.become("unauthorized");
    this.epoch = sync.epoch;
    const events = sync.events.flatMap((item) => parseEvent(item.event, item.data) ?? []).filter((event) => event.seq > (this.seq ?? 0));
    this.seq = sync.head;
    this.listener.onSync(sync, events);
    this.become("live");
  }

  private onEvent(name: string, data: unknown): void {
    const event = parseEvent(name, data);
    if (!event) return;
    if (this.seq !== null && event.seq <= this.seq) return; // had it
    this.seq = event.seq;
    this.listener.onEvent(event);
  }

  private become(line: Line): void {
    if (line === this.state.line) return;
    const wasLive = this.state.line === "live";
    this.state = { line, since: this.now(), heard: wasLive || line === "live" ? this.now() : this.state.heard };
    for (const watcher of this.watchers) watcher();
  }
}
