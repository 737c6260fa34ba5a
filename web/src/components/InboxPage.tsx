import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { logOut } from "@/api/messages";
import { ChatListPane } from "@/components/ChatListPane";
import { ConnectionBar, useFreshness } from "@/components/ConnectionBar";
import { MessageInfo } from "@/components/MessageInfo";
import { NewChatDialog } from "@/components/NewChatDialog";
import { ThemeButton } from "@/components/ThemeButton";
import { Avatar } from "@/components/ui/Avatar";
import { ChatBox } from "@/components/ui/ChatBox";
import { Icon } from "@/components/ui/Icon";
import type { InboxSession } from "@/hooks/inboxSession";
import { useSession } from "@/hooks/useWebSocketMessages";
import { playArrival } from "@/lib/sound";
import { readDraft } from "@/state/drafts";
import { unreadTotal } from "@/state/inbox";
import type { Info, Message } from "@/types/wire";

const chatOfPath = () => (location.pathname.startsWith("/c/") ? decodeURIComponent(location.pathname.slice(3)) : null);

export function InboxPage({ session, info, onLeft }: { session: InboxSession; info: Info | null; onLeft: () => void }) {
  const { inbox, outbox, line, caughtUp, failure } = useSession(session);
  const freshness = useFreshness(line);
  const [openId, setOpenId] = useState<string | null>(chatOfPath);
  const [infoOf, setInfoOf] = useState<{ chatId: string; id: string } | null>(null);
  const [asking, setAsking] = useState(false);
  const [sound, setSound] = useState(() => localStorage.getItem("tickwire.sound") !== "off");
  const openRef = useRef(openId);
  openRef.current = openId;

  useEffect(() => {
    const back = () => setOpenId(chatOfPath());
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, []);

  const open = useCallback((chatId: string | null) => {
    setInfoOf(null);
    setOpenId(chatId);
    const path = chatId ? `/c/${encodeURIComponent(chatId)}` : "/";
    if (location.pathname !== path) history.pushState(null, "", path);
  }, []);

  useEffect(() => {
    session.onArrival = (message) => {
      const looking = document.visibilityState === "visible" && document.hasFocus() && openRef.current === message.chatId;
      if (sound && !looking) playArrival();
    };
  }, [session, sound]);

  const waiting = unreadTotal(inbox);
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${info?.business.name ?? "Tickwire"} · Tickwire`;
  }, [waiting, info]);

  useEffect(() => {
    if (line.line === "unauthorized") onLeft();
  }, [line.line, onLeft]);

  const chat = openId ? inbox.chats[openId] : undefined;
  const shownInfo: Message | undefined = useMemo(() => (infoOf ? inbox.lists[infoOf.chatId]?.items.find((message) => message.id === infoOf.id) : undefined), [infoOf, inbox.lists]);
  const onInfo = useCallback((message: Message) => setInfoOf({ chatId: message.chatId, id: message.id }), []);
  const draftOf = useCallback((chatId: string) => readDraft(localStorage, session.me.id, chatId), [session.me.id]);
  const names = useMemo(() => ({ ...inbox.contacts, ...Object.fromEntries(Object.values(inbox.chats).map((one) => [one.id, one.title])) }), [inbox.contacts, inbox.chats]);

  async function leave() {
    await logOut();
    onLeft();
  }

  const footer = (
    <footer className="list-foot" role="group" aria-label="Connection and account">
      <span className={freshness === "offline" ? "live off" : freshness === "reconnecting" ? "live re" : "live ok"} data-testid="connection" data-state={freshness === "back" ? "live" : line.line === "connecting" ? "reconnecting" : freshness}>
        <svg className="wire" viewBox="0 0 28 14" aria-hidden="true">
          <path d={freshness === "live" || freshness === "back" ? "M6.5 7h15" : "M7.5 7h14"} className={freshness === "reconnecting" ? "run" : undefined} />
          <circle className="f" cx="3.5" cy="7" r="3" />
          <circle className={freshness === "live" || freshness === "back" ? "f" : undefined} cx="24.5" cy="7" r={freshness === "live" || freshness === "back" ? 3 : 2.25} />
        </svg>
        <span>{freshness === "offline" ? "Offline" : freshness === "reconnecting" ? "Reconnecting" : line.line === "connecting" ? "Connecting" : "Live"}</span>
      </span>
      <span className="spacer" />
      {info?.demonstration && (
        <a className="ib" href={info.demonstration.simulatorUrl} target="_blank" rel="noreferrer" aria-label="Customer’s phone (demonstration)" title="Customer’s phone (demonstration)">
          <Icon name="phone" />
        </a>
      )}
      <button
        className="ib"
        type="button"
        aria-pressed={sound}
        aria-label={sound ? "Sound is on" : "Sound is off"}
        title={sound ? "Sound is on" : "Sound is off"}
        onClick={() => {
          localStorage.setItem("tickwire.sound", sound ? "off" : "on");
          setSound(!sound);
          if (!sound) playArrival();
        }}
      >
        <Icon name={sound ? "sound" : "mute"} />
      </button>
      <ThemeButton />
      <button className="ib" type="button" aria-label="Sign out" title={`Sign out ${session.me.name}`} onClick={() => void leave()}>
        <Icon name="out" />
      </button>
      <span className="me" title={session.me.name}>
        <Avatar id={session.me.id} name={session.me.name} size="x28" online={freshness === "live" || freshness === "back"} />
        <span className="sr">Signed in as {session.me.name}</span>
      </span>
    </footer>
  );

  return (
    <>
      <a className="skip" href="#conversation">
        Skip to the conversation
      </a>
      <div className="app" data-view={shownInfo ? "info" : openId ? "chat" : "list"} data-conn={freshness} data-panel={shownInfo ? "open" : "closed"}>
        <div className="shell">
          <ConnectionBar freshness={freshness} line={line} waiting={outbox.filter((item) => !item.refused).length} caughtUp={caughtUp} onRetry={() => session.reconnect()} />
          <main className={shownInfo ? "cols with-panel" : "cols no-panel"}>
            <h1 className="sr">Tickwire inbox of {info?.business.name ?? "your business"}</h1>
            <ChatListPane info={info} inbox={inbox} me={session.me} openId={openId} draftOf={draftOf} onOpen={open} onNewChat={() => setAsking(true)} onMore={() => void session.loadMoreChats()} footer={footer} />
            {chat ? (
              <ChatBox key={chat.id} session={session} chat={chat} onBack={() => open(null)} onInfo={onInfo} />
            ) : (
              <section className="conv nothing" id="conversation" aria-label="No chat open">
                <div className="nothing-in">
                  <h2>{openId && inbox.loaded ? "There is no such chat" : inbox.loaded && Object.keys(inbox.chats).length === 0 ? "Waiting for the first message" : "Choose a chat"}</h2>
                  <p>
                    {failure ??
                      (info?.demonstration ? (
                        <>
                          Write from the{" "}
                          <a href={info.demonstration.simulatorUrl} target="_blank" rel="noreferrer">
                            customer’s phone
                          </a>{" "}
                          and watch it arrive here.
                        </>
                      ) : (
                        "New messages appear by themselves; there is nothing to reload."
                      ))}
                  </p>
                </div>
              </section>
            )}
            {shownInfo && <MessageInfo message={shownInfo} names={names} onClose={() => setInfoOf(null)} onRetry={() => void session.retry(shownInfo)} />}
          </main>
        </div>
      </div>
      {asking && (
        <NewChatDialog
          onClose={() => setAsking(false)}
          onChat={(made) => {
            session.addChat(made);
            setAsking(false);
            open(made.id);
          }}
        />
      )}
    </>
  );
}
