// What people write on WhatsApp, as pieces to draw: links, and WhatsApp's own *bold*, _italic_, ~strike~, `code`. Text goes in
// and text comes out; nothing is ever markup. The pieces put together are the text, marks left out.

export type Piece =
  | { kind: "text"; text: string }
  | { kind: "link"; text: string; href: string }
  | { kind: "code"; text: string }
  | { kind: "bold" | "italic" | "strike"; pieces: Piece[] };

const marks = { "*": "bold", _: "italic", "~": "strike" } as const;
const link = /\b(?:https?:\/\/|www\.)[^\s<>"'`]+|\b[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}\b/giu;
const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
const isSpace = (character: string | undefined) => character === undefined || /\s/.test(character);

// The full stop that ends a sentence is not the link's; a closing bracket only with its opening one.
function trimmed(found: string): string {
  let text = found.replace(/[.,;:!?…*_~]+$/, "");
  while (/[)\]}]$/.test(text)) {
    const close = text.slice(-1);
    const open = { ")": "(", "]": "[", "}": "{" }[close] ?? "";
    if (text.split(open).length >= text.split(close).length) break;
    text = text.slice(0, -1).replace(/[.,;:!?…]+$/, "");
  }
  return text;
}

function hrefOf(text: string): string | null {
  const address = /^https?:\/\//i.test(text) ? text : /^www\./i.test(text) ? `https://${text}` : `mailto:${text}`;
  try {
    return ["http:", "https:", "mailto:"].includes(new URL(address).protocol) ? address : null;
  } catch {
    return null;
  }
}

function linked(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(link)) {
    const found = trimmed(match[0]);
    const href = hrefOf(found);
    if (!href) continue;
    if (match.index > at) pieces.push({ kind: "text", text: text.slice(at, match.index) });
    pieces.push({ kind: "link", text: found, href });
    at = match.index + found.length;
  }
  if (at < text.length) pieces.push({ kind: "text", text: text.slice(at) });
  return pieces;
}

function join(pieces: Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined[joined.length - 1];
    if (piece.kind === "text" && last?.kind === "text") last.text += piece.text;
    else joined.push(piece);
  }
  return joined;
}

// A mark counts where it opens at the edge of a word and closes at one, on the same line, as on the phone.
function closing(text: string, open: number, mark: string): number {
  if (isWord(text[open - 1]) || isSpace(text[open + 1]) || text[open + 1] === mark) return -1;
  for (let at = open + 2; at < text.length && text[at] !== "\n"; at++) if (text[at] === mark && !isSpace(text[at - 1]) && !isWord(text[at + 1])) return at;
  return -1;
}

export function richText(text: string, depth = 0): Piece[] {
  const pieces: Piece[] = [];
  // Marks inside an address are the address's.
  const addresses = [...text.matchAll(link)].map((match) => [match.index, match.index + trimmed(match[0]).length] as const);
  let plain = 0;
  for (let at = 0; at < text.length; at++) {
    const address = addresses.find(([from, to]) => at >= from && at < to);
    if (address) {
      at = address[1] - 1;
      continue;
    }
    const mark = text[at] ?? "";
    const kind = mark in marks ? marks[mark as keyof typeof marks] : mark === "`" ? "code" : null;
    if (!kind || depth > 3) continue;
    const end = closing(text, at, mark);
    if (end < 0) continue;
    pieces.push(...linked(text.slice(plain, at)));
    const inside = text.slice(at + 1, end);
    pieces.push(kind === "code" ? { kind, text: inside } : { kind, pieces: richText(inside, depth + 1) });
    plain = end + 1;
    at = end;
  }
  pieces.push(...linked(text.slice(plain)));
  return join(pieces);
}
