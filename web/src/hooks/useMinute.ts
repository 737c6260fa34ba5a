// The time, by the minute: for words that age, such as "Today", or the time left to reply. One timer for the whole page.
import { useSyncExternalStore } from "react";

const minute = 60_000;
const watchers = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setTimeout> | undefined;

function tick(): void {
  now = Date.now();
  timer = setTimeout(tick, minute - (now % minute) + 5);
  for (const watcher of watchers) watcher();
}
function onVisible(): void {
  if (document.visibilityState !== "visible") return;
  clearTimeout(timer); // the machine may have slept
  tick();
}

function subscribe(watcher: () => void): () => void {
  if (watchers.size === 0) {
    now = Date.now();
    timer = setTimeout(tick, minute - (now % minute) + 5);
    document.addEventListener("visibilitychange", onVisible);
  }
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisible);
  };
}

export const useMinute = (): number => useSyncExternalStore(subscribe, () => now);
