// Times, names and colours for the eye.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const shortDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export const timeOf = (iso: string) => clock.format(new Date(iso));
// To the second, with the day where it is another one.
export function exactTime(iso: string, now = Date.now()): string {
  const at = new Date(iso);
  const seconds = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return at.toDateString() === new Date(now).toDateString() ? seconds : `${shortDate.format(at)}, ${seconds}`;
}

// How much later, in the two largest units: "3 min 40 s". Clocks may differ; never less than nothing.
export function sincePhrase(from: string, to: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
  if (seconds < 1) return "under 1 s";
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

export const dayKey = (iso: string) => new Date(iso).toDateString();

function daysAgo(iso: string, now: Date): number {
  const midnight = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  return Math.round((midnight(now) - midnight(new Date(iso))) / 86_400_000);
}

export function dayLabel(iso: string, at: Date | number = Date.now()): string {
  const now = new Date(at);
  const days = daysAgo(iso, now);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return weekday.format(new Date(iso));
  return date.format(new Date(iso));
}

// In a row of the list: today the clock, yesterday the word, this week the day, else the date.
export function whenLabel(iso: string, at: Date | number = Date.now()): string {
  const now = new Date(at);
  const days = daysAgo(iso, now);
  if (days <= 0) return timeOf(iso);
  if (days === 1) return "Yesterday";
  if (days < 7) return weekday.format(new Date(iso));
  return shortDate.format(new Date(iso));
}

export function initials(name: string): string {
  const words = name.replace(/[^\p{L}\p{N} ]/gu, "").trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return "?";
  if (/^\d/.test(words[0] ?? "")) return (words[0] ?? "").slice(-2);
  return ([...(words[0] ?? "")][0] ?? "").toUpperCase() + (words.length > 1 ? ([...(words[words.length - 1] ?? "")][0] ?? "").toUpperCase() : "");
}

// p1 … p6, always the same for the same id.
export function personClass(id: string): string {
  let hash = 0;
  for (const c of id) hash = (hash * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  return `p${(hash % 6) + 1}`;
}

export const phoneLabel = (digits: string) => (digits ? `+${digits}` : "");

// "23 h 57 min left to reply freely"; nothing once it is over.
export function timeLeft(endsAt: string, now = Date.now()): { text: string; share: number; soon: boolean } | null {
  const left = Date.parse(endsAt) - now;
  if (left <= 0) return null;
  const minutes = Math.min(24 * 60, Math.ceil(left / 60_000)); // clocks may differ by a little
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const text = [hours > 0 && `${hours} h`, (rest > 0 || hours === 0) && `${rest} min`].filter(Boolean).join(" ");
  return { text, share: Math.min(100, (left / 86_400_000) * 100), soon: minutes < 60 };
}
