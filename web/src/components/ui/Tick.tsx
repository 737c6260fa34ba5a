// Where a message stands. The box never changes its size, so no text moves when a tick does.
import type { Message } from "@/types/wire";

export type TickState = "queued" | "sending" | "sent" | "delivered" | "read" | "failed" | "unconfirmed";

export const tickWords: Record<TickState, string> = {
  queued: "Sending when the connection is back",
  sending: "Sending",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  failed: "Failed",
  unconfirmed: "Unconfirmed",
};

export const tickOf = (message: Message): TickState => (message.unconfirmed ? "unconfirmed" : message.status);

function Shape({ state }: { state: TickState }) {
  switch (state) {
    case "queued":
    case "sending":
      return (
        <g className="k">
          <circle cx="12" cy="8" r="5.6" />
          <path d="M12 5v3.2l2 1.2" />
        </g>
      );
    case "sent":
      return <path className="t1" d="M1.5 7.25 5 10.75 12 3.25" />;
    case "delivered":
    case "read":
      return (
        <>
          <path className="t1" d="M1.5 7.25 5 10.75 12 3.25" />
          <path className="t2" pathLength={1} d="M9.1 9.35 10.5 10.75 17.5 3.25" />
          {state === "read" && <path className="w" pathLength={1} d="M1.5 14.25h16" />}
        </>
      );
    case "failed":
      return (
        <g className="x">
          <circle cx="12" cy="8" r="6.5" fill="currentColor" stroke="none" />
          <path d="M12 4.9v3.6" stroke="var(--x-ink,var(--on-danger))" />
          <circle cx="12" cy="11.1" r="1.05" fill="var(--x-ink,var(--on-danger))" stroke="none" />
        </g>
      );
    case "unconfirmed":
      return (
        <g className="q">
          <circle cx="12" cy="8" r="6" strokeDasharray="2.5 2.21" strokeWidth="1.5" />
          <path d="M10.5 6.7a1.6 1.6 0 1 1 2.3 1.45c-.5.25-.8.5-.8 1" strokeWidth="1.5" />
          <circle cx="12" cy="10.9" r=".85" fill="currentColor" stroke="none" />
        </g>
      );
  }
}

export function Tick({ state, size = "" }: { state: TickState; size?: string }) {
  return (
    <span className={`tick ${size}`.trim()} data-s={state === "queued" ? "sending" : state} role="img" aria-label={tickWords[state]} title={tickWords[state]}>
      <svg viewBox="0 0 20 16" aria-hidden="true">
        <Shape state={state} />
      </svg>
    </span>
  );
}
