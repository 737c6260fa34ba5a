// The scrolling rows of a conversation. Only those near the view are in the document; what is being read stays where it is
// when older messages come in above, when rows turn out taller than guessed, or when something changes.
import { useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode, type Ref } from "react";
import { flushSync } from "react-dom";
import { spaceBetween, windowAround, windowAt, type Rows, type RowWindow } from "@/lib/rowWindow";
import { estimatedHeight, type TimelineRow } from "@/state/timeline";

export interface Place {
  key: string; // of the message at the top of the view
  offset: number; // px it stands below that top
}

export interface TimelineHandle {
  toEnd: () => void;
  show: (key: string) => void; // in the middle, and lit up for a moment
  place: () => Place | null; // null: at the end
  page: (direction: 1 | -1) => void;
}

interface Props {
  ref: Ref<TimelineHandle>;
  label: string;
  rows: readonly TimelineRow[];
  start: Place | "unread" | "end"; // where reading begins
  top: ReactNode; // above the first row
  draw: (row: TimelineRow) => ReactNode;
  dayOf: (row: TimelineRow) => string;
  onEnd: (atEnd: boolean) => void;
  onNearTop: () => void;
}

const nearEnd = 48; // px: closer than this, new messages scroll in
const overscan = 2400; // px drawn beyond the view on either side: a turn of the wheel, and what find-in-page finds
const atFirst = 40; // rows
const drawnMax = 300; // rows, when many arrive while the end is in view
const dayShown = 900; // ms the floating day stays after the last scroll

// Kept by the key of a message, since indices change when older ones come in.
interface Drawn {
  fromKey: string | null; // null: the last rows
  count: number;
}

function resolve(drawn: Drawn, rows: readonly TimelineRow[], index: ReadonlyMap<string, number>, toTheEnd: boolean): RowWindow {
  let from = (drawn.fromKey === null ? undefined : index.get(drawn.fromKey)) ?? Math.max(0, rows.length - drawn.count);
  while (from > 0 && rows[from - 1]?.kind !== "message") from--; // separators go with what they stand before
  return { from, to: toTheEnd ? rows.length : Math.min(rows.length, from + drawn.count) };
}

function keep({ from, to }: RowWindow, rows: readonly TimelineRow[]): Drawn {
  const first = rows.slice(from, to).find((row) => row.kind === "message");
  return { fromKey: first?.key ?? null, count: to - from + 2 };
}

export function Timeline({ ref, label, rows, start, top, draw, dayOf, onEnd, onNearTop }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const space = useRef<HTMLDivElement>(null);
  const heights = useRef(new Map<string, number>());
  const tops = useRef(new Map<string, number>()); // of drawn messages, as they stood when last looked at
  const follow = useRef(start === "end");
  const placed = useRef(false);
  const leap = useRef<string | null>(null); // the row to go to with the next render
  const [drawn, setDrawn] = useState<Drawn>({ fromKey: null, count: atFirst });
  const [day, setDay] = useState<string | null>(null);
  const dayTimer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const index = useMemo(() => new Map(rows.map((row, at) => [row.key, at])), [rows]);
  const measured: Rows = {
    count: rows.length,
    height: (at) => {
      const row = rows[at];
      return row ? (heights.current.get(row.key) ?? estimatedHeight(row)) : 0;
    },
  };
  const { from, to } = resolve(drawn, rows, index, follow.current);

  const slots = () => [...(inner.current?.querySelectorAll<HTMLElement>(".slot") ?? [])];
  const slotOf = (key: string) => slots().find((slot) => slot.dataset.key === key);
  const topOf = (slot: HTMLElement, element: HTMLElement) => slot.getBoundingClientRect().top - element.getBoundingClientRect().top + element.scrollTop;

  // Draws what the view needs, if it is not drawn.
  function cover() {
    const element = scroller.current;
    if (!element || rows.length === 0) return;
    const viewTop = element.scrollTop - (space.current ? topOf(space.current, element) : 0);
    const viewEnd = viewTop + element.clientHeight;
    const needed = windowAt(measured, viewTop - overscan / 3, viewEnd + overscan / 3);
    if (needed.from >= from && needed.to <= to && to - from <= drawnMax) return;
    drawAnew(windowAt(measured, viewTop - overscan, viewEnd + overscan));
  }

  // The focus is not to leave the document with its row: the browser would lay out what is half changed, and lose the place.
  function drawAnew(next: RowWindow) {
    const at = index.get((document.activeElement?.closest(".slot") as HTMLElement | null)?.dataset.key ?? "");
    if (at !== undefined && (at < next.from || at >= next.to)) scroller.current?.focus({ preventScroll: true });
    setDrawn(keep(next, rows));
  }

  // Looks at what was drawn, and puts what is read back to where it was.
  function settle() {
    const element = scroller.current;
    if (!element) return;
    const now = new Map<string, number>();
    let shift: number | null = null;
    for (const slot of slots()) {
      const key = slot.dataset.key ?? "";
      const height = slot.getBoundingClientRect().height;
      heights.current.set(key, height);
      if (slot.dataset.kind !== "message") continue;
      const at = topOf(slot, element);
      now.set(key, at);
      const before = tops.current.get(key);
      if (shift === null && before !== undefined && before + height > element.scrollTop) shift = at - before;
    }
    tops.current = now;
    if (follow.current) element.scrollTop = element.scrollHeight;
    else if (placed.current && shift !== null && Math.abs(shift) > 0.5) element.scrollTop += shift;
  }

  function look() {
    const element = scroller.current;
    if (!element) return;
    follow.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd;
    onEnd(follow.current);
    if (element.scrollTop < element.clientHeight * 2) onNearTop();
  }

  // After every render, since any may have changed a height; it ends when what is in view is drawn.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || placed.current || rows.length === 0) {
      const target = leap.current === null ? undefined : slotOf(leap.current);
      leap.current = null;
      settle();
      target?.scrollIntoView({ block: "center" });
      cover();
      return;
    }
    // The first rows are here: begin where reading was left, at the first unread, or at the end.
    const key = start === "end" ? null : start === "unread" ? "unread" : start.key;
    const at = key === null ? undefined : index.get(key);
    follow.current = at === undefined;
    if (at !== undefined && (at < from || at >= to)) return drawAnew(windowAround(measured, at, overscan, element.clientHeight + overscan));
    settle();
    const slot = key === null ? undefined : slotOf(key);
    if (slot) element.scrollTop = topOf(slot, element) - (typeof start === "object" ? start.offset : 48);
    placed.current = true;
    look();
    cover();
  });

  // Heights settle after the first paint (fonts, a narrower window): the view is kept all the same.
  const resized = useRef(() => {});
  useLayoutEffect(() => {
    resized.current = () => {
      settle();
      cover();
    };
  });
  useEffect(() => {
    if (!inner.current || !scroller.current || typeof ResizeObserver === "undefined") return;
    let width = scroller.current.clientWidth;
    const observer = new ResizeObserver(() => {
      if (scroller.current && scroller.current.clientWidth !== width) {
        width = scroller.current.clientWidth;
        heights.current.clear(); // every row breaks its lines anew
      }
      resized.current();
    });
    observer.observe(inner.current);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);

  const atTop = (element: HTMLElement) => slots().find((slot) => slot.dataset.kind === "message" && topOf(slot, element) + slot.offsetHeight > element.scrollTop);

  function onScroll() {
    const element = scroller.current;
    if (!element || !placed.current) return;
    look();
    flushSync(cover); // in this task, so that nobody sees a gap
    const row = rows[index.get(atTop(element)?.dataset.key ?? "") ?? -1];
    setDay(row && element.scrollTop > nearEnd ? dayOf(row) : null);
    clearTimeout(dayTimer.current);
    dayTimer.current = setTimeout(() => setDay(null), dayShown);
  }
  useEffect(() => () => clearTimeout(dayTimer.current), []);

  useImperativeHandle(ref, () => ({
    toEnd: () => {
      const element = scroller.current;
      if (!element) return;
      follow.current = true;
      flushSync(() => drawAnew(windowAround(measured, rows.length, element.clientHeight + overscan, 0)));
      element.scrollTop = element.scrollHeight;
      look();
    },
    show: (key) => {
      const element = scroller.current;
      const at = index.get(key);
      if (!element || at === undefined) return;
      follow.current = false;
      tops.current.clear(); // nothing is to be kept in place
      leap.current = key;
      flushSync(() => drawAnew(windowAround(measured, at, overscan + element.clientHeight, overscan + element.clientHeight)));
      const slot = slotOf(key);
      slot?.scrollIntoView({ block: "center" });
      const message = slot?.querySelector(".msg");
      message?.classList.add("picked");
      message?.addEventListener("animationend", () => message.classList.remove("picked"), { once: true });
      look();
    },
    place: () => {
      const element = scroller.current;
      const slot = element && atTop(element);
      return follow.current || !slot ? null : { key: slot.dataset.key ?? "", offset: topOf(slot, element) - element.scrollTop };
    },
    page: (direction) => scroller.current?.scrollBy({ top: direction * scroller.current.clientHeight * 0.85 }),
  }));

  // Up and down go from message to message, beginning with the last one in view.
  function onKeyDown(event: KeyboardEvent) {
    const element = scroller.current;
    const target = event.target as HTMLElement;
    if (!element || (event.key !== "ArrowUp" && event.key !== "ArrowDown") || (target !== element && target.tagName !== "ARTICLE")) return;
    const messages = [...element.querySelectorAll<HTMLElement>("article")];
    const at = messages.indexOf(target);
    const seen = messages.filter((message) => topOf(message, element) < element.scrollTop + element.clientHeight);
    const next = at < 0 ? seen[seen.length - 1] : messages[at + (event.key === "ArrowUp" ? -1 : 1)];
    event.preventDefault();
    next?.focus();
  }

  return (
    <>
      <div className="msgs" role="log" aria-live="off" aria-label={label} tabIndex={0} ref={scroller} onScroll={onScroll} onKeyDown={onKeyDown}>
        <div className="msgs-in" ref={inner}>
          {top}
          <div aria-hidden="true" ref={space} style={{ height: spaceBetween(measured, 0, from) }} />
          {rows.slice(from, to).map((row) => (
            <div className="slot" key={row.key} data-key={row.key} data-kind={row.kind}>
              {draw(row)}
            </div>
          ))}
          <div aria-hidden="true" style={{ height: spaceBetween(measured, to, rows.length) }} />
        </div>
      </div>
      <div className={day ? "day floating shown" : "day floating"} aria-hidden="true">
        {day}
      </div>
    </>
  );
}
