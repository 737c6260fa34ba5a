// What was begun and not sent, per person and chat; survives a reload, and is the same in every window.
import { keysWith, type Storage } from "@/state/storage";

export const draftKey = (userId: string, chatId: string) => `tickwire.draft.${userId}.${chatId}`;

export function readDraft(storage: Storage, userId: string, chatId: string): string {
  try {
    return storage.getItem(draftKey(userId, chatId)) ?? "";
  } catch {
    return "";
  }
}

export const chatsWithDrafts = (storage: Storage, userId: string): string[] => keysWith(storage, draftKey(userId, ""));

// The chat became part of another: what was begun in it stands there, below what was begun there already. Gives the whole draft
// there; null: nothing was moved.
export function moveDraft(storage: Storage, userId: string, from: string, into: string): string | null {
  const moved = readDraft(storage, userId, from);
  if (!moved) return null;
  const there = readDraft(storage, userId, into);
  const whole = there ? `${there}\n\n${moved}` : moved;
  writeDraft(storage, userId, into, whole);
  writeDraft(storage, userId, from, "");
  return whole;
}

export function writeDraft(storage: Storage, userId: string, chatId: string, text: string): void {
  try {
    if (text.trim() === "") storage.removeItem(draftKey(userId, chatId));
    else storage.setItem(draftKey(userId, chatId), text);
  } catch {
    // storage is full or switched off: the draft lives as long as the page
  }
}
