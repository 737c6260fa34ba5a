// Messages that the server has not taken yet. Kept in storage, with the client id made before the first try, so that a reload
// or a lost answer neither loses nor doubles one. Each has a key of its own: windows of one person share the storage and must
// not write over each other.
import { keysWith, type Storage } from "@/state/storage";

export interface Pending {
  clientId: string;
  chatId: string;
  text: string;
  replyTo?: string;
  createdAt: string;
  refused?: string; // why the server will not take it
}

const prefixOf = (userId: string) => `tickwire.outbox.${userId}.`;

function parse(text: string | null): Pending | null {
  try {
    const item = JSON.parse(text ?? "null") as Partial<Pending> | null;
    const complete = [item?.clientId, item?.chatId, item?.text, item?.createdAt].every((value) => typeof value === "string");
    return complete ? (item as Pending) : null;
  } catch {
    return null;
  }
}

const inOrder = (items: Pending[]) => items.sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));

export function readOutbox(storage: Storage, userId: string): Pending[] {
  const prefix = prefixOf(userId);
  return inOrder(keysWith(storage, prefix).flatMap((clientId) => parse(storage.getItem(prefix + clientId)) ?? []));
}

export function keepPending(storage: Storage, userId: string, item: Pending): void {
  try {
    storage.setItem(prefixOf(userId) + item.clientId, JSON.stringify(item));
  } catch {
    // storage is full or switched off: the page still sends, it only forgets on reload
  }
}

export function forgetPending(storage: Storage, userId: string, clientId: string): void {
  try {
    storage.removeItem(prefixOf(userId) + clientId);
  } catch {
    // switched off: nothing was kept
  }
}

// What another window of the same person did to the shared outbox; null: nothing of ours.
export function joinStorageEvent(pending: readonly Pending[], userId: string, key: string | null, value: string | null): readonly Pending[] | null {
  if (!key?.startsWith(prefixOf(userId))) return null;
  const clientId = key.slice(prefixOf(userId).length);
  const others = pending.filter((item) => item.clientId !== clientId);
  const item = parse(value);
  return item ? inOrder([...others, item]) : others;
}

// The next one to send: the oldest of each chat that is not refused, one at a time, so that order holds.
export function nextToSend(pending: readonly Pending[]): Pending | undefined {
  return pending.find((item) => !item.refused && !pending.some((other) => other.chatId === item.chatId && other.createdAt < item.createdAt && !other.refused));
}
