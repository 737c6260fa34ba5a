import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { SendingBar } from "@/components/ConnectionBar";

test("a paused sender is said with its reason, since when, and how many wait; otherwise there is nothing", () => {
  const paused = { state: "paused" as const, reason: "WhatsApp cannot be reached.", since: "2026-11-24T10:00:00.000Z", waiting: 2 };
  const { rerender } = render(<SendingBar sending={paused} />);
  const bar = screen.getByRole("status");
  expect(bar.textContent).toContain("Sending is paused");
  expect(bar.textContent).toContain("WhatsApp cannot be reached. 2 messages wait and will go in order.");
  expect(bar.querySelector("time")?.dateTime).toBe(paused.since);
  rerender(<SendingBar sending={{ state: "ok", waiting: 5 }} />);
  expect(bar.textContent).toBe("");
  rerender(<SendingBar sending={undefined} />);
  expect(bar.textContent).toBe("");
});
