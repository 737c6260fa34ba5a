// Says how fresh the page is. Nothing stands here while the line is live.
import { useEffect, useState } from "react";
import type { LineState } from "@/lib/socketService";
import { timeOf } from "@/lib/format";
import type { ServiceState } from "@/types/wire";

export type Freshness = "live" | "reconnecting" | "offline" | "back";

const backShown = 4000;

// What the bar and the page's attributes say; "back" for a few seconds after the line returned.
export function useFreshness(line: LineState): Freshness {
  const [seen, setSeen] = useState({ line: line.line, back: false, was: false });
  if (seen.line !== line.line) {
    const lost = line.line === "reconnecting" || line.line === "offline";
    setSeen({ line: line.line, back: line.line === "live" && seen.was, was: lost || (line.line !== "live" && seen.was) });
  }
  useEffect(() => {
    if (!seen.back) return;
    const timer = setTimeout(() => setSeen((now) => ({ ...now, back: false })), backShown);
    return () => clearTimeout(timer);
  }, [seen.back]);
  if (line.line === "live") return seen.back ? "back" : "live";
  if (line.line === "connecting") return "live";
  return line.line === "offline" ? "offline" : "reconnecting";
}

interface Props {
  freshness: Freshness;
  line: LineState;
  waiting: number;
  caughtUp: number;
  onRetry: () => void;
}

export function ConnectionBar({ freshness, line, waiting, caughtUp, onRetry }: Props) {
  const since = timeOf(new Date(line.heard).toISOString());
  const queue = waiting > 0 ? ` · ${waiting} ${waiting === 1 ? "message waits" : "messages wait"} here and will go in order` : "";
  return (
    <>
      <div className="connbar is-reconnecting" role="status">
        {freshness === "reconnecting" && (
          <>
            <span>
              <b>Reconnecting</b>{" "}
              <span className="why">
                · what you see is from <time>{since}</time>
                {queue}
              </span>
            </span>
            <button className="btn small line" type="button" onClick={onRetry}>
              Try now
            </button>
          </>
        )}
      </div>
      <div className="connbar is-offline" role="status">
        {freshness === "offline" && (
          <>
            <span>
              <b>You are offline</b>{" "}
              <span className="why">
                · last update <time>{since}</time>
                {queue}
              </span>
            </span>
            <button className="btn small line" type="button" onClick={onRetry}>
              Try now
            </button>
          </>
        )}
      </div>
      <div className="connbar is-back" role="status">
        {freshness === "back" && (
          <span>
            <b>Live again</b> <span className="why">· {caughtUp === 0 ? "nothing was missed" : `${caughtUp} ${caughtUp === 1 ? "change" : "changes"} caught up, nothing missed`}</span>
          </span>
        )}
      </div>
    </>
  );
}

// Says that nothing goes out to WhatsApp, and why; what the server itself knows, hence only while the line is live.
export function SendingBar({ sending }: { sending: ServiceState["sending"] | undefined }) {
  const paused = sending?.state === "paused" ? sending : undefined;
  const queue = paused && paused.waiting > 0 ? ` ${paused.waiting} ${paused.waiting === 1 ? "message waits" : "messages wait"} and will go in order.` : "";
  return (
    <div className={paused ? "connbar is-paused" : "connbar"} role="status">
      {paused && (
        <span>
          <b>Sending is paused</b>{" "}
          <span className="why">
            {paused.since && (
              <>
                since <time dateTime={paused.since}>{timeOf(paused.since)}</time>
              </>
            )}{" "}
            · {paused.reason}
            {queue}
          </span>
        </span>
      )}
    </div>
  );
}
