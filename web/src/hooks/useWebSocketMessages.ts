// The messages of one chat, loaded and live, with what still waits to be sent.
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { InboxSession, SessionState } from "@/hooks/inboxSession";
import type { Pending } from "@/state/outbox";
import type { Message } from "@/types/wire";

export function useSession(session: InboxSession): SessionState {
  return useSyncExternalStore(session.subscribe, session.getState);
}

export interface ChatMessages {
  messages: readonly Message[];
  pending: readonly Pending[];
  loaded: boolean;
  hasMore: boolean;
  loadOlder: () => Promise<void>;
}

export function useWebSocketMessages(session: InboxSession, chatId: string): ChatMessages {
  const { inbox, outbox, line } = useSession(session);
  const list = inbox.lists[chatId];
  const [loading, setLoading] = useState(false);

  // Once opened, and again whenever the list was thrown away by a resync or could not be loaded.
  const wanted = !list && inbox.loaded && line.line === "live";
  useEffect(() => {
    if (wanted) void session.loadChat(chatId);
  }, [session, chatId, wanted]);

  const loadOlder = useCallback(async () => {
    if (loading) return;
    setLoading(true);
    await session.loadOlder(chatId);
    setLoading(false);
  }, [session, chatId, loading]);

  const messages = useMemo(() => list?.items ?? [], [list]);
  const pending = useMemo(
    () => outbox.filter((item) => item.chatId === chatId && !messages.some((message) => message.clientId === item.clientId)),
    [outbox, chatId, messages],
  );
  return { messages, pending, loaded: list !== undefined, hasMore: list?.hasMore ?? false, loadOlder };
}
