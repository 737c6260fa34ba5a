import { memo } from "react";
import { Icon } from "@/components/ui/Icon";
import { Avatar } from "@/components/ui/Avatar";
import { Tick, tickOf, tickWords } from "@/components/ui/Tick";
import { timeOf } from "@/lib/format";
import type { Message } from "@/types/wire";

interface Props {
  message: Message;
  first: boolean; // of a run by one sender
  mine: boolean;
  author: string; // shown above the first of a run; empty: nobody need be named
  quoted: { author: string; text: string } | null;
  onReply: (message: Message) => void;
  onRetry: (message: Message) => void;
  onInfo: (message: Message) => void;
  onJump: (messageId: string) => void;
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

function Failure({ message, onRetry, onInfo }: Pick<Props, "message" | "onRetry" | "onInfo">) {
  if (message.status === "failed")
    return (
      <div className="note bad">
        <Icon name="alert" small />
        <p>
          <b>Not delivered.</b> {message.error?.reason ?? "WhatsApp did not say why."}
        </p>
        <button className="btn small plain line" type="button" onClick={() => onInfo(message)}>
          Why?
        </button>
        {message.error?.canRetry !== false && (
          <button className="btn small danger" type="button" onClick={() => onRetry(message)}>
            <Icon name="retry" small />
            Retry
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

export const MessageBubble = memo(function MessageBubble({ message, first, mine, author, quoted, onReply, onRetry, onInfo, onJump }: Props) {
  const out = message.direction === "out";
  const state = tickOf(message);
  const kind = [out ? "out" : "in", first && "first", message.status === "failed" && "failed", message.unconfirmed && "unconfirmed"].filter(Boolean).join(" ");
  const said = `${out ? (mine ? "You" : author || "Team") : author || "Customer"}, ${timeOf(message.createdAt)}${out ? `, ${tickWords[state].toLowerCase()}` : ""}`;
  const meta = (
    <span className="meta">
      {message.editedAt && (
        <span className="edited" title={`Before: ${message.originalText ?? ""}`}>
          edited
        </span>
      )}
      <time dateTime={message.createdAt}>{timeOf(message.createdAt)}</time>
      {out && <Tick state={state} />}
    </span>
  );
  return (
    <article className={`msg ${kind}`} aria-label={said} id={message.id} data-testid="message" data-message-id={message.id} data-status={message.status} data-direction={message.direction} data-unconfirmed={message.unconfirmed ? "true" : "false"}>
      {first && author && !(out && mine) && (
        <p className="by">
          <Avatar id={message.senderId} name={author} size="x16" />
          {author}
        </p>
      )}
      <div className="line-b">
        <div className={message.revokedAt ? "bubble gone" : "bubble"}>
          {message.revokedAt && (
            <p className="gone-by">
              <Icon name="trash" small /> Deleted by the customer at {timeOf(message.revokedAt)}
            </p>
          )}
          {quoted && (
            <button className="quote" type="button" onClick={() => message.replyTo?.messageId && onJump(message.replyTo.messageId)}>
              <b>{quoted.author}</b>
              <span className="truncate" dir="auto">
                {quoted.text}
              </span>
            </button>
          )}
          {message.forwarded && <p className="gone-by">Forwarded</p>}
          <Attachment message={message} />
          <p className={message.type === "unsupported" ? "text odd" : "text"} dir="auto">
            {message.text} {meta}
          </p>
        </div>
        <span className="tools">
          {message.whatsappMessageId && (
            <button className="ib tiny" type="button" aria-label="Reply" title="Reply" onClick={() => onReply(message)}>
              <Icon name="reply" />
            </button>
          )}
          <button className="ib tiny" type="button" aria-label="Message info" title="Message info" onClick={() => onInfo(message)}>
            <Icon name="info" />
          </button>
        </span>
      </div>
      {message.reactions && message.reactions.length > 0 && (
        <div className="reacts">
          {message.reactions.map((reaction) => (
            <span className="react" key={reaction.from}>
              <span className="e">{reaction.emoji}</span>
            </span>
          ))}
        </div>
      )}
      <Failure message={message} onRetry={onRetry} onInfo={onInfo} />
    </article>
  );
});
