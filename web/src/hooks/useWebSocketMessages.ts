// The messages of one chat, loaded and live, with what still waits to be sent.
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { InboxSession, SessionState } from "@/hooks/inboxSession";
import type { Pending } from "@/state/outbox";
import type { Message } from "@/types/wire";

export function useSession(session: InboxSession): SessionState {
  return useSyncExternalStore(session.subscribe, session.getState);
}

const none: readonly Pending[] = [];

export interface ChatMessages {
  messages: readonly Message[];
  pending: readonly Pending[];
  loaded: boolean;
  hasMore: boolean;
  loadOlder: () => void;
  loadBackTo: (isIt: (message: Message) => boolean) => Promise<Message | null>;
}

export function useWebSocketMessages(session: InboxSession, chatId: string): ChatMessages {
  const { inbox, outbox, line } = useSession(session);
  const list = inbox.lists[chatId];
  const loading = useRef(false);

  // Once opened, and again whenever the list was thrown away by a resync or could not be loaded.
  const wanted = !list && inbox.loaded && line.line === "live";
  useEffect(() => {
    if (wanted) void session.loadChat(chatId);
  }, [session, chatId, wanted]);

  const loadOlder = useCallback(() => {
    if (loading.current) return;
    loading.current = true;
    void session.loadOlder(chatId).finally(() => (loading.current = false));
  }, [session, chatId]);
  const loadBackTo = useCallback((isIt: (message: Message) => boolean) => session.loadBackTo(chatId, isIt), [session, chatId]);

  const messages = useMemo(() => list?.items ?? [], [list]);
  const pending = useMemo(() => {
    const waiting = outbox.filter((item) => item.chatId === chatId);
    if (waiting.length === 0) return none;
    const taken = new Set(messages.map((message) => message.clientId));
    return waiting.filter((item) => !taken.has(item.clientId));
  }, [outbox, chatId, messages]);
  return { messages, pending, loaded: list !== undefined, hasMore: list?.hasMore ?? false, loadOlder, loadBackTo };
}
