import { useCallback, useEffect, useState } from "react";
import { io } from "socket.io-client";
import { loadInfo, loadMe } from "@/api/messages";
import { InboxPage } from "@/components/InboxPage";
import { LoginPage } from "@/components/LoginPage";
import { InboxSession } from "@/hooks/inboxSession";
import type { SocketFactory, SocketLike } from "@/lib/socketService";
import type { Info, User } from "@/types/wire";

// The stock client. WebSocket first; polling where a proxy does not let it through. Back-off with enough spread that a
// restart does not bring everybody back in one second.
const makeSocket: SocketFactory = (auth) =>
  io({ auth, autoConnect: false, transports: ["websocket", "polling"], reconnectionDelay: 500, reconnectionDelayMax: 15_000, randomizationFactor: 0.5 }) as unknown as SocketLike;

export function App() {
  const [info, setInfo] = useState<Info | null>(null);
  const [session, setSession] = useState<InboxSession | null>(null);
  const [known, setKnown] = useState(false);
  const setupToken = location.pathname === "/setup" ? new URLSearchParams(location.search).get("token") : null;

  const enter = useCallback((user: User) => {
    if (location.pathname === "/setup" || location.pathname === "/login") history.replaceState(null, "", "/");
    const made = new InboxSession(user, makeSocket, localStorage);
    made.start();
    setSession(made);
  }, []);

  useEffect(() => {
    void loadInfo().then((answer) => answer.ok && setInfo(answer.value));
    void loadMe().then((answer) => {
      if (answer.ok) enter(answer.value);
      setKnown(true);
    });
  }, [enter]);

  const left = useCallback(() => {
    setSession((old) => {
      old?.stop();
      return null;
    });
  }, []);

  if (session) return <InboxPage session={session} info={info} onLeft={left} />;
  if (!known) return null;
  return <LoginPage info={info} setupToken={setupToken} onUser={enter} />;
}
