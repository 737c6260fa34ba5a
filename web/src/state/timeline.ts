// The rows of a conversation: day separators, the unread wire, messages, and what still waits to be sent. Pure.
import { dayKey } from "@/lib/format";
import type { Pending } from "@/state/outbox";
import type { Message } from "@/types/wire";

export type TimelineRow =
  | { kind: "day"; key: string; at: string }
  | { kind: "unread"; key: string; count: number }
  | { kind: "message"; key: string; message: Message; first: boolean; pending?: Pending };

const groupGap = 5 * 60_000;

// Asked for each row at each change, and dear: kept as long as the message.
const days = new WeakMap<Message, string>();
function dayOf(message: Message): string {
  const known = days.get(message);
  if (known !== undefined) return known;
  const day = dayKey(message.createdAt);
  days.set(message, day);
  return day;
}

// First of a run by one sender.
export function startsRun(message: Message, before: Message | undefined): boolean {
  return (
    !before ||
    before.senderId !== message.senderId ||
    dayOf(before) !== dayOf(message) ||
    Date.parse(message.createdAt) - Date.parse(before.createdAt) > groupGap
  );
}

// A message keeps its row from the moment somebody presses send: the id comes later, the client id is there.
export const rowKey = (message: Pick<Message, "id" | "senderId" | "clientId">) => (message.clientId ? `${message.senderId}/${message.clientId}` : message.id);

export function pendingAsMessage(item: Pending, me: string, quotedWamid: string | null = null): Message {
  return {
    id: `pending-${item.clientId}`,
    chatId: item.chatId,
    senderId: me,
    receiverId: item.chatId,
    text: item.text,
    status: item.refused ? "failed" : "sending",
    createdAt: item.createdAt,
    updatedAt: item.createdAt,
    whatsappMessageId: null,
    seq: Number.MAX_SAFE_INTEGER,
    clientId: item.clientId,
    direction: "out",
    type: "text",
    statusTimes: {},
    attempt: 1,
    ...(item.replyTo && { replyTo: { whatsappMessageId: quotedWamid, messageId: item.replyTo } }),
    ...(item.refused && { error: { code: 0, title: "Not accepted", reason: item.refused, canRetry: false } }),
  };
}

export function timelineRows(messages: readonly Message[], pending: readonly Pending[], me: string, unread: { id: string | null; count: number }): TimelineRow[] {
  const rows: TimelineRow[] = [];
  let before: Message | undefined;
  const add = (message: Message, item?: Pending) => {
    const day = dayOf(message);
    if (!before || dayOf(before) !== day) rows.push({ kind: "day", key: `day ${day} ${before ? rowKey(message) : ""}`, at: message.createdAt });
    if (message.id === unread.id) rows.push({ kind: "unread", key: "unread", count: unread.count });
    rows.push({ kind: "message", key: rowKey(message), message, first: startsRun(message, before), ...(item && { pending: item }) });
    before = message;
  };
  for (const message of messages) add(message);
  for (const item of pending) add(pendingAsMessage(item, me), item);
  return rows;
}

// For rows that were never drawn.
export function estimatedHeight(row: TimelineRow): number {
  if (row.kind !== "message") return 44;
  const lines = row.message.text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 60)), 0);
  return (row.first ? 48 : 39) + 20 * (lines - 1) + (row.message.media || row.message.location ? 24 : 0);
}
