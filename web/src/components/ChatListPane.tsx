import { memo, useDeferredValue, useMemo, useState, type ReactNode } from "react";
import { Logo } from "@/components/Brand";
import { Avatar } from "@/components/ui/Avatar";
import { Icon } from "@/components/ui/Icon";
import { Tick, tickOf } from "@/components/ui/Tick";
import { timeLeft, whenLabel } from "@/lib/format";
import { chatsInOrder, type Inbox } from "@/state/inbox";
import type { Chat, Info, User } from "@/types/wire";

interface Props {
  info: Info | null;
  inbox: Inbox;
  me: User;
  openId: string | null;
  draftOf: (chatId: string) => string;
  onOpen: (chatId: string) => void;
  onNewChat: () => void;
  onMore: () => void;
  footer: ReactNode;
}

const icons: Record<string, string> = { image: "Picture", video: "Video", audio: "Voice message", document: "Document", sticker: "Sticker", location: "Location" };

const Row = memo(function Row({ chat, open, writer, draft, author, onOpen }: { chat: Chat; open: boolean; writer: string; draft: string; author: string; onOpen: (id: string) => void }) {
  const last = chat.lastMessage;
  const left = chat.windowEndsAt ? timeLeft(chat.windowEndsAt) : null;
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
            {last && <time className="when">{whenLabel(last.createdAt)}</time>}
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
            ) : (
              <>
                {last?.direction === "out" && <Tick state={tickOf(last)} />}
                <span className="preview" dir="auto">
                  {last?.status === "failed" && <span className="fail">Not delivered · </span>}
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

export function ChatListPane({ info, inbox, me, openId, draftOf, onOpen, onNewChat, onMore, footer }: Props) {
  const [search, setSearch] = useState("");
  const [onlyUnread, setOnlyUnread] = useState(false);
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const chats = useMemo(() => chatsInOrder(inbox), [inbox]);
  const unread = chats.filter((chat) => chat.unread > 0).length;
  const shown = chats.filter(
    (chat) =>
      (!onlyUnread || chat.unread > 0 || chat.id === openId) &&
      (!wanted || [chat.title, chat.phone ?? "", chat.lastMessage?.text ?? ""].some((text) => text.toLowerCase().includes(wanted))),
  );

  function authorOf(chat: Chat): string {
    const last = chat.lastMessage;
    if (!last) return "";
    if (last.direction === "out") return last.senderId === me.id ? "" : (inbox.users[last.senderId]?.name ?? "");
    return chat.kind === "group" ? (inbox.contacts[last.senderId] ?? "") : "";
  }

  return (
    <nav className="list" aria-label="Chats">
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
          <input type="search" placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)} />
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
        tabIndex={-1}
        onScroll={(event) => {
          const element = event.currentTarget;
          if (element.scrollHeight - element.scrollTop - element.clientHeight < 400) onMore();
        }}
      >
        {shown.map((chat) => {
          const writer = (inbox.typing[chat.id] ?? []).map((id) => inbox.users[id]?.name ?? "").find(Boolean) ?? "";
          return <Row key={chat.id} chat={chat} open={chat.id === openId} writer={writer} draft={draftOf(chat.id)} author={authorOf(chat)} onOpen={onOpen} />;
        })}
        {inbox.loaded && shown.length === 0 && (
          <li className="quiet">{wanted || onlyUnread ? "Nothing fits." : "No chats yet. When a customer writes, they appear here by themselves."}</li>
        )}
        {!inbox.loaded && <li className="quiet">Loading chats…</li>}
      </ul>
      {footer}
    </nav>
  );
}
