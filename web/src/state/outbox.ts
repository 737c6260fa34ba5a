// Messages that the server has not taken yet. Kept in storage, with the client id made before the first try, so that a reload
// or a lost answer neither loses nor doubles one.

export interface Pending {
  clientId: string;
  chatId: string;
  text: string;
  replyTo?: string;
  createdAt: string;
  refused?: string; // why the server will not take it
}

export type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem">;

export function readOutbox(storage: Storage, userId: string): Pending[] {
  try {
    const value: unknown = JSON.parse(storage.getItem(`tickwire.outbox.${userId}`) ?? "[]");
    if (!Array.isArray(value)) return [];
    return value.filter((item): item is Pending => typeof item?.clientId === "string" && typeof item?.chatId === "string" && typeof item?.text === "string");
  } catch {
    return [];
  }
}

export function writeOutbox(storage: Storage, userId: string, pending: readonly Pending[]): void {
  try {
    if (pending.length === 0) storage.removeItem(`tickwire.outbox.${userId}`);
    else storage.setItem(`tickwire.outbox.${userId}`, JSON.stringify(pending));
  } catch {
    // storage is full or switched off: the page still sends, it only forgets on reload
  }
}

// The next one to send: the oldest of each chat that is not refused, one at a time, so that order holds.
export function nextToSend(pending: readonly Pending[]): Pending | undefined {
  return pending.find((item) => !item.refused && !pending.some((other) => other.chatId === item.chatId && other.createdAt < item.createdAt && !other.refused));
}
