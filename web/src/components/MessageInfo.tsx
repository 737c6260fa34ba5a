// The way of one message: what WhatsApp said when, and what to do if it failed.
import { Icon } from "@/components/ui/Icon";
import { tickOf, tickWords } from "@/components/ui/Tick";
import type { Message, Status } from "@/types/wire";

const steps: Status[] = ["sent", "delivered", "read", "failed"];
const words: Record<Status, string> = { sending: "Accepted here", sent: "Sent", delivered: "Delivered", read: "Read", failed: "Not delivered" };
const full = (iso: string) => new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function MessageInfo({ message, names, onClose, onRetry }: { message: Message; names: Readonly<Record<string, string>>; onClose: () => void; onRetry: () => void }) {
  const out = message.direction === "out";
  return (
    <section className="panel" aria-label="Message info">
      <header className="col-head">
        <h2>Message info</h2>
        <button className="ib" type="button" aria-label="Close the panel" onClick={onClose}>
          <Icon name="x" />
        </button>
      </header>
      <div className="panel-body info-body" tabIndex={0} role="region" aria-label="The way of this message">
        <p className="info-text" dir="auto">
          {message.text}
        </p>
        {out && (
          <p className="info-state">
            <b>{tickWords[tickOf(message)]}</b>
          </p>
        )}
        {message.error && (
          <div className={message.unconfirmed ? "info-error maybe" : "info-error"}>
            <b>{message.error.title}</b>
            <p>{message.error.reason}</p>
            {(message.unconfirmed || message.error.canRetry) && (
              <button className="btn small line" type="button" onClick={onRetry}>
                {message.unconfirmed ? "Send again" : "Retry"}
              </button>
            )}
          </div>
        )}
        <ol className="info-steps">
          <li>
            <b>{out ? words.sending : "Written"}</b>
            <time>{full(message.createdAt)}</time>
          </li>
          {steps.map((step) => {
            const at = message.statusTimes[step];
            return at ? (
              <li key={step}>
                <b>{words[step]}</b>
                <time>{full(at)}</time>
              </li>
            ) : null;
          })}
          {message.playedAt && (
            <li>
              <b>Played</b>
              <time>{full(message.playedAt)}</time>
            </li>
          )}
        </ol>
        {message.receipts && (
          <ul className="info-steps">
            {message.receipts.map((receipt) => (
              <li key={receipt.contactId}>
                <b>{names[receipt.contactId] ?? `+${receipt.contactId}`}</b>
                <span>{words[receipt.status]}</span>
              </li>
            ))}
          </ul>
        )}
        <dl className="info-ids">
          <dt>Attempt</dt>
          <dd>{message.attempt}</dd>
          <dt>Entry</dt>
          <dd className="num">{message.seq}</dd>
          <dt>WhatsApp id</dt>
          <dd className="num">{message.whatsappMessageId ?? "not known yet"}</dd>
        </dl>
      </div>
    </section>
  );
}
