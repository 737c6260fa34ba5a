import { describe, expect, test } from "vitest";
import { addMessages, changeMessage, emptyList, joinStatus } from "@/state/messageList";
import type { Message, Status, StatusUpdate } from "@/types/wire";

const message = (id: string, seq: number, more: Partial<Message> = {}): Message => ({
  id, chatId: "1", senderId: "u", receiverId: "1", text: id, status: "sending", createdAt: "2026-11-24T10:00:00.000Z", updatedAt: "2026-11-24T10:00:00.000Z",
  whatsappMessageId: null, seq, direction: "out", type: "text", statusTimes: {}, attempt: 1, ...more,
});
const told = (status: Status, attempt = 1, more: Partial<StatusUpdate> = {}): StatusUpdate => ({
  messageId: "m", chatId: "1", status, whatsappMessageId: "w", updatedAt: "2026-11-24T10:00:01.000Z", statusTimes: { [status]: "2026-11-24T10:00:01.000Z" }, attempt, seq: 2, ...more,
});

function permutations<T>(items: T[]): T[][] {
  return items.length < 2 ? [items] : items.flatMap((item, i) => permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]));
}

describe("statuses", () => {
  test("all orders end at the highest, and no step goes back", () => {
    const order: Status[] = ["sending", "sent", "failed", "delivered", "read"];
    for (const events of permutations([told("sent"), told("failed"), told("delivered"), told("read"), told("read")])) {
      let row = message("m", 1);
      for (const event of events) {
        const next = joinStatus(row, event);
        expect(order.indexOf(next.status)).toBeGreaterThanOrEqual(order.indexOf(row.status));
        row = next;
      }
      expect(row.status).toBe("read");
    }
  });

  test("another attempt starts anew, late news of the first one changes nothing", () => {
    const failed = joinStatus(message("m", 1), told("failed", 1, { error: { code: 1, title: "t", reason: "r", canRetry: true } }));
    expect(failed.error?.code).toBe(1);
    const again = joinStatus(failed, told("sending", 2));
    expect([again.status, again.attempt, again.error]).toEqual(["sending", 2, undefined]);
    expect(joinStatus(again, told("sent", 1))).toBe(again);
  });

  test("doubt ends with any status", () => {
    const doubt = joinStatus(message("m", 1), told("sending", 1, { unconfirmed: true }));
    expect(doubt.unconfirmed).toBe(true);
    expect(joinStatus(doubt, told("delivered")).unconfirmed).toBeUndefined();
  });
});

describe("lists", () => {
  test("pages and events in any order make one list by seq, each message once", () => {
    const rows = [5, 3, 9, 1, 7].map((seq) => message(`m${seq}`, seq));
    for (const order of permutations(rows)) {
      let list = emptyList;
      for (const row of order) list = addMessages(list, [row, ...order.slice(0, 2)]);
      expect(list.items.map((row) => row.seq)).toEqual([1, 3, 5, 7, 9]);
    }
  });

  test("an older copy of a message does not replace a newer one", () => {
    const list = addMessages(emptyList, [message("m", 1, { status: "read" })]);
    expect(addMessages(list, [message("m", 1)]).items[0]?.status).toBe("read");
    expect(changeMessage(list, "other", (row) => ({ ...row, text: "x" }))).toBe(list);
  });
});
