// What was begun and not sent, per person and chat; survives a reload.
import type { Storage } from "@/state/outbox";

const key = (userId: string, chatId: string) => `tickwire.draft.${userId}.${chatId}`;

export function readDraft(storage: Storage, userId: string, chatId: string): string {
  try {
    return storage.getItem(key(userId, chatId)) ?? "";
  } catch {
    return "";
  }
}

export function writeDraft(storage: Storage, userId: string, chatId: string, text: string): void {
  try {
    if (text.trim() === "") storage.removeItem(key(userId, chatId));
    else storage.setItem(key(userId, chatId), text);
  } catch {
    // storage is full or switched off: the draft lives as long as the page
  }
}
