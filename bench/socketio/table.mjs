// The medians of all rounds as two tables: work per processor second beside the goals, and latencies.
import { figures } from "./figures.mjs";

const median = (values) => {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return sorted.length % 2 ? sorted[(sorted.length - 1) / 2] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
};
const number = (value) => (Number.isFinite(value) ? Math.round(value).toLocaleString("en") : "–");
const line = (cells) => console.log(`| ${cells.join(" | ")} |`);

function verdict(row, ours, floor, peers) {
  const best = row.less ? Math.min(...peers) : Math.max(...peers);
  const share = ours / floor;
  const times = row.less ? best / ours : ours / best;
  const reached = row.less ? ours <= row.goal : share >= row.goal;
  const goal = row.less ? `≤ ${number(row.goal)}` : `≥ ${row.goal * 100} %`;
  return [
    row.less || !Number.isFinite(share) ? "–" : `${(share * 100).toFixed(0)} %`,
    row.goal === undefined ? "–" : `${goal}${Number.isFinite(row.less ? ours : share) ? (reached ? " ✓" : " ✗") : ""}`,
    peers.length && Number.isFinite(times) ? `${times.toFixed(2)} ×${times > 1 ? " ✓" : " ✗"}` : "–",
  ];
}

export function print(results, names, quick) {
  const peers = names.filter((name) => name !== "floor" && name !== "tickwire");
  console.log("\nPer second of the server's processor time (RSS: bytes, less is better)\n");
  line(["", ...names, "tickwire of floor", "goal", "tickwire to best peer"]);
  line(Array(names.length + 4).fill("---"));
  for (const [figure, byServer] of Object.entries(results))
    for (const row of figures[figure].rows(quick)) {
      const value = (name) => median((byServer[name] ?? []).map(row.value ?? ((result) => result.per_cpu_second)));
      line([row.label, ...names.map((name) => number(value(name))), ...verdict(row, value("tickwire"), value("floor"), peers.map(value).filter(Number.isFinite))]);
    }
  console.log("\nLatency under this load, p50 / p99 in ms; share of the time in which the server's core worked\n");
  line(["", ...names]);
  line(Array(names.length + 1).fill("---"));
  for (const [figure, byServer] of Object.entries(results)) {
    const cell = (name) => {
      const of = (key) => median(byServer[name].map((result) => result[key]));
      const busy = figure === "connects" ? "" : `, ${((of("cpu_seconds") / of("seconds")) * 100).toFixed(0)} %`;
      return byServer[name].length ? `${(of("p50_us") / 1000).toFixed(1)} / ${(of("p99_us") / 1000).toFixed(1)}${busy}` : "–";
    };
    line([figures[figure].rows(quick).at(-1).label, ...names.map(cell)]);
  }
}
