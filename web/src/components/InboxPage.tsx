// The inbox: chats, the open conversation, message info; what belongs to the whole window (title, sound, keys, address).
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { isPassing } from "@/api/client";
import { logOut } from "@/api/messages";
import { AccountBar } from "@/components/AccountBar";
import { ChatListPane } from "@/components/ChatListPane";
import { ConnectionBar, SendingBar, useFreshness } from "@/components/ConnectionBar";
import { MessageInfo } from "@/components/MessageInfo";
import { NewChatDialog } from "@/components/NewChatDialog";
import { SetupBar } from "@/components/SetupBar";
import { ChatBox } from "@/components/ui/ChatBox";
import type { InboxSession } from "@/hooks/inboxSession";
import { useInboxKeys } from "@/hooks/useInboxKeys";
import { useSession } from "@/hooks/useWebSocketMessages";
import { browserStorage } from "@/lib/browserStorage";
import { chatOfPath, pathOfChat } from "@/lib/address";
import { playArrival } from "@/lib/sound";
import { chatsInOrder, presentChat, unreadTotal } from "@/state/inbox";
import type { Info, Message } from "@/types/wire";

interface Props {
  session: InboxSession;
  info: Info | null;
  onLeft: (why: "asked" | "thrown out") => void;
}

export function InboxPage({ session, info, onLeft }: Props) {
  const { inbox, outbox, line, caughtUp, failure, service } = useSession(session);
  const freshness = useFreshness(line);
  const [askedId, setOpenId] = useState<string | null>(() => chatOfPath(location.pathname));
  const openId = askedId === null ? null : presentChat(inbox, askedId); // it may have become part of another
  const [infoOf, setInfoOf] = useState<{ chatId: string; id: string } | null>(null);
  const [asking, setAsking] = useState(false);
  const [searched, setSearched] = useState<string | null>(null); // a chat of the address that is not there
  const [said, setSaid] = useState(""); // for screen readers: what has just come in
  const [sound, setSound] = useState(() => browserStorage.getItem("tickwire.sound") !== "off");
  const [notLeft, setNotLeft] = useState<string | null>(null); // why logging out did not work
  const openRef = useRef(openId);
  openRef.current = openId;

  // --- where we are, and the way back ---

  useEffect(() => {
    const back = () => {
      setInfoOf(null);
      setOpenId(chatOfPath(location.pathname));
    };
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, []);

  const open = useCallback((chatId: string | null) => {
    setInfoOf(null);
    setOpenId(chatId);
    const path = chatId ? pathOfChat(chatId) : "/";
    if (location.pathname !== path) history.pushState({ ours: true }, "", path);
  }, []);
  const back = useCallback(() => {
    // The step that led here is undone, so that the browser's own "back" does not lead into the chat again.
    if ((history.state as { ours?: boolean } | null)?.ours) history.back();
    else open(null);
  }, [open]);

  useEffect(() => {
    if (openId !== null && openId !== askedId) history.replaceState(history.state, "", pathOfChat(openId));
  }, [openId, askedId]);

  const infoRef = useRef(infoOf);
  infoRef.current = infoOf;
  const onInfo = useCallback((message: Message) => {
    if (!infoRef.current) history.pushState({ ours: true, info: true }, "");
    setInfoOf({ chatId: message.chatId, id: message.id });
  }, []);
  const closeInfo = useCallback(() => {
    setInfoOf(null);
    if ((history.state as { info?: boolean } | null)?.info) history.back();
  }, []);

  const onMore = useCallback(() => void session.loadMoreChats(), [session]);
  // An old chat may stand behind those that are loaded.
  const missing = openId !== null && inbox.loaded && !inbox.chats[openId] ? openId : null;
  useEffect(() => {
    if (missing) void session.findChat(missing).then(() => setSearched(missing));
  }, [session, missing]);

  // --- what comes in ---

  const names = useMemo(() => ({ ...inbox.contacts, ...Object.fromEntries(Object.values(inbox.chats).map((one) => [one.id, one.title])) }), [inbox.contacts, inbox.chats]);
  const namesRef = useRef(names);
  namesRef.current = names;
  useEffect(() => {
    session.onArrival = (message) => {
      const looking = document.visibilityState === "visible" && document.hasFocus() && openRef.current === message.chatId;
      if (sound && !looking) playArrival(message.seq);
      const from = namesRef.current[message.senderId] ?? namesRef.current[message.chatId] ?? "a customer";
      setSaid(openRef.current === message.chatId ? `${from}: ${message.text || "Attachment"}` : `New message from ${from}`);
    };
  }, [session, sound]);

  const waiting = unreadTotal(inbox);
  const business = info?.business.name;
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${business ? `${business} · ` : ""}Tickwire`;
  }, [waiting, business]);
  useEffect(
    () => () => {
      document.title = "Tickwire";
    },
    [],
  );

  useEffect(() => {
    if (line.line === "unauthorized") onLeft("thrown out");
  }, [line.line, onLeft]);

  // --- keys ---

  const step = (by: 1 | -1) => {
    const order = chatsInOrder(inbox);
    const at = order.findIndex((one) => one.id === openId);
    const next = order[at < 0 ? 0 : at + by];
    if (next) open(next.id);
  };
  useInboxKeys({ onStep: step, onEscape: () => (infoOf ? closeInfo() : document.getElementById("draft")?.focus()) });

  const chat = openId ? inbox.chats[openId] : undefined;
  const shownInfo: Message | undefined = infoOf ? inbox.lists[infoOf.chatId]?.items.find((message) => message.id === infoOf.id) : undefined;
  const empty = inbox.loaded && Object.keys(inbox.chats).length === 0;

  async function leave() {
    const done = await logOut();
    // Then the session goes on, and with it whoever sits here next.
    if (!done.ok && isPassing(done)) return setNotLeft("You are still logged in: the server could not be asked. Try again in a moment.");
    onLeft("asked");
  }

  return (
    <>
      <a className="skip" href="#conversation">
        Skip to the conversation
      </a>
      <div className="app" data-view={shownInfo ? "info" : openId ? "chat" : "list"} data-conn={freshness} data-panel={shownInfo ? "open" : "closed"}>
        <div className="shell">
          <ConnectionBar freshness={freshness} line={line} waiting={outbox.filter((item) => !item.refused).length} caughtUp={caughtUp} onRetry={() => session.reconnect()} />
          <SendingBar sending={line.line === "live" ? service?.sending : undefined} />
          <SetupBar numbers={service?.foreignNumbers} />
          <main className={shownInfo ? "cols with-panel" : "cols no-panel"}>
            <h1 className="sr">Tickwire inbox of {business ?? "your business"}</h1>
            <ChatListPane
              info={info}
              inbox={inbox}
              me={session.me}
              openId={openId}
              outbox={outbox}
              live={line.line === "live"}
              failure={failure}
              onOpen={open}
              onNewChat={() => setAsking(true)}
              onMore={onMore}
              footer={
                <AccountBar
                  me={session.me}
                  info={info}
                  freshness={freshness}
                  connecting={line.line === "connecting"}
                  sound={sound}
                  onSound={(on) => {
                    setSound(on);
                    try {
                      browserStorage.setItem("tickwire.sound", on ? "on" : "off");
                    } catch {
                      // it lasts as long as the page
                    }
                  }}
                  problem={notLeft}
                  onLeave={() => void leave()}
                />
              }
            />
            {chat ? (
              <ChatBox key={chat.id} session={session} chat={chat} infoOf={infoOf?.id ?? null} onBack={back} onInfo={onInfo} />
            ) : (
              <section className="conv nothing" id="conversation" aria-label="No chat open">
                <div className="nothing-in">
                  <h2>{openId === null ? (empty ? "Waiting for the first message" : "Choose a chat") : searched === openId ? "There is no such chat" : "Looking for this chat…"}</h2>
                  <p>
                    {failure ??
                      (openId !== null ? (
                        <button className="btn small line" type="button" onClick={() => open(null)}>
                          All chats
                        </button>
                      ) : info?.demonstration ? (
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
            {shownInfo && <MessageInfo message={shownInfo} names={names} onClose={closeInfo} onRetry={() => session.retry(shownInfo)} />}
          </main>
        </div>
      </div>
      <p className="sr" role="status" aria-live="polite" data-testid="announcements">
        {said}
      </p>
      {asking && (
        <NewChatDialog
          onClose={() => setAsking(false)}
          onChat={(made) => {
            void session.findChat(made.id); // it may be an old one
            setAsking(false);
            open(made.id);
          }}
        />
      )}
    </>
  );
}
