// What the server says, as types; and the way from unknown JSON to them. docs/openapi.json and docs/asyncapi.json are the source.

export type Status = "sending" | "sent" | "delivered" | "read" | "failed";

export interface MessageError {
  code: number;
  title: string;
  reason: string;
  canRetry: boolean;
}

export interface Receipt {
  contactId: string;
  status: Status;
}

export interface Message {
  id: string;
  chatId: string;
  senderId: string;
  receiverId: string;
  text: string;
  status: Status;
  createdAt: string;
  updatedAt: string;
  whatsappMessageId: string | null;
  seq: number;
  clientId?: string;
  direction: "in" | "out";
  type: string;
  notice?: boolean; // a line that nobody wrote: counts as nothing unread
  statusTimes: Partial<Record<Status, string>>;
  attempt: number;
  unconfirmed?: boolean;
  error?: MessageError;
  receipts?: Receipt[];
  reactions?: { from: string; emoji: string }[];
  replyTo?: { whatsappMessageId: string | null; messageId?: string };
  media?: { id: string; mimeType: string; filename?: string; caption?: string; voice?: boolean };
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  contacts?: { name: string; phones: string[] }[];
  forwarded?: boolean;
  playedAt?: string;
  editedAt?: string;
  originalText?: string;
  revokedAt?: string;
}

export interface StatusUpdate {
  messageId: string;
  chatId: string;
  status: Status;
  whatsappMessageId: string | null;
  updatedAt: string;
  statusTimes: Partial<Record<Status, string>>;
  attempt: number;
  unconfirmed?: boolean;
  error?: MessageError;
  receipts?: Receipt[];
  playedAt?: string;
  seq: number;
}

export interface MessageUpdate {
  messageId: string;
  chatId: string;
  text: string;
  reactions?: { from: string; emoji: string }[];
  replyTo?: { whatsappMessageId: string | null; messageId?: string };
  editedAt?: string;
  originalText?: string;
  revokedAt?: string;
  updatedAt: string;
  seq: number;
  joinedInto?: Message; // the message that this one turned out to be; this one is gone
  message?: Message; // all of it: only now WhatsApp tells what is in it
}

// What has changed of a chat; a new one is told whole, with `lastMessage: null` and `unread`.
export type ChatUpdate = Partial<Omit<Chat, "id" | "asOf">> & { chatId: string; mergedInto?: string; seq?: number };

export interface Chat {
  id: string;
  title: string;
  kind: "person" | "group";
  phone?: string;
  username?: string;
  lastMessage: Message | null;
  unread: number;
  windowEndsAt: string | null;
  activity: number; // where it stands in the list
  asOf: number; // ours: what happened up to this event is in here
}

export interface User {
  id: string;
  name: string;
  role: "agent" | "admin";
}
export interface Colleague extends User {
  online: boolean;
  lastSeen: string | null;
}

export interface Info {
  business: { name: string; phoneNumber: string };
  version: string;
  demonstration?: { simulatorUrl: string; logins: { username: string; password: string }[] };
}

// Whether messages go out at all; told after every sync and on each change, not logged.
export interface ServiceState {
  sending: { state: "ok" | "paused"; reason?: string; since?: string; nextTryAt?: string; waiting: number };
  // For admins: business numbers that Meta sends us webhooks of although they are not ours.
  foreignNumbers?: { phoneNumberId: string; displayPhoneNumber?: string; count: number; lastAt: string }[];
}

export interface Sync {
  epoch: string;
  head: number;
  userId?: string; // whose session the server takes this for
  events: { seq: number; event: string; data: unknown }[];
  resync?: boolean;
}

// Logged events, as they change what the page has.
export type LiveEvent =
  | { name: "new_message"; seq: number; data: Message }
  | { name: "message_status_update"; seq: number; data: StatusUpdate }
  | { name: "message_update"; seq: number; data: MessageUpdate }
  | { name: "history_message"; seq: number; data: { messageId: string; chatId: string; message: Message } }
  | { name: "chat_update"; seq: number; data: ChatUpdate }
  | { name: "contact_update"; seq: number; data: { contactId: string; name: string; phone?: string; username?: string } }
  | { name: "read_mark"; seq: number; data: { userId: string; chatId: string; upTo: number; unread: number } };

export const liveEventNames = ["new_message", "message_status_update", "message_update", "history_message", "chat_update", "contact_update", "read_mark"] as const;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const has = (value: Record<string, unknown>, texts: string[], numbers: string[] = []) =>
  texts.every((name) => typeof value[name] === "string") && numbers.every((name) => typeof value[name] === "number");

const statuses = new Set<unknown>(["sending", "sent", "delivered", "read", "failed"]);

export function parseMessage(value: unknown): Message | null {
  if (!isObject(value) || !has(value, ["id", "chatId", "senderId", "receiverId", "text", "createdAt", "updatedAt", "type"], ["seq"])) return null;
  if (Number.isNaN(Date.parse(String(value.createdAt)))) return null;
  if (!statuses.has(value.status) || (value.direction !== "in" && value.direction !== "out")) return null;
  return { statusTimes: {}, attempt: 1, ...value } as unknown as Message;
}

export function parseChat(value: unknown): Chat | null {
  if (!isObject(value) || !has(value, ["id", "title"], ["unread"])) return null;
  const last = value.lastMessage === null || value.lastMessage === undefined ? null : parseMessage(value.lastMessage);
  return { ...(value as unknown as Chat), lastMessage: last, activity: typeof value.activity === "number" ? value.activity : (last?.seq ?? 0), asOf: 0 };
}

// Nothing for what a newer server may say and this page does not know.
export function parseEvent(name: string, data: unknown): LiveEvent | null {
  if (!isObject(data) || typeof data.seq !== "number") return null;
  const seq = data.seq;
  switch (name) {
    case "new_message": {
      const message = parseMessage(data);
      return message && { name, seq, data: message };
    }
    case "message_status_update":
      return has(data, ["messageId", "chatId", "updatedAt"]) && statuses.has(data.status)
        ? { name, seq, data: { statusTimes: {}, attempt: 1, ...data } as unknown as StatusUpdate }
        : null;
    case "message_update":
      if (data.message !== undefined && !parseMessage(data.message)) return null;
      return has(data, ["messageId", "chatId", "text"]) ? { name, seq, data: data as unknown as MessageUpdate } : null;
    case "history_message": {
      const message = parseMessage(data.message);
      return message && has(data, ["messageId", "chatId"]) ? { name, seq, data: { messageId: message.id, chatId: message.chatId, message } } : null;
    }
    case "chat_update":
      return has(data, ["chatId"]) ? { name, seq, data: data as unknown as ChatUpdate } : null;
    case "contact_update":
      return has(data, ["contactId", "name"]) ? { name, seq, data: data as unknown as { contactId: string; name: string } } : null;
    case "read_mark":
      return has(data, ["userId", "chatId"], ["upTo", "unread"])
        ? { name, seq, data: data as unknown as { userId: string; chatId: string; upTo: number; unread: number } }
        : null;
    default:
      return null;
  }
}

export function parseServiceState(value: unknown): ServiceState | null {
  if (!isObject(value) || !isObject(value.sending) || !has(value.sending, ["state"], ["waiting"])) return null;
  return value as unknown as ServiceState;
}

export function parseSync(value: unknown): Sync | null {
  if (!isObject(value) || typeof value.epoch !== "string" || typeof value.head !== "number" || !Array.isArray(value.events)) return null;
  return value as unknown as Sync;
}
