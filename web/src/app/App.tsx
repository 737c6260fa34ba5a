import { useCallback, useEffect, useState } from "react";
import { io } from "socket.io-client";
import { loadInfo, loadMe } from "@/api/messages";
import { InboxPage } from "@/components/InboxPage";
import { LoginPage } from "@/components/LoginPage";
import { InboxSession } from "@/hooks/inboxSession";
import { backoff } from "@/lib/backoff";
import { browserStorage } from "@/lib/browserStorage";
import type { SocketFactory, SocketLike } from "@/lib/socketService";
import type { Info, User } from "@/types/wire";

// The stock client. WebSocket first; polling where a proxy does not let it through. Back-off with enough spread that a
// restart does not bring everybody back in one second.
const makeSocket: SocketFactory = (auth) =>
  io({
    auth,
    autoConnect: false,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 15_000,
    randomizationFactor: 0.5,
  }) as unknown as SocketLike;

const thrownOut = "You have been logged out, here or in another window. What you were writing is kept.";

export function App() {
  const [info, setInfo] = useState<Info | null>(null);
  const [session, setSession] = useState<InboxSession | null>(null);
  const [known, setKnown] = useState(false); // whether somebody is logged in
  const [trouble, setTrouble] = useState<string | null>(null);
  const [notice, setNotice] = useState<string | null>(null);
  const setupToken = location.pathname === "/setup" ? new URLSearchParams(location.search).get("token") : null;

  const enter = useCallback((user: User) => {
    if (location.pathname === "/setup" || location.pathname === "/login") history.replaceState(null, "", "/");
    const made = new InboxSession(user, makeSocket, browserStorage);
    made.start();
    setNotice(null);
    setSession(made);
  }, []);

  // Who is here, asked until the server says so: only its "nobody" leads to the login.
  useEffect(() => {
    let left = false;
    const timers: ReturnType<typeof setTimeout>[] = [];
    async function ask(tries: number) {
      const me = await loadMe();
      if (left) return;
      if (me.ok || me.status === 401) {
        if (me.ok) enter(me.value);
        setKnown(true);
        return;
      }
      setTrouble(me.detail);
      timers.push(setTimeout(() => void ask(tries + 1), backoff(tries)));
    }
    async function askAbout(tries: number) {
      const about = await loadInfo();
      if (left) return;
      if (about.ok) setInfo(about.value);
      else timers.push(setTimeout(() => void askAbout(tries + 1), backoff(tries)));
    }
    void askAbout(0);
    void ask(0);
    return () => {
      left = true;
      timers.forEach(clearTimeout);
    };
  }, [enter]);

  const left = useCallback((why: "asked" | "thrown out") => {
    setNotice(why === "thrown out" ? thrownOut : null);
    setSession((old) => {
      old?.stop();
      return null;
    });
  }, []);

  if (session) return <InboxPage session={session} info={info} onLeft={left} />;
  if (!known)
    return trouble ? (
      <main className="trouble" role="status">
        <h1>Tickwire does not answer</h1>
        <p>{trouble}</p>
      </main>
    ) : null;
  return <LoginPage info={info} setupToken={setupToken} notice={notice} onUser={enter} />;
}
