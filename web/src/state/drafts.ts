// What was begun and not sent, per person and chat; survives a reload, and is the same in every window.
import type { Storage } from "@/state/outbox";

export const draftKey = (userId: string, chatId: string) => `tickwire.draft.${userId}.${chatId}`;

export function readDraft(storage: Storage, userId: string, chatId: string): string {
  try {
    return storage.getItem(draftKey(userId, chatId)) ?? "";
  } catch {
    return "";
  }
}

export function writeDraft(storage: Storage, userId: string, chatId: string, text: string): void {
  try {
    if (text.trim() === "") storage.removeItem(draftKey(userId, chatId));
    else storage.setItem(draftKey(userId, chatId), text);
  } catch {
    // storage is full or switched off: the draft lives as long as the page
  }
}
