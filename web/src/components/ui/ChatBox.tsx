// The conversation with one person or group.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Avatar } from "@/components/ui/Avatar";
import { Composer } from "@/components/ui/Composer";
import { Icon } from "@/components/ui/Icon";
import { MessageBubble } from "@/components/ui/MessageBubble";
import { Tick } from "@/components/ui/Tick";
import type { InboxSession } from "@/hooks/inboxSession";
import { useSession, useWebSocketMessages } from "@/hooks/useWebSocketMessages";
import { dayKey, dayLabel, phoneLabel, timeOf } from "@/lib/format";
import { readDraft, writeDraft } from "@/state/drafts";
import type { Chat, Message } from "@/types/wire";

interface Props {
  session: InboxSession;
  chat: Chat;
  onBack: () => void;
  onInfo: (message: Message) => void;
}

const nearEnd = 48; // px: closer than this, new messages scroll in
const groupGap = 5 * 60_000;

function startsRun(message: Message, before: Message | undefined): boolean {
  return (
    !before ||
    before.senderId !== message.senderId ||
    dayKey(before.createdAt) !== dayKey(message.createdAt) ||
    Date.parse(message.createdAt) - Date.parse(before.createdAt) > groupGap
  );
}

export function ChatBox({ session, chat, onBack, onInfo }: Props) {
  const { inbox } = useSession(session);
  const { messages, pending, loaded, hasMore, loadOlder } = useWebSocketMessages(session, chat.id);
  const [replyTo, setReplyTo] = useState<Message | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [below, setBelow] = useState(0); // arrived while the reader was further up
  const [atEnd, setAtEnd] = useState(true);
  const scroller = useRef<HTMLDivElement>(null);
  const anchor = useRef<{ height: number; top: number } | null>(null);
  const follow = useRef(true);

  // The wire stands before the first message that was unread on opening, and stays until something is sent.
  const [unreadAtOpen, setUnreadAtOpen] = useState(chat.unread);
  const firstUnread = useMemo(() => {
    if (unreadAtOpen === 0) return null;
    const inbound = messages.filter((message) => message.direction === "in");
    return inbound[Math.max(0, inbound.length - unreadAtOpen)]?.id ?? null;
    // Only when the list is first here: later arrivals do not move it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [loaded, unreadAtOpen]);

  const nameOf = useCallback(
    (message: Message): string => {
      if (message.direction === "out") return message.senderId === session.me.id ? "You" : (inbox.users[message.senderId]?.name ?? "Team");
      return chat.kind === "group" ? (inbox.contacts[message.senderId] ?? phoneLabel(message.senderId)) : chat.title;
    },
    [session.me.id, inbox.users, inbox.contacts, chat],
  );

  // --- scrolling ---

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
    follow.current = true;
    setBelow(0);
  }, []);

  const count = messages.length + pending.length;
  const lastSeq = messages[messages.length - 1]?.seq ?? 0;
  const before = useRef({ count: 0, lastSeq: 0, pending: 0 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const known = before.current;
    before.current = { count, lastSeq, pending: pending.length };
    if (anchor.current) {
      // Older messages came in above: what is read stays where it is.
      element.scrollTop = anchor.current.top + (element.scrollHeight - anchor.current.height);
      anchor.current = null;
      return;
    }
    if (known.count === 0 && count > 0) {
      const wire = element.querySelector(".unread-line");
      if (wire) wire.scrollIntoView({ block: "start" });
      else element.scrollTop = element.scrollHeight;
      follow.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd;
      setAtEnd(follow.current);
      return;
    }
    if (follow.current || pending.length > known.pending) toEnd();
    else if (lastSeq > known.lastSeq) setBelow((n) => n + messages.filter((message) => message.seq > known.lastSeq && message.direction === "in").length);
  }, [count, lastSeq, pending.length, messages, toEnd]);

  // Heights settle after the first paint (fonts, rows that come into view): whoever reads the end stays there.
  useEffect(() => {
    const element = scroller.current;
    const inner = element?.firstElementChild;
    if (!element || !inner || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() => {
      if (follow.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(inner);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  function onScroll() {
    const element = scroller.current;
    if (!element) return;
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd;
    follow.current = end;
    setAtEnd(end);
    if (end) setBelow(0);
    // Well before the top is reached.
    if (element.scrollTop < element.clientHeight * 1.5 && hasMore && !anchor.current) {
      awaitingOlder.current = true;
      void loadOlder();
    }
  }
  const awaitingOlder = useRef(false);
  const firstId = messages[0]?.id;
  const firstBefore = useRef(firstId);
  if (firstBefore.current !== firstId) {
    // A render with an older first message: measure as the page stands, right before it changes.
    if (firstBefore.current !== undefined && awaitingOlder.current && scroller.current)
      anchor.current = { height: scroller.current.scrollHeight, top: scroller.current.scrollTop };
    awaitingOlder.current = false;
    firstBefore.current = firstId;
  }

  const jumpTo = useCallback((id: string) => {
    const element = document.getElementById(id);
    element?.scrollIntoView({ block: "center" });
    element?.classList.add("picked");
    element?.addEventListener("animationend", () => element.classList.remove("picked"), { once: true });
  }, []);

  // --- reading ---

  useEffect(() => {
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
  const onDraft = useCallback((text: string) => writeDraft(localStorage, session.me.id, chat.id, text), [session.me.id, chat.id]);
  const onRetry = useCallback(
    async (message: Message) => {
      setProblem(await session.retry(message));
    },
    [session],
  );
  function onSend(text: string) {
    session.send(chat.id, text, replyTo?.id);
    setReplyTo(null);
    setUnreadAtOpen(0);
    follow.current = true;
  }

  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const byWamid = useMemo(() => new Map(messages.flatMap((message) => (message.whatsappMessageId ? [[message.whatsappMessageId, message] as const] : []))), [messages]);
  const quotedOf = (message: Message) => {
    if (!message.replyTo) return null;
    const target = byId.get(message.replyTo.messageId ?? "") ?? byWamid.get(message.replyTo.whatsappMessageId ?? "");
    return target ? { author: nameOf(target), text: target.text || "Attachment" } : { author: "Earlier message", text: "Not loaded here" };
  };

  const days = useMemo(() => {
    const groups: { key: string; label: string; items: Message[] }[] = [];
    for (const message of messages) {
      const key = dayKey(message.createdAt);
      const last = groups[groups.length - 1];
      if (last?.key === key) last.items.push(message);
      else groups.push({ key: `${key}`, label: dayLabel(message.createdAt), items: [message] });
    }
    return groups;
  }, [messages]);

  const writers = (inbox.typing[chat.id] ?? []).flatMap((id) => inbox.users[id] ?? []);
  const viewers = Object.entries(inbox.viewing).flatMap(([id, at]) => (at === chat.id && id !== session.me.id ? (inbox.users[id] ?? []) : []));
  let previous: Message | undefined;

  return (
    <section className="conv" id="conversation" aria-label="Open chat" data-away={atEnd ? undefined : ""}>
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
          <span className="viewers" role="img" aria-label={`Also looking at this chat: ${viewers.map((user) => user.name).join(", ")}`}>
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
        <div className="msgs" role="log" aria-label={`Conversation with ${chat.title}`} tabIndex={0} ref={scroller} onScroll={onScroll}>
          <div className="msgs-in">
            {!loaded && <p className="quiet">Loading messages…</p>}
            {loaded && count === 0 && <p className="quiet">No messages yet. Write the first one below.</p>}
            {hasMore && <p className="quiet">Loading older messages…</p>}
            {days.map((day) => (
              <section className="dayg" aria-label={day.label} key={day.key}>
                <h3 className="day">{day.label}</h3>
                {day.items.map((message) => {
                  const first = startsRun(message, previous);
                  previous = message;
                  const author = message.direction === "out" || chat.kind === "group" ? nameOf(message) : "";
                  return (
                    <div key={message.id} className="slot">
                      {message.id === firstUnread && (
                        <div className="unread-line">
                          <span>{unreadAtOpen} unread</span>
                        </div>
                      )}
                      <MessageBubble
                        message={message}
                        first={first}
                        mine={message.senderId === session.me.id}
                        author={author}
                        quoted={quotedOf(message)}
                        onReply={setReplyTo}
                        onRetry={onRetry}
                        onInfo={onInfo}
                        onJump={jumpTo}
                      />
                    </div>
                  );
                })}
              </section>
            ))}
            {pending.map((item) => (
              <article
                className={item.refused ? "msg out first failed" : "msg out first queued"}
                key={item.clientId}
                data-testid="message"
                data-status={item.refused ? "failed" : "sending"}
                data-direction="out"
                data-unconfirmed="false"
                aria-label={`You, ${item.refused ? "not sent" : "waiting to be sent"}`}
              >
                <div className="line-b">
                  <div className="bubble">
                    <p className="text" dir="auto">
                      {item.text}{" "}
                      <span className="meta">
                        <time dateTime={item.createdAt}>{timeOf(item.createdAt)}</time>
                        <Tick state={item.refused ? "failed" : "queued"} />
                      </span>
                    </p>
                  </div>
                </div>
                {item.refused && (
                  <div className="note bad">
                    <Icon name="alert" small />
                    <p>
                      <b>Not sent.</b> {item.refused}
                    </p>
                    <button className="btn small line" type="button" onClick={() => session.discard(item.clientId)}>
                      Remove
                    </button>
                  </div>
                )}
              </article>
            ))}
          </div>
        </div>
        {!atEnd && (
          <button className="jump" type="button" data-testid="jump-to-latest" aria-label={below > 0 ? `Go to the latest message, ${below} new` : "Go to the latest message"} onClick={toEnd}>
            <Icon name="down" />
            {below > 0 && <span className="badge">{below}</span>}
          </button>
        )}
      </div>
      <div className="writing" role="status">
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
        {problem && !writers[0] && <span className="over">{problem}</span>}
      </div>
      <Composer
        key={chat.id}
        to={chat.title}
        draft={readDraft(localStorage, session.me.id, chat.id)}
        windowEndsAt={chat.windowEndsAt}
        replyingTo={replyTo && { author: nameOf(replyTo), text: replyTo.text || "Attachment" }}
        onCancelReply={() => setReplyTo(null)}
        onDraft={onDraft}
        onTyping={onTyping}
        onSend={onSend}
      />
    </section>
  );
}
