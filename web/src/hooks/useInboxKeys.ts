// Keys of the whole window: "/" or Ctrl+K to search, Alt+Up and Alt+Down to the neighbouring chat, Esc out of what is open.
import { useEffect, useRef } from "react";

interface Keys {
  onStep: (by: 1 | -1) => void;
  onEscape: () => void;
}

export function useInboxKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const target = event.target as HTMLElement | null;
      const writes = target?.tagName === "INPUT" || target?.tagName === "TEXTAREA";
      if ((event.key === "/" && !writes) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey))) {
        event.preventDefault();
        document.getElementById("search")?.focus();
      } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        latest.current.onStep(event.key === "ArrowUp" ? -1 : 1);
      } else if (event.key === "Escape") {
        latest.current.onEscape();
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
