import { expect, test, vi } from "vitest";
import { SocketService, type SocketLike } from "@/lib/socketService";
import type { LiveEvent, Sync } from "@/types/wire";

class FakeSocket implements SocketLike {
  listeners = new Map<string, (...values: unknown[]) => void>();
  connected = false;
  active = true;
  emitted: [string, unknown][] = [];
  on(event: string, listener: (...values: never[]) => void) {
    this.listeners.set(event, listener as (...values: unknown[]) => void);
  }
  emit(event: string, ...values: unknown[]) {
    this.emitted.push([event, values[0]]);
  }
  connect() {
    this.connected = true;
  }
  disconnect() {
    this.connected = false;
  }
  says(event: string, ...values: unknown[]) {
    this.listeners.get(event)?.(...values);
  }
}

const message = (seq: number) => ({
  id: `m${seq}`, chatId: "1", senderId: "1", receiverId: "2", text: "t", status: "delivered", createdAt: "2026-11-24T10:00:00.000Z", updatedAt: "2026-11-24T10:00:00.000Z",
  whatsappMessageId: null, seq, direction: "in", type: "text",
});

function begin() {
  const socket = new FakeSocket();
  const syncs: [Sync, LiveEvent[]][] = [];
  const events: number[] = [];
  let auth: ((give: (auth: object) => void) => void) | undefined;
  const service = new SocketService(
    (given) => ((auth = given), socket),
    "ana",
    { onSync: (sync, missed) => syncs.push([sync, missed]), onEvent: (event) => events.push(event.seq), onSignal: () => {} },
    () => 0,
  );
  service.start();
  const authNow = () => {
    let value: object = {};
    auth?.((given) => (value = given));
    return value;
  };
  return { socket, service, syncs, events, authNow };
}

test("what was seen goes with every CONNECT, and nothing is passed on twice", () => {
  const { socket, service, syncs, events, authNow } = begin();
  expect(authNow()).toEqual({});
  socket.says("sync", { epoch: "e", head: 5, events: [] });
  expect(service.getState().line).toBe("live");
  socket.says("new_message", message(6));
  socket.says("new_message", message(6));
  expect(events).toEqual([6]);
  expect(authNow()).toEqual({ epoch: "e", seq: 6 });
  socket.says("disconnect", "transport close");
  expect(service.getState().line).toBe("reconnecting");
  socket.says("sync", { epoch: "e", head: 8, events: [{ seq: 6, event: "new_message", data: message(6) }, { seq: 8, event: "new_message", data: message(8) }] });
  expect(syncs[1]?.[1].map((event) => event.seq)).toEqual([8]);
  expect(authNow()).toEqual({ epoch: "e", seq: 8 });
});

test("listeners hear of changes only, and can leave", () => {
  const { socket, service } = begin();
  let heard = 0;
  const leave = service.subscribe(() => heard++);
  socket.says("sync", { epoch: "e", head: 5, events: [] });
  socket.says("sync", { epoch: "e", head: 5, events: [] });
  expect(heard).toBe(1);
  leave();
  socket.says("disconnect", "transport close");
  expect(heard).toBe(1);
});

test("logged out elsewhere is not a lost line", () => {
  const { socket, service } = begin();
  socket.says("connect_error", { data: { code: "unauthorized" } });
  expect(service.getState().line).toBe("unauthorized");
  const other = begin();
  other.socket.says("disconnect", "io server disconnect");
  expect(other.service.getState().line).toBe("unauthorized");
});

test("rubbish from the wire changes nothing", () => {
  const { socket, events, syncs } = begin();
  socket.says("sync", "x");
  socket.says("sync", { epoch: 1 });
  socket.says("new_message", { seq: 1 });
  socket.says("new_message", null);
  expect([events, syncs]).toEqual([[], []]);
});

function network(onLine: boolean) {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(onLine);
  dispatchEvent(new Event(onLine ? "online" : "offline"));
}

test("without a network it is offline, with one again it connects at once", () => {
  const { socket, service } = begin();
  socket.says("sync", { epoch: "e", head: 5, events: [] });
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  socket.connected = false;
  socket.says("disconnect", "transport close");
  expect(service.getState().line).toBe("offline");
  const connect = vi.spyOn(socket, "connect");
  network(true);
  expect(connect).toHaveBeenCalledTimes(1);
  socket.says("sync", { epoch: "e", head: 5, events: [] });
  expect(service.getState().line).toBe("live");
  service.stop();
  network(false);
  network(true);
  expect(connect).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
});

test("refused for a while: it asks again; stopped: it does not", () => {
  vi.useFakeTimers();
  const { socket, service } = begin();
  const connect = vi.spyOn(socket, "connect");
  socket.active = false; // as the stock client says after CONNECT_ERROR
  socket.says("connect_error", { data: { code: "store_unavailable" } });
  expect(service.getState().line).toBe("reconnecting");
  vi.advanceTimersByTime(1100);
  expect(connect).toHaveBeenCalledTimes(1);
  socket.says("connect_error", new Error("The server took too long to decide")); // without data
  vi.advanceTimersByTime(1100);
  expect(connect).toHaveBeenCalledTimes(2);
  socket.active = true;
  socket.says("connect_error", new Error("websocket error")); // it goes on by itself
  vi.advanceTimersByTime(5000);
  expect(connect).toHaveBeenCalledTimes(2);
  socket.active = false;
  socket.says("connect_error", { data: { code: "store_unavailable" } });
  service.stop();
  vi.advanceTimersByTime(5000);
  expect(connect).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});
