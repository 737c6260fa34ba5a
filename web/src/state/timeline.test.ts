import { expect, test } from "vitest";
import { pendingAsMessage, rowKey, timelineRows } from "@/state/timeline";
import type { Pending } from "@/state/outbox";
import type { Message } from "@/types/wire";

const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).toISOString();
const message = (id: string, seq: number, createdAt: string, more: Partial<Message> = {}): Message => ({
  id, chatId: "1", senderId: "1", receiverId: "2", text: id, status: "delivered", createdAt, updatedAt: createdAt,
  whatsappMessageId: null, seq, direction: "in", type: "text", statusTimes: {}, attempt: 1, ...more,
});
const none = { id: null, count: 0 };
const shape = (rows: ReturnType<typeof timelineRows>) => rows.map((row) => (row.kind === "message" ? `${row.message.text}${row.first ? "*" : ""}` : row.kind));

test("days are separated, runs of one sender grouped for five minutes", () => {
  const rows = timelineRows(
    [message("a", 1, at(24, 10)), message("b", 2, at(24, 10, 4)), message("c", 3, at(24, 10, 30)), message("d", 4, at(25, 10)), message("e", 5, at(25, 10), { senderId: "u", direction: "out" })],
    [], "u", none,
  );
  expect(shape(rows)).toEqual(["day", "a*", "b", "c*", "day", "d*", "e*"]);
});

test("the unread wire stands before the first unread one", () => {
  expect(shape(timelineRows([message("a", 1, at(24, 10)), message("b", 2, at(24, 10))], [], "u", { id: "b", count: 1 }))).toEqual(["day", "a*", "unread", "b"]);
});

test("what waits to be sent has a day and a run like all others, and keeps its row when the server has it", () => {
  const item: Pending = { clientId: "k", chatId: "1", text: "hello", createdAt: at(25, 9) };
  const before = timelineRows([message("a", 1, at(24, 10))], [item], "u", none);
  expect(shape(before)).toEqual(["day", "a*", "day", "hello*"]);
  const taken = message("m1", 2, at(25, 9), { senderId: "u", direction: "out", clientId: "k", text: "hello", status: "sending" });
  const after = timelineRows([message("a", 1, at(24, 10)), taken], [], "u", none);
  expect(after.map((row) => row.key)).toEqual(before.map((row) => row.key));
  expect(rowKey(pendingAsMessage(item, "u"))).toBe(rowKey(taken));
});

test("keys are unique, also when days come twice because clocks differ", () => {
  const rows = timelineRows([message("a", 1, at(24, 10)), message("b", 2, at(25, 10)), message("c", 3, at(24, 11)), message("d", 4, at(25, 11))], [], "u", none);
  expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
});
