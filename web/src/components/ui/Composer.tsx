// Where one writes. Enter sends, Shift+Enter is a new line; the draft is kept with every key.
import { useEffect, useLayoutEffect, useRef } from "react";
import { Icon } from "@/components/ui/Icon";
import { useDraft } from "@/hooks/useDraft";
import { useMinute } from "@/hooks/useMinute";
import { timeLeft } from "@/lib/format";

export const textMax = 4096;
const countFrom = textMax - 300; // from here on the counter shows

interface Props {
  to: string;
  userId: string;
  chatId: string;
  windowEndsAt: string | null;
  replyingTo: { author: string; text: string } | null;
  onCancelReply: () => void;
  onTyping: (isTyping: boolean) => void;
  onSend: (text: string) => void;
  onPage: (direction: 1 | -1) => void;
}

const typingEvery = 3000; // colleagues are told again so often while keys are pressed
const typingEnds = 5000; // without a key

export function Composer({ to, userId, chatId, windowEndsAt, replyingTo, onCancelReply, onTyping, onSend, onPage }: Props) {
  const [text, setText] = useDraft(userId, chatId);
  const field = useRef<HTMLTextAreaElement>(null);
  const told = useRef(0);
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  const now = useMinute();
  const left = windowEndsAt ? timeLeft(windowEndsAt, Math.max(now, Date.now())) : null;
  const closed = windowEndsAt !== null && left === null;
  const length = text.length > countFrom ? [...text].length : text.length; // characters, not halves of them
  const tooLong = length > textMax;
  const maySend = text.trim() !== "" && !tooLong && !closed;

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 160)}px`;
  }, [text]);
  useEffect(() => {
    if (replyingTo || matchMedia("(min-width: 720px)").matches) field.current?.focus();
  }, [replyingTo]);

  // Keys that are meant for nobody else begin or go on with the message.
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.length !== 1 || event.key === " " || event.key === "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement | null;
      if (target === document.body || target?.getAttribute("role") === "log") field.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  function tellTyping(isTyping: boolean) {
    clearTimeout(pause.current);
    if (isTyping) pause.current = setTimeout(() => tellTyping(false), typingEnds);
    const at = Date.now();
    if (isTyping ? at - told.current < typingEvery : told.current === 0) return;
    told.current = isTyping ? at : 0;
    onTyping(isTyping);
  }
  const stop = useRef(tellTyping);
  stop.current = tellTyping;
  useEffect(() => () => stop.current(false), [chatId]);

  function change(value: string) {
    setText(value);
    tellTyping(value.trim() !== "");
  }

  function send() {
    if (!maySend) return;
    onSend(text);
    setText("");
    tellTyping(false);
    field.current?.focus();
  }

  return (
    <form
      className="composer"
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
          <div
            className="comp-row"
            onMouseDown={(event) => {
              // A click beside the text, also the second of two on "Send", leaves the focus where one writes.
              if (event.target !== field.current) event.preventDefault();
            }}
          >
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
              aria-describedby={length > countFrom ? "draft-count" : undefined}
              onChange={(event) => change(event.target.value)}
              onBlur={() => tellTyping(false)}
              onKeyDown={(event) => {
                if (event.key === "Escape" && replyingTo) {
                  event.stopPropagation();
                  onCancelReply();
                }
                if ((event.key === "PageUp" || event.key === "PageDown") && !text.includes("\n")) {
                  event.preventDefault();
                  onPage(event.key === "PageUp" ? -1 : 1);
                }
                // Enter that ends the writing of a character (229 where the browser says so late) is not meant to send.
                if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
                event.preventDefault();
                send();
              }}
            />
            <button className="ib primary send" type="submit" data-testid="send" aria-label="Send" title="Send" disabled={!maySend}>
              <Icon name="send" />
            </button>
          </div>
        </div>
        <div className="comp-meta">
          {tooLong ? (
            <span className="over" id="draft-count" role="alert">
              <span className="num">
                {length.toLocaleString()} of {textMax.toLocaleString()} characters.
              </span>{" "}
              WhatsApp takes no more: shorten it or send it in parts.
            </span>
          ) : length > countFrom ? (
            <span className="window" id="draft-count">
              {length.toLocaleString()} of {textMax.toLocaleString()} characters
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
