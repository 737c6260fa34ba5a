// The way of one message: what WhatsApp said when, and what to do if it failed.
import { useEffect, useRef, useState } from "react";
import { Avatar } from "@/components/ui/Avatar";
import { Icon } from "@/components/ui/Icon";
import { Tick, tickOf, tickWords } from "@/components/ui/Tick";
import { exactTime, sincePhrase } from "@/lib/format";
import type { Message, Status } from "@/types/wire";

const order: Status[] = ["sent", "failed", "delivered", "read"];
const words: Record<Status, string> = { sending: "Sending", sent: "Sent", delivered: "Delivered", read: "Read", failed: "Failed" };
const marks: Partial<Record<Status, string>> = { read: "is-read", failed: "is-bad" };

interface Props {
  message: Message;
  names: Readonly<Record<string, string>>;
  onClose: () => void;
  onRetry: () => Promise<string | null>; // why it did not work
}

function summary(message: Message): string {
  if (message.receipts && message.receipts.length > 0 && message.status !== "failed") {
    const read = message.receipts.filter((receipt) => receipt.status === "read").length;
    return `Read by ${read} of the ${message.receipts.length} people WhatsApp has told about`;
  }
  if (message.direction === "in") return `Written ${exactTime(message.createdAt)}`;
  if (message.unconfirmed) return "It may have arrived. WhatsApp has not said so yet.";
  const at = message.statusTimes[message.status];
  if (message.status === "sending" || !at) return "On its way to WhatsApp";
  return `${sincePhrase(message.createdAt, at)} after it was sent from here`;
}

function Id({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div className="id">
      <dt>{label}</dt>
      <dd>
        <code title={value}>{value}</code>
        {navigator.clipboard && (
          <button className="ib tiny" type="button" aria-label={copied ? `${label} copied` : `Copy ${label}`} title={copied ? "Copied" : `Copy ${label}`} onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true), () => {})}>
            <Icon name={copied ? "check" : "copy"} small />
          </button>
        )}
      </dd>
    </div>
  );
}

export function MessageInfo({ message, names, onClose, onRetry }: Props) {
  const out = message.direction === "out";
  const state = tickOf(message);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => setProblem(null), [message]);
  // The focus comes here and goes back to where it was.
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    close.current?.focus();
    return () => (before?.isConnected && before !== document.body ? before : document.getElementById("draft"))?.focus();
  }, []);

  const told = order.filter((status) => message.statusTimes[status]).sort((a, b) => Date.parse(message.statusTimes[a] ?? "") - Date.parse(message.statusTimes[b] ?? "") || order.indexOf(a) - order.indexOf(b));
  const open = out && !message.receipts?.length && message.status !== "read" && message.status !== "failed";
  return (
    <section className="panel" aria-label="Message info">
      <header className="col-head">
        <h2>Message info</h2>
        <button className="ib" type="button" ref={close} aria-label="Close" title="Close" onClick={onClose}>
          <Icon name="x" />
        </button>
      </header>
      <div className="panel-body" tabIndex={0} role="region" aria-label="The way of this message">
        <div className={["mi-msg", message.status === "failed" && "bad", message.unconfirmed && "maybe", !out && "theirs"].filter(Boolean).join(" ")}>
          <p className="text" dir="auto">
            {message.text || "Attachment"}
          </p>
        </div>
        <div className="mi-now">
          {out && <Tick state={state} size="x32" />}
          <span>
            <b>{out ? tickWords[state] : "Received"}</b>
            <small>{summary(message)}</small>
          </span>
        </div>
        {message.error && (
          <div className={message.unconfirmed ? "cause maybe" : "cause"}>
            <h3>{message.error.title}</h3>
            <p>{message.error.reason}</p>
            {message.error.code > 0 && <p className="muted">WhatsApp’s code: {message.error.code}</p>}
          </div>
        )}
        {(message.unconfirmed || (message.status === "failed" && message.error?.canRetry !== false)) && (
          <div className="mi-act">
            <button className="btn small line" type="button" onClick={() => void onRetry().then(setProblem)}>
              <Icon name="retry" small />
              {message.unconfirmed ? "Send again" : "Retry"}
            </button>
            {problem && (
              <p className="over" role="alert">
                {problem}
              </p>
            )}
          </div>
        )}
        <ol className="tl">
          <li className={told.length === 0 && open ? "before-todo" : undefined}>
            <div className="g2">
              <b>{out ? "Accepted here" : "Written"}</b>
              <time dateTime={message.createdAt}>{exactTime(message.createdAt)}</time>
              {message.attempt > 1 && <small>now attempt {message.attempt}</small>}
            </div>
          </li>
          {told.map((status, at) => {
            const when = message.statusTimes[status] ?? "";
            const before = at === 0 ? message.createdAt : (message.statusTimes[told[at - 1] ?? "sent"] ?? when);
            return (
              <li key={status} className={`${marks[status] ?? "meta-ev"}${at === told.length - 1 && open ? " before-todo" : ""}`}>
                <div className="g2">
                  <b>{words[status]}</b>
                  <time dateTime={when}>{exactTime(when)}</time>
                  {Date.parse(when) - Date.parse(before) >= 1000 && <span className="dt">{sincePhrase(before, when)} later</span>}
                </div>
              </li>
            );
          })}
          {message.playedAt && (
            <li className="is-read">
              <div className="g2">
                <b>Played</b>
                <time dateTime={message.playedAt}>{exactTime(message.playedAt)}</time>
              </div>
            </li>
          )}
          {open && (
            <li className="todo">
              <div className="g2">
                <b>{message.statusTimes.delivered ? "Not read yet" : message.statusTimes.sent ? "Not delivered yet" : "Not sent yet"}</b>
              </div>
            </li>
          )}
        </ol>
        {told.length > 0 && <p className="mi-clock">From “{words[told[0] ?? "sent"]}” on the times are WhatsApp’s, in whole seconds.</p>}
        {message.receipts && message.receipts.length > 0 && (
          <section className="p-sec">
            <h3>In this group</h3>
            <ul>
              {message.receipts.map((receipt) => {
                const name = names[receipt.contactId] ?? `+${receipt.contactId}`;
                return (
                  <li className="receipt" key={receipt.contactId}>
                    <Avatar id={receipt.contactId} name={name} size="x32" />
                    <b className="truncate" dir="auto">
                      {name}
                    </b>
                    <Tick state={receipt.status} />
                  </li>
                );
              })}
            </ul>
          </section>
        )}
        <section className="p-sec">
          <h3>Identity</h3>
          <dl className="ids">
            <Id label="message id" value={message.id} />
            {message.whatsappMessageId && <Id label="WhatsApp id" value={message.whatsappMessageId} />}
            <Id label="log entry" value={String(message.seq)} />
          </dl>
        </section>
      </div>
    </section>
  );
}
