import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Icon } from "@/components/ui/Icon";
import { timeLeft } from "@/lib/format";

export const textMax = 4096;

interface Props {
  to: string;
  draft: string;
  windowEndsAt: string | null;
  replyingTo: { author: string; text: string } | null;
  onCancelReply: () => void;
  onDraft: (text: string) => void;
  onTyping: (isTyping: boolean) => void;
  onSend: (text: string) => void;
}

const typingEvery = 3000;

// The time left, counted down by the minute.
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function Composer({ to, draft, windowEndsAt, replyingTo, onCancelReply, onDraft, onTyping, onSend }: Props) {
  const [text, setText] = useState(draft);
  const field = useRef<HTMLTextAreaElement>(null);
  const told = useRef(0);
  const now = useNow();
  const left = windowEndsAt ? timeLeft(windowEndsAt, now) : null;
  const closed = windowEndsAt !== null && left === null;
  const length = [...text].length;
  const tooLong = length > textMax;

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 160)}px`;
  }, [text]);
  useEffect(() => {
    if (matchMedia("(min-width: 720px)").matches) field.current?.focus();
  }, [replyingTo]);
  useEffect(() => () => onTyping(false), [onTyping]);

  function change(value: string) {
    setText(value);
    onDraft(value);
    const at = Date.now();
    if (value.trim() && at - told.current > typingEvery) {
      told.current = at;
      onTyping(true);
    }
    if (!value.trim() && told.current) {
      told.current = 0;
      onTyping(false);
    }
  }

  function send() {
    if (!text.trim() || tooLong || closed) return;
    onSend(text);
    setText("");
    onDraft("");
    told.current = 0;
    onTyping(false);
  }

  return (
    <form
      className={text.trim() ? "composer has-text" : "composer"}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="comp-in">
        {closed && (
          <p className="window-closed" role="status">
            <Icon name="info" small />
            <span>
              <b>The reply window is closed.</b> More than 24 hours have passed since {to} last wrote. It opens again when they write; your draft stays here.
            </span>
          </p>
        )}
        <div className="comp-box">
          {replyingTo && (
            <div className="replying">
              <span className="quote">
                <b>{replyingTo.author}</b>
                <span className="truncate" dir="auto">
                  {replyingTo.text}
                </span>
              </span>
              <button className="ib tiny" type="button" aria-label="Do not quote" onClick={onCancelReply}>
                <Icon name="x" />
              </button>
            </div>
          )}
          <div className="comp-row">
            <label className="sr" htmlFor="draft">
              Message {to}
            </label>
            <textarea
              id="draft"
              ref={field}
              rows={1}
              dir="auto"
              data-testid="composer"
              placeholder={`Message ${to}`}
              value={text}
              aria-invalid={tooLong}
              onChange={(event) => change(event.target.value)}
              onBlur={() => onTyping(false)}
              onKeyDown={(event) => {
                // Enter that ends the writing of a character is not meant to send.
                if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
                event.preventDefault();
                send();
              }}
            />
            <button className="ib primary send" type="submit" data-testid="send" aria-label="Send" title="Send" disabled={!text.trim() || tooLong || closed}>
              <Icon name="send" />
            </button>
          </div>
        </div>
        <div className="comp-meta">
          {tooLong ? (
            <span className="over" role="alert">
              {length.toLocaleString()} of {textMax.toLocaleString()} characters: shorten it or send it in parts
            </span>
          ) : left ? (
            <span className={left.soon ? "window soon" : "window"}>
              <span className="gauge" ref={(element) => element?.style.setProperty("--left", `${left.share}%`)} aria-hidden="true" />
              {left.text} left to reply freely
            </span>
          ) : (
            <span className="window">{windowEndsAt ? "" : "They have not written yet: WhatsApp may ask for a template"}</span>
          )}
          <span className="keys">
            <b className="kbd">↵</b> sends · <b className="kbd">⇧ ↵</b> new line
          </span>
        </div>
      </div>
    </form>
  );
}
