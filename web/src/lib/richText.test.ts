import { describe, expect, test } from "vitest";
import { richText, type Piece } from "@/lib/richText";

// As a short notation: links as [text], the rest by its marks.
const drawn = (pieces: Piece[]): string =>
  pieces
    .map((piece) => {
      if (piece.kind === "text") return piece.text;
      if (piece.kind === "link") return `[${piece.text}]`;
      if (piece.kind === "code") return `<c>${piece.text}</c>`;
      return `<${piece.kind[0]}>${drawn(piece.pieces)}</${piece.kind[0]}>`;
    })
    .join("");

describe("links", () => {
  test.each([
    ["see https://example.com/a?b=c#d now", "see [https://example.com/a?b=c#d] now"],
    ["(https://en.example.org/wiki/Tile_(floor)).", "([https://en.example.org/wiki/Tile_(floor)])."],
    ["www.example.com, and a@example.com!", "[www.example.com], and [a@example.com]!"],
    ["https://example.com/_a_b_*c*", "[https://example.com/_a_b_*c]*"],
    ["javascript:alert(1) data:text/html,x", "javascript:alert(1) data:text/html,x"],
    ["https:// nothing", "https:// nothing"],
    ["версия 1.2.3 and 3.14", "версия 1.2.3 and 3.14"],
  ])("%s", (text, expected) => expect(drawn(richText(text))).toBe(expected));

  test("an address without a scheme opens as https, a mail address as mail", () => {
    expect(richText("www.example.com")[0]).toEqual({ kind: "link", text: "www.example.com", href: "https://www.example.com" });
    expect(richText("a@example.com")[0]).toEqual({ kind: "link", text: "a@example.com", href: "mailto:a@example.com" });
  });
});

describe("WhatsApp's marks", () => {
  test.each([
    ["*bold* and _italic_, ~gone~ `code`", "<b>bold</b> and <i>italic</i>, <s>gone</s> <c>code</c>"],
    ["*bold _and italic_*", "<b>bold <i>and italic</i></b>"],
    ["2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"],
    ["*not\nacross lines*", "*not\nacross lines*"],
    ["** __ ~~ ``", "** __ ~~ ``"],
    ["*see https://example.com*", "<b>see [https://example.com]</b>"],
    ["<b>&amp;</b>", "<b>&amp;</b>"],
  ])("%s", (text, expected) => expect(drawn(richText(text))).toBe(expected));

  test("any text comes out as it went in but for its marks, in time", () => {
    const nasty = "*_~`".repeat(1024);
    const started = performance.now();
    expect(drawn(richText(nasty)).replace(/<\/?[bisc]>/g, "").length).toBeLessThanOrEqual(nasty.length);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
