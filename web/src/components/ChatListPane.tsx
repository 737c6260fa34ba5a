import { memo, useDeferredValue, useEffect, useMemo, useState, type KeyboardEvent, type ReactNode } from "react";
import { Logo } from "@/components/Brand";
import { Avatar } from "@/components/ui/Avatar";
import { Icon } from "@/components/ui/Icon";
import { Tick, tickOf } from "@/components/ui/Tick";
import { useDrafts } from "@/hooks/useDraft";
import { useMinute } from "@/hooks/useMinute";
import { timeLeft, whenLabel } from "@/lib/format";
import { chatsInOrder, type Inbox } from "@/state/inbox";
import type { Pending } from "@/state/outbox";
import type { Chat, Info, User } from "@/types/wire";

interface Props {
  info: Info | null;
  inbox: Inbox;
  me: User;
  openId: string | null;
  outbox: readonly Pending[];
  live: boolean;
  failure: string | null;
  onOpen: (chatId: string) => void;
  onNewChat: () => void;
  onMore: () => void;
  footer: ReactNode;
}

const shownEnough = 20; // rows that fill the column

const icons: Record<string, string> = { image: "Picture", video: "Video", audio: "Voice message", document: "Document", sticker: "Sticker", location: "Location" };

interface RowProps {
  chat: Chat;
  open: boolean;
  writer: string;
  draft: string;
  author: string;
  pending: Pending | undefined; // the newest that the server has not taken yet
  live: boolean;
  now: number;
  onOpen: (id: string) => void;
}

const Row = memo(function Row({ chat, open, writer, draft, author, pending, live, now, onOpen }: RowProps) {
  const last = chat.lastMessage;
  const left = chat.windowEndsAt ? timeLeft(chat.windowEndsAt, now) : null;
  const at = pending?.createdAt ?? last?.createdAt;
  return (
    <li>
      <a
        className={chat.unread > 0 ? "row unread" : "row"}
        href={`/c/${encodeURIComponent(chat.id)}`}
        aria-current={open ? "true" : undefined}
        data-testid="chat-row"
        data-chat-id={chat.id}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          onOpen(chat.id);
        }}
      >
        <Avatar id={chat.id} name={chat.title} group={chat.kind === "group"} />
        <span className="rx">
          <span className="row-top">
            <span className="name" dir="auto">
              {chat.title}
            </span>
            {at && (
              <time className="when" dateTime={at}>
                {whenLabel(at, now)}
              </time>
            )}
          </span>
          <span className="row-sub">
            {writer ? (
              <span className="typing">
                {writer} is writing{" "}
                <span className="dots" aria-hidden="true">
                  <i />
                  <i />
                  <i />
                </span>
              </span>
            ) : draft && !open ? (
              <span className="preview" dir="auto">
                <span className="draft">Draft:</span> {draft}
              </span>
            ) : pending ? (
              <>
                <Tick state={pending.refused ? "failed" : live ? "sending" : "queued"} />
                <span className="preview" dir="auto">
                  {pending.refused && <span className="fail">Not sent · </span>}
                  {pending.text}
                </span>
              </>
            ) : (
              <>
                {last?.direction === "out" && <Tick state={tickOf(last)} />}
                <span className="preview" dir="auto">
                  {last?.status === "failed" && <span className="fail">Failed · </span>}
                  {author && <b>{author}: </b>}
                  {last ? last.text || icons[last.type] || "Attachment" : "No messages yet"}
                </span>
              </>
            )}
            {left?.soon && (
              <span className="due">
                <Icon name="info" small />
                {left.text}
              </span>
            )}
            {chat.unread > 0 && (
              <span className="badge">
                {chat.unread > 999 ? "999+" : chat.unread}
                <span className="sr"> unread</span>
              </span>
            )}
          </span>
        </span>
      </a>
    </li>
  );
});

export function ChatListPane({ info, inbox, me, openId, outbox, live, failure, onOpen, onNewChat, onMore, footer }: Props) {
  const now = useMinute();
  const draftOf = useDrafts(me.id);
  const [search, setSearch] = useState("");
  const [onlyUnread, setOnlyUnread] = useState(false);
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const pending = useMemo(() => new Map(outbox.map((item) => [item.chatId, item])), [outbox]);
  const chats = useMemo(() => chatsInOrder(inbox, new Set(pending.keys())), [inbox, pending]);
  const unread = chats.filter((chat) => chat.unread > 0).length;
  const shown = chats.filter(
    (chat) =>
      (!onlyUnread || chat.unread > 0 || chat.id === openId) &&
      (!wanted || [chat.title, chat.phone ?? "", chat.lastMessage?.text ?? ""].some((text) => text.toLowerCase().includes(wanted))),
  );

  // A search goes through all chats, not only through those that happen to be here.
  const incomplete = inbox.hasMoreChats && (wanted !== "" || onlyUnread) && shown.length < shownEnough;
  const known = Object.keys(inbox.chats).length;
  useEffect(() => {
    if (incomplete) onMore();
  }, [incomplete, known, onMore]);

  function authorOf(chat: Chat): string {
    const last = chat.lastMessage;
    if (!last) return "";
    if (last.direction === "out") return last.senderId === me.id ? "" : (inbox.users[last.senderId]?.name ?? "");
    return chat.kind === "group" ? (inbox.contacts[last.senderId] ?? "") : "";
  }

  // Up, down, Home and End go through the rows; from the search field down into them.
  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>(".row")];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const inSearch = (event.target as HTMLElement).tagName === "INPUT";
    if (event.key === "Escape" && inSearch && search) {
      event.stopPropagation();
      setSearch("");
      return;
    }
    if (event.key === "Enter" && inSearch && shown[0]) return onOpen(shown[0].id);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined || (at < 0 && !(inSearch && event.key === "ArrowDown")) || event.altKey) return;
    event.preventDefault();
    if (to < 0) event.currentTarget.querySelector<HTMLElement>("input")?.focus();
    else rows[Math.min(to, rows.length - 1)]?.focus();
  }

  return (
    <nav className="list" aria-label="Chats" onKeyDown={onKeyDown}>
      <header className="col-head">
        <div className="brand">
          <Logo />
          <div className="txt">
            <p className="bn truncate">{info?.business.name ?? "Tickwire"}</p>
            <p className="truncate num">{info?.business.phoneNumber ?? ""}</p>
          </div>
        </div>
        <button className="ib" type="button" aria-label="New chat" title="New chat" onClick={onNewChat}>
          <Icon name="compose" />
        </button>
      </header>
      <div className="list-tools">
        <label className="search">
          <span className="sr">Search chats</span>
          <Icon name="search" />
          <input id="search" type="search" placeholder="Search" autoComplete="off" value={search} onChange={(event) => setSearch(event.target.value)} />
          <span className="kbd" aria-hidden="true">
            /
          </span>
        </label>
        <div className="filters" role="group" aria-label="Show">
          <button type="button" aria-pressed={!onlyUnread} onClick={() => setOnlyUnread(false)}>
            All
          </button>
          <button type="button" aria-pressed={onlyUnread} onClick={() => setOnlyUnread(true)}>
            Unread {unread > 0 && <span className="n">{unread}</span>}
          </button>
        </div>
      </div>
      <ul
        className="rows"
        aria-label="Chats"
        tabIndex={-1}
        onScroll={(event) => {
          const element = event.currentTarget;
          if (element.scrollHeight - element.scrollTop - element.clientHeight < 400) onMore();
        }}
      >
        {shown.map((chat) => {
          const writer = (inbox.typing[chat.id] ?? []).map((id) => (id === me.id ? "" : (inbox.users[id]?.name ?? ""))).find(Boolean) ?? "";
          return <Row key={chat.id} chat={chat} open={chat.id === openId} writer={writer} draft={draftOf(chat.id)} author={authorOf(chat)} pending={pending.get(chat.id)} live={live} now={now} onOpen={onOpen} />;
        })}
        {incomplete && <li className="quiet">Looking through older chats…</li>}
        {inbox.loaded && !incomplete && shown.length === 0 && (
          <li className="quiet">{wanted ? `No chat has “${search.trim()}” in its name, number or last message.` : onlyUnread ? "No unread chats." : "No chats yet. When a customer writes, they appear here by themselves."}</li>
        )}
        {!inbox.loaded && <li className="quiet">{failure ?? "Loading chats…"}</li>}
      </ul>
      {footer}
    </nav>
  );
}
