// Which rows of a long list are drawn: those in view and some around them; the rest is empty space of their height. Heights
// of rows that were never drawn are estimates; whoever draws keeps the view in place when the truth differs.

export interface RowWindow {
  from: number; // index of the first row drawn
  to: number; // one behind the last
}

export interface Rows {
  count: number;
  height: (index: number) => number;
}

export function spaceBetween(rows: Rows, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += rows.height(i);
  return sum;
}

// The rows that touch [top, bottom].
export function windowAt(rows: Rows, top: number, bottom: number): RowWindow {
  let at = 0;
  let from = 0;
  while (from < rows.count && at + rows.height(from) <= top) at += rows.height(from++);
  let to = from;
  while (to < rows.count && at < bottom) at += rows.height(to++);
  if (from === rows.count) from = Math.max(0, rows.count - 1); // scrolled beyond: the last
  return { from, to: Math.max(to, Math.min(rows.count, from + 1)) };
}

// Some rows around one, by height on either side.
export function windowAround(rows: Rows, index: number, above: number, below: number): RowWindow {
  let from = Math.max(0, Math.min(index, rows.count));
  for (let room = above; from > 0 && room > 0; ) room -= rows.height(--from);
  let to = Math.max(0, Math.min(index, rows.count));
  for (let room = below; to < rows.count && room > 0; ) room -= rows.height(to++);
  return { from, to };
}
