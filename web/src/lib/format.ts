// Times, names and colours for the eye.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const shortDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export const timeOf = (iso: string) => clock.format(new Date(iso));
export const dayKey = (iso: string) => new Date(iso).toDateString();

function daysAgo(iso: string, now: Date): number {
  const midnight = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  return Math.round((midnight(now) - midnight(new Date(iso))) / 86_400_000);
}

export function dayLabel(iso: string, now = new Date()): string {
  const days = daysAgo(iso, now);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return weekday.format(new Date(iso));
  return date.format(new Date(iso));
}

// In a row of the list: today the clock, yesterday the word, this week the day, else the date.
export function whenLabel(iso: string, now = new Date()): string {
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
  const text = minutes >= 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes} min`;
  return { text, share: Math.min(100, (left / 86_400_000) * 100), soon: minutes < 60 };
}
