// The messages of one chat, as a pure reducer with the same join as the server: events may come twice or in any order and
// a tick never goes back.
import type { Message, MessageUpdate, Status, StatusUpdate } from "@/types/wire";

const rank: Record<Status, number> = { sending: 0, sent: 1, failed: 2, delivered: 3, read: 4 };

export interface MessageList {
  items: readonly Message[]; // by seq
  hasMore: boolean; // older ones on the server
  asOf: number; // what happened up to this event was in it when it was loaded
}

export const emptyList: MessageList = { items: [], hasMore: false, asOf: 0 };

// Whether what is told stands behind what is known: a later attempt, else a higher status, wins.
function isOlder(known: Message, told: { attempt: number; status: Status }): boolean {
  if (told.attempt !== known.attempt) return told.attempt < known.attempt;
  return rank[told.status] < rank[known.status];
}

export function joinStatus(known: Message, told: StatusUpdate): Message {
  if (isOlder(known, told)) return known;
  const times = told.attempt > known.attempt ? told.statusTimes : { ...known.statusTimes, ...told.statusTimes };
  const { error: _error, unconfirmed: _unconfirmed, ...rest } = known;
  void _error;
  void _unconfirmed;
  return {
    ...rest,
    status: told.status,
    attempt: told.attempt,
    whatsappMessageId: told.whatsappMessageId ?? known.whatsappMessageId,
    updatedAt: told.updatedAt > known.updatedAt ? told.updatedAt : known.updatedAt,
    statusTimes: times,
    ...(told.unconfirmed && { unconfirmed: true }),
    ...(told.error && { error: told.error }),
    ...((told.receipts ?? known.receipts) && { receipts: told.receipts ?? known.receipts }),
    ...((told.playedAt ?? known.playedAt) && { playedAt: told.playedAt ?? known.playedAt }),
  };
}

export function joinUpdate(known: Message, told: MessageUpdate): Message {
  if (told.updatedAt < known.updatedAt) return known; // what we have was loaded later
  if (told.message) return joinStatus(told.message, { ...known, messageId: known.id }); // all of it anew, but no tick goes back
  const { messageId: _id, chatId: _chat, seq: _number, joinedInto: _into, ...changed } = told;
  void [_id, _chat, _number, _into];
  return { ...known, ...changed };
}

// The same message from two sources: whichever is further.
export function joinMessage(a: Message, b: Message): Message {
  if (isOlder(a, b)) return a;
  if (isOlder(b, a)) return b;
  return a.updatedAt >= b.updatedAt ? a : b;
}

export function addMessages(list: MessageList, added: readonly Message[], hasMore = list.hasMore): MessageList {
  if (added.length === 0 && hasMore === list.hasMore) return list;
  const last = list.items[list.items.length - 1];
  const first = added[0];
  if (added.length === 1 && first && (!last || first.seq > last.seq)) return { ...list, items: [...list.items, first], hasMore };
  const byId = new Map(list.items.map((message) => [message.id, message]));
  for (const message of added) {
    const known = byId.get(message.id);
    byId.set(message.id, known ? joinMessage(known, message) : message);
  }
  return { ...list, items: [...byId.values()].sort((a, b) => a.seq - b.seq), hasMore };
}

// An old message in its place; one that lies before all we have comes with its page.
export function addHistory(list: MessageList, message: Message): MessageList {
  const first = list.items[0];
  if (list.hasMore && first && message.seq < first.seq) return list;
  return addMessages(list, [message]);
}

export function changeMessage(list: MessageList, id: string, change: (known: Message) => Message): MessageList {
  const index = list.items.findIndex((message) => message.id === id);
  const known = list.items[index];
  if (!known) return list;
  const changed = change(known);
  if (changed === known) return list;
  return { ...list, items: list.items.with(index, changed) };
}
