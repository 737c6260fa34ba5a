import { memo, useState } from "react";
import { Icon } from "@/components/ui/Icon";
import { Avatar } from "@/components/ui/Avatar";
import { RichText } from "@/components/ui/RichText";
import { Tick, tickOf, tickWords, type TickState } from "@/components/ui/Tick";
import { timeOf } from "@/lib/format";
import type { Message } from "@/types/wire";

interface Props {
  message: Message;
  first: boolean; // of a run by one sender
  mine: boolean;
  author: string; // shown above the first of a run; empty: nobody need be named
  quotedAuthor: string; // empty: quotes nothing
  quotedText: string;
  shown: boolean; // in message info
  waiting: "no" | "sending" | "queued"; // not taken by the server yet: under way, or kept until the line is back
  onReply: (message: Message) => void;
  onRetry: (message: Message) => void;
  onInfo: (message: Message) => void;
  onJump: (message: Message) => void;
  onDiscard: (clientId: string) => void;
}

// What stands in for content that is no text.
function Attachment({ message }: { message: Message }) {
  if (message.media) {
    const kind = message.type === "audio" ? (message.media.voice ? "Voice message" : "Audio") : { image: "Picture", video: "Video", document: "Document", sticker: "Sticker" }[message.type] ?? "File";
    return (
      <p className="attachment">
        <Icon name={message.type === "audio" ? "mic" : message.type === "document" ? "doc" : "photo"} />
        <span className="truncate">{message.media.filename ?? kind}</span>
      </p>
    );
  }
  if (message.location)
    return (
      <p className="attachment">
        <Icon name="place" />
        <a href={`https://www.openstreetmap.org/?mlat=${message.location.latitude}&mlon=${message.location.longitude}`} target="_blank" rel="noreferrer noopener">
          {message.location.name ?? "Place on the map"}
        </a>
      </p>
    );
  return null;
}

function Failure({ message, onRetry, onInfo, onDiscard, waiting }: Pick<Props, "message" | "onRetry" | "onInfo" | "onDiscard" | "waiting">) {
  if (message.status === "failed")
    return (
      <div className="note bad">
        <Icon name="alert" small />
        <p>
          <b>{waiting === "no" ? "Failed." : "Not sent."}</b> {message.error?.reason ?? "WhatsApp did not say why."}
        </p>
        {waiting === "no" && (
          <button className="btn small plain line" type="button" onClick={() => onInfo(message)}>
            Why?
          </button>
        )}
        {waiting === "no" && message.error?.canRetry !== false && (
          <button className="btn small danger" type="button" onClick={() => onRetry(message)}>
            <Icon name="retry" small />
            Retry
          </button>
        )}
        {waiting !== "no" && message.clientId && (
          <button className="btn small line" type="button" onClick={() => onDiscard(message.clientId ?? "")}>
            Remove
          </button>
        )}
      </div>
    );
  if (message.unconfirmed)
    return (
      <div className="note maybe">
        <Icon name="unsure" small />
        <p>
          <b>Waiting for WhatsApp to confirm.</b> It may have arrived; sending again could double it.
        </p>
        <button className="btn small plain line" type="button" onClick={() => onInfo(message)}>
          Why?
        </button>
        <button className="btn small line" type="button" onClick={() => onRetry(message)}>
          Send again
        </button>
      </div>
    );
  return null;
}

const spoken = 200; // characters; the rest is there to be read

const kindOf = (message: Message, first: boolean, queued: boolean, shown: boolean) =>
  ["msg", message.direction, first && "first", message.status === "failed" && "failed", message.unconfirmed && "unconfirmed", queued && "queued", shown && "shown"].filter(Boolean).join(" ");

export const MessageBubble = memo(function MessageBubble(props: Props) {
  const { message, first, mine, author, quotedAuthor, quotedText, waiting, onReply, onInfo, onJump } = props;
  // Its tools are stops of the Tab key only while it has the focus; else a long chat would be a hundred stops.
  const [focused, setFocused] = useState(false);
  const stop = focused ? 0 : -1;
  const out = message.direction === "out";
  const queued = waiting === "queued" && message.status === "sending";
  const state: TickState = queued ? "queued" : tickOf(message);
  const who = out ? (mine ? "You" : author || "Team") : author || "Customer";
  // What is read out when the message has the focus.
  const said = `${who}, ${timeOf(message.createdAt)}${out ? `, ${tickWords[state].toLowerCase()}` : ""}: ${message.text.slice(0, spoken) || "attachment"}`;
  return (
    <article
      className={kindOf(message, first, queued, props.shown)}
      aria-label={said}
      tabIndex={-1}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      id={message.id}
      data-testid="message"
      data-message-id={message.id}
      data-status={message.status}
      data-direction={message.direction}
      data-unconfirmed={message.unconfirmed ? "true" : "false"}
    >
      {first && author && !(out && mine) && (
        <p className="by">
          <Avatar id={message.senderId} name={author} size="x16" />
          <span dir="auto">{author}</span>
        </p>
      )}
      <div className="line-b">
        <div className={message.revokedAt ? "bubble gone" : "bubble"}>
          {message.revokedAt && (
            <p className="gone-by">
              <Icon name="trash" small /> Deleted by the customer at {timeOf(message.revokedAt)}
            </p>
          )}
          {quotedAuthor && (
            <button className="quote" type="button" onClick={() => onJump(message)}>
              <span className="sr">Answer to </span>
              <b dir="auto">{quotedAuthor}</b>
              <span className="truncate" dir="auto">
                {quotedText}
              </span>
            </button>
          )}
          {message.forwarded && <p className="gone-by">Forwarded</p>}
          <Attachment message={message} />
          <div className={message.type === "unsupported" ? "text odd" : "text"} dir="auto">
            <RichText text={message.text} />{" "}
            <span className="meta">
              {message.editedAt && (
                <span className="edited" title={`Before: ${message.originalText ?? ""}`}>
                  edited
                </span>
              )}
              <time dateTime={message.createdAt}>{timeOf(message.createdAt)}</time>
              {out && <Tick state={state} />}
            </span>
          </div>
        </div>
        {waiting === "no" && (
          <span className="tools">
            {message.whatsappMessageId && (
              <button className="ib tiny" type="button" tabIndex={stop} aria-label="Reply" title="Reply" onClick={() => onReply(message)}>
                <Icon name="reply" />
              </button>
            )}
            <button className="ib tiny" type="button" tabIndex={stop} aria-label="Message info" title="Message info" onClick={() => onInfo(message)}>
              <Icon name="info" />
            </button>
          </span>
        )}
      </div>
      {message.reactions && message.reactions.length > 0 && (
        <div className="reacts">
          {message.reactions.map((reaction) => (
            <span className="react" key={reaction.from} role="img" aria-label={`Reaction ${reaction.emoji}`}>
              <span className="e">{reaction.emoji}</span>
            </span>
          ))}
        </div>
      )}
      <Failure {...props} />
    </article>
  );
});
