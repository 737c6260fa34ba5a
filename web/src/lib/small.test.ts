import { expect, test } from "vitest";
import { chatOfPath, pathOfChat } from "@/lib/address";
import { backoff } from "@/lib/backoff";
import { dayLabel, initials, sincePhrase, timeLeft, whenLabel } from "@/lib/format";
import { randomId } from "@/lib/identifier";
import { spaceBetween, windowAround, windowAt } from "@/lib/rowWindow";
import { claimSound } from "@/lib/sound";

test("ids are random and short enough, also where randomUUID is kept back", () => {
  const source = { getRandomValues: crypto.getRandomValues.bind(crypto) };
  const ids = new Set(Array.from({ length: 1000 }, () => randomId(source)));
  expect(ids.size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(randomId()).toMatch(/^[0-9a-f-]{36}$/);
});

test("an address that is no chat's is none", () => {
  for (const id of ["15550000101", "120363@g.us", "US.ab/c d"]) expect(chatOfPath(pathOfChat(id))).toBe(id);
  for (const path of ["/", "/c/", "/c/%E0%A4%A", "/login", "/c/__proto__", "/c/constructor", "/c/toString"]) expect(chatOfPath(path)).toBeNull();
});

test("the wait before the next try doubles, is spread, and has an end", () => {
  expect(backoff(0, () => 1)).toBe(1000);
  expect(backoff(3, () => 0)).toBe(4000);
  expect(backoff(99, () => 1)).toBe(30_000);
});

test("words for days and for the time left", () => {
  const now = new Date(2026, 10, 25, 12, 0);
  const at = (day: number) => new Date(2026, 10, day, 9, 30).toISOString();
  expect([dayLabel(at(25), now), dayLabel(at(24), now)]).toEqual(["Today", "Yesterday"]);
  expect(dayLabel(at(25), new Date(2026, 10, 26, 0, 1))).toBe("Yesterday");
  expect(whenLabel(at(24), now)).toBe("Yesterday");
  const ends = (minutes: number) => timeLeft(new Date(now.getTime() + minutes * 60_000).toISOString(), now.getTime());
  expect(ends(24 * 60 + 1)?.text).toBe("24 h");
  expect(ends(23 * 60 + 57)?.text).toBe("23 h 57 min");
  expect(ends(59)).toMatchObject({ text: "59 min", soon: true });
  expect(ends(0)).toBeNull();
});

test("how much later, in two units", () => {
  const from = "2026-11-24T10:00:00.000Z";
  const after = (seconds: number) => sincePhrase(from, new Date(Date.parse(from) + seconds * 1000).toISOString());
  expect([-5, 0.4, 2, 220, 3600, 90_061].map(after)).toEqual(["under 1 s", "under 1 s", "2 s", "3 min 40 s", "1 h", "1 d 1 h"]);
});

test("initials of any name", () => {
  expect(["Sofia Conti", "Omar", "+15550000177", "ليلى منصور", "🙂", ""].map(initials)).toEqual(["SC", "O", "77", "لم", "?", "?"]);
});

test("of several windows one plays, and what comes at once sounds once", () => {
  const kept = new Map<string, string>();
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: () => {}, key: () => null, length: 0 };
  expect(claimSound(7, storage, 10_000)).toBe(true);
  expect(claimSound(7, storage, 20_000)).toBe(false); // another window had it
  expect(claimSound(8, storage, 10_500)).toBe(false); // at once with the one before
  expect(claimSound(9, storage, 30_000)).toBe(true);
});

test("the rows that are drawn cover the view, whatever their heights", () => {
  let state = 42;
  const random = () => (state = (state * 48_271) % 0x7fffffff) / 0x7fffffff;
  for (let round = 0; round < 200; round++) {
    const heights = Array.from({ length: Math.floor(random() * 300) }, () => 20 + Math.floor(random() * 200));
    const rows = { count: heights.length, height: (at: number) => heights[at] ?? 0 };
    const total = spaceBetween(rows, 0, rows.count);
    const top = Math.floor(random() * (total + 500)) - 250;
    const bottom = top + 800;
    const { from, to } = windowAt(rows, top, bottom);
    expect(from).toBeGreaterThanOrEqual(0);
    expect(to).toBeLessThanOrEqual(rows.count);
    if (total > 0 && top < total && bottom > 0) {
      expect(spaceBetween(rows, 0, from)).toBeLessThanOrEqual(Math.max(0, top));
      expect(spaceBetween(rows, 0, to)).toBeGreaterThanOrEqual(Math.min(total, bottom));
      expect(to - from).toBeLessThan(60);
    }
    const index = Math.floor(random() * heights.length);
    const around = windowAround(rows, index, 400, 400);
    if (heights.length > 0) expect(around.from <= index && index < around.to).toBe(true);
  }
});
