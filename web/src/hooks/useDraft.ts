// The draft of one chat: written through to storage, taken over when another window of the same person changes it.
import { useCallback, useEffect, useReducer, useState } from "react";
import { browserStorage } from "@/lib/browserStorage";
import { draftKey, readDraft, writeDraft } from "@/state/drafts";

export function useDraft(userId: string, chatId: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => readDraft(browserStorage, userId, chatId));
  useEffect(() => {
    const onStorage = (event: StorageEvent) => {
      if (event.key === draftKey(userId, chatId)) setText(event.newValue ?? "");
    };
    addEventListener("storage", onStorage);
    return () => removeEventListener("storage", onStorage);
  }, [userId, chatId]);
  const change = useCallback(
    (value: string) => {
      setText(value);
      writeDraft(browserStorage, userId, chatId, value);
    },
    [userId, chatId],
  );
  return [text, change];
}

// All drafts, for the list: draws again when another window changes one.
export function useDrafts(userId: string): (chatId: string) => string {
  const [, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const onStorage = (event: StorageEvent) => {
      if (event.key?.startsWith(draftKey(userId, ""))) again();
    };
    addEventListener("storage", onStorage);
    return () => removeEventListener("storage", onStorage);
  }, [userId]);
  return (chatId) => readDraft(browserStorage, userId, chatId);
}
