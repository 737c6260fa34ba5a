// The conversation with one person or group.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Avatar } from "@/components/ui/Avatar";
import { Composer } from "@/components/ui/Composer";
import { Icon } from "@/components/ui/Icon";
import { MessageBubble } from "@/components/ui/MessageBubble";
import { Timeline, type Place, type TimelineHandle } from "@/components/ui/Timeline";
import type { InboxSession } from "@/hooks/inboxSession";
import { useMinute } from "@/hooks/useMinute";
import { useSession, useWebSocketMessages } from "@/hooks/useWebSocketMessages";
import { dayLabel, phoneLabel } from "@/lib/format";
import { rowKey, timelineRows, type TimelineRow } from "@/state/timeline";
import type { Chat, Message } from "@/types/wire";

interface Props {
  session: InboxSession;
  chat: Chat;
  infoOf: string | null; // the message whose info is open
  onBack: () => void;
  onInfo: (message: Message) => void;
}

const unreadShown = 50; // with more unread than this, reading begins at the end

// Where each chat was left, as long as the page lives.
const places = new Map<string, Place>();

export function ChatBox({ session, chat, infoOf, onBack, onInfo }: Props) {
  const { inbox, line, failure } = useSession(session);
  const { messages, pending, loaded, hasMore, loadOlder, loadBackTo } = useWebSocketMessages(session, chat.id);
  const now = useMinute();
  const [replyTo, setReplyTo] = useState<Message | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [seen, setSeen] = useState(0); // seq of the newest message that was in view
  const timeline = useRef<TimelineHandle>(null);
  const live = line.line === "live";

  // The wire stands before the first message that was unread on opening, and stays until something is sent.
  const [unreadAtOpen, setUnreadAtOpen] = useState(chat.unread);
  const [seqAtOpen] = useState(chat.lastMessage?.seq ?? 0);
  const [firstUnread, setFirstUnread] = useState<string | null>(null);
  if (unreadAtOpen > 0 && firstUnread === null && loaded) {
    const inbound = messages.filter((message) => message.direction === "in" && message.seq <= seqAtOpen);
    const first = inbound[inbound.length - unreadAtOpen]; // none: it stands further up and is not loaded yet
    if (first) setFirstUnread(first.id);
  }
  const [start] = useState<Place | "unread" | "end">(() => {
    if (chat.unread > unreadShown) return "end"; // nobody reads hundreds from the first on
    return chat.unread > 0 ? "unread" : (places.get(`${session.me.id} ${chat.id}`) ?? "end");
  });

  const rows = useMemo(() => timelineRows(messages, pending, session.me.id, { id: unreadAtOpen > 0 ? firstUnread : null, count: unreadAtOpen }), [messages, pending, session.me.id, firstUnread, unreadAtOpen]);

  const nameOf = useCallback(
    (message: Message): string => {
      if (message.direction === "out") return message.senderId === session.me.id ? "You" : (inbox.users[message.senderId]?.name ?? "Team");
      return chat.kind === "group" ? (inbox.contacts[message.senderId] ?? phoneLabel(message.senderId)) : chat.title;
    },
    [session.me.id, inbox.users, inbox.contacts, chat.kind, chat.title],
  );

  // --- what is in view ---

  const lastSeq = messages[messages.length - 1]?.seq ?? 0;
  if (atEnd && lastSeq > seen) setSeen(lastSeq);
  const below = useMemo(() => (atEnd ? 0 : messages.filter((message) => message.seq > seen && message.direction === "in").length), [atEnd, messages, seen]);

  // Where reading stopped, kept when the chat is left; at the end there is nothing to keep.
  useLayoutEffect(() => {
    const key = `${session.me.id} ${chat.id}`;
    const shown = timeline;
    return () => {
      const place = shown.current?.place();
      if (place) places.set(key, place);
      else places.delete(key);
    };
  }, [session.me.id, chat.id]);

  // Before anything is painted: what comes into an open chat is never shown as unread.
  useLayoutEffect(() => {
    const look = () => {
      if (atEnd && loaded && lastSeq > 0 && document.visibilityState === "visible" && document.hasFocus()) session.markRead(chat.id, lastSeq);
    };
    look();
    window.addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [session, chat.id, chat.unread, atEnd, loaded, lastSeq]);

  useEffect(() => {
    session.viewing(chat.id);
    return () => session.viewing(null);
  }, [session, chat.id]);

  // --- doing ---

  const onTyping = useCallback((isTyping: boolean) => session.typing(chat.id, isTyping), [session, chat.id]);
  const onRetry = useCallback(async (message: Message) => setProblem(await session.retry(message)), [session]);
  const onDiscard = useCallback((clientId: string) => session.discard(clientId), [session]);
  function onSend(text: string) {
    session.send(chat.id, text, replyTo?.id);
    setReplyTo(null);
    setProblem(null);
    setUnreadAtOpen(0);
    timeline.current?.toEnd();
  }

  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const byWamid = useMemo(() => new Map(messages.flatMap((message) => (message.whatsappMessageId ? [[message.whatsappMessageId, message] as const] : []))), [messages]);
  const quotedBy = (message: Message) => message.replyTo && (byId.get(message.replyTo.messageId ?? "") ?? byWamid.get(message.replyTo.whatsappMessageId ?? ""));

  const onJump = useCallback(
    async (message: Message) => {
      const quoted = message.replyTo;
      const target = await loadBackTo((one) => one.id === quoted?.messageId || (one.whatsappMessageId !== null && one.whatsappMessageId === quoted?.whatsappMessageId));
      // After the render that has it.
      if (target) requestAnimationFrame(() => timeline.current?.show(rowKey(target)));
      else setProblem("The message it answers is not here.");
    },
    [loadBackTo],
  );

  function draw(row: TimelineRow) {
    if (row.kind === "day") return <h3 className="day">{dayLabel(row.at, now)}</h3>;
    if (row.kind === "unread")
      return (
        <div className="unread-line">
          <span>{row.count} unread</span>
        </div>
      );
    const { message, first } = row;
    const quoted = quotedBy(message);
    return (
      <MessageBubble
        message={message}
        first={first}
        mine={message.senderId === session.me.id}
        author={message.direction === "out" || chat.kind === "group" ? nameOf(message) : ""}
        quotedAuthor={quoted ? nameOf(quoted) : message.replyTo ? "Earlier message" : ""}
        quotedText={quoted ? quoted.text || "Attachment" : "Click to load it"}
        shown={message.id === infoOf}
        waiting={row.pending ? (live ? "sending" : "queued") : "no"}
        onReply={setReplyTo}
        onRetry={onRetry}
        onInfo={onInfo}
        onJump={onJump}
        onDiscard={onDiscard}
      />
    );
  }

  const writers = (inbox.typing[chat.id] ?? []).flatMap((id) => (id === session.me.id ? [] : (inbox.users[id] ?? [])));
  const viewers = Object.entries(inbox.viewing).flatMap(([id, at]) => (at === chat.id && id !== session.me.id ? (inbox.users[id] ?? []) : []));

  return (
    <section className="conv" id="conversation" aria-label={`Conversation with ${chat.title}`} data-away={atEnd ? undefined : ""}>
      <header className="col-head conv-head">
        <button className="ib back" type="button" aria-label="Back to chats" onClick={onBack}>
          <Icon name="left" />
        </button>
        <div className="who">
          <Avatar id={chat.id} name={chat.title} size="x40" group={chat.kind === "group"} />
          <div className="txt">
            <h2 className="truncate" dir="auto">
              {chat.title}
            </h2>
            <p>
              <span className="num">{chat.phone ? phoneLabel(chat.phone) : chat.username ? `@${chat.username}` : chat.kind === "group" ? "Group" : ""}</span>
            </p>
          </div>
        </div>
        {viewers.length > 0 && (
          <span className="viewers" role="img" aria-label={`Also looking at this chat: ${viewers.map((user) => user.name).join(", ")}`} title={`Also looking at this chat: ${viewers.map((user) => user.name).join(", ")}`}>
            <span className="stack">
              {viewers.map((user) => (
                <Avatar key={user.id} id={user.id} name={user.name} size="x24 team" />
              ))}
            </span>
            <span className="lbl" aria-hidden="true">
              also here
            </span>
          </span>
        )}
      </header>
      <div className="msgs-wrap">
        <Timeline
          ref={timeline}
          label={`Messages with ${chat.title}`}
          rows={loaded ? rows : []}
          start={start}
          draw={draw}
          dayOf={(row) => (row.kind === "message" ? dayLabel(row.message.createdAt, now) : "")}
          onEnd={setAtEnd}
          onNearTop={loadOlder}
          top={
            !loaded ? (
              <p className="quiet">{failure ?? "Loading messages…"}</p>
            ) : rows.length === 0 ? (
              <p className="quiet">No messages yet. Write the first one below.</p>
            ) : hasMore ? (
              <p className="quiet">
                {failure ?? "Loading older messages…"}{" "}
                {failure && (
                  <button className="btn small line" type="button" onClick={loadOlder}>
                    Try again
                  </button>
                )}
              </p>
            ) : null
          }
        />
        {!atEnd && (
          <button
            className="jump"
            type="button"
            data-testid="jump-to-latest"
            aria-label={below > 0 ? `Jump to latest message, ${below} new` : "Jump to latest message"}
            title="Jump to latest message"
            onClick={() => timeline.current?.toEnd()}
          >
            <Icon name="down" />
            {below > 0 && <span className="badge">{below}</span>}
          </button>
        )}
      </div>
      <div className="writing">
        <span className="writing-in" role="status">
          {writers[0] && (
            <>
              <Avatar id={writers[0].id} name={writers[0].name} size="x20" />
              <span>
                <b>{writers.map((user) => user.name).join(", ")}</b> {writers.length > 1 ? "are" : "is"} writing a reply
              </span>
              <span className="dots" aria-hidden="true">
                <i />
                <i />
                <i />
              </span>
            </>
          )}
        </span>
        {problem && (
          <span className="over" role="alert">
            {problem}
            <button className="ib tiny" type="button" aria-label="Dismiss" onClick={() => setProblem(null)}>
              <Icon name="x" small />
            </button>
          </span>
        )}
      </div>
      <Composer
        to={chat.title}
        userId={session.me.id}
        chatId={chat.id}
        windowEndsAt={chat.windowEndsAt}
        replyingTo={replyTo && { author: nameOf(replyTo), text: replyTo.text || "Attachment" }}
        onCancelReply={() => setReplyTo(null)}
        onTyping={onTyping}
        onSend={onSend}
        onPage={(direction) => timeline.current?.page(direction)}
      />
    </section>
  );
}
