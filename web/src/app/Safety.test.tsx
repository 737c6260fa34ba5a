import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { Safety } from "@/app/Safety";

test("a mistake while drawing leaves a sentence and a way on", () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const Broken = () => {
    throw new Error("of ours");
  };
  render(
    <Safety>
      <Broken />
    </Safety>,
  );
  expect(screen.getByRole("alert").textContent).toContain("Nothing is lost");
  expect(screen.getByRole("button", { name: "Load it again" })).toBeDefined();
});
