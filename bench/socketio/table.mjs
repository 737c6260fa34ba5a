// The medians of all rounds as tables: work per processor second beside the goals, latencies, what went wrong, and
// how busy others were. A server that made a mistake in a figure has no value in it: it has not done the work.
import { cpus } from "node:os";

const mistakes = ["lost", "doubled", "astray", "cut"];
const sum = (values) => values.reduce((all, value) => all + value, 0);
const median = (values) => {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return sorted.length % 2 ? sorted[(sorted.length - 1) / 2] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
};
const number = (value, digits = 0) => (Number.isFinite(value) ? value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }) : "–");
const line = (cells) => console.log(`| ${cells.join(" | ")} |`);
const head = (cells) => (line(cells), line(cells.map(() => "---")));

// "3 lost, 1 cut", or nothing.
export const mistakesIn = (rounds) =>
  mistakes.map((kind) => [sum(rounds.map((result) => result[kind])), kind]).filter(([count]) => count > 0).map(([count, kind]) => `${number(count)} ${kind}`).join(", ");

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

function work(results, names, figures) {
  const peers = names.filter((name) => name !== "floor" && name !== "tickwire");
  console.log("\nPer second of the server's processor time (RSS: bytes, p99.9: ms; less is better)\n");
  head(["", ...names, "tickwire of floor", "goal", "tickwire to best peer"]);
  for (const [figure, byServer] of Object.entries(results))
    for (const row of figures[figure].rows) {
      const value = (name) => { // NaN: none
        const rounds = byServer[name] ?? [];
        return mistakesIn(rounds) ? NaN : median(rounds.map(row.value ?? ((result) => result.per_cpu_second)));
      };
      const cell = (name) => mistakesIn(byServer[name]) || number(value(name), row.digits);
      line([row.label, ...names.map(cell), ...verdict(row, value("tickwire"), value("floor"), peers.map(value).filter(Number.isFinite))]);
    }
}

function latencies(results, names, figures) {
  console.log("\nLatency under this load, p50 / p99 / p99.9 in ms; share of the time in which the server's core worked\n");
  head(["", ...names]);
  for (const [figure, byServer] of Object.entries(results)) {
    const cell = (name) => {
      const of = (key) => median(byServer[name].map((result) => result[key]));
      const busy = figures[figure].load[0] === "connects" ? "" : `, ${((of("cpu_seconds") / of("seconds")) * 100).toFixed(0)} %`;
      return byServer[name].length ? ["p50_us", "p99_us", "p999_us"].map((key) => number(of(key) / 1000, 1)).join(" / ") + busy : "–";
    };
    line([figures[figure].rows.at(-1).label, ...names.map(cell)]);
  }
}

function whatWentWrong(results, names) {
  console.log("\nIn all figures and rounds together; astray: to the wrong client; cut: clients whose connection the server ended\n");
  head(["", ...names]);
  const total = (name, key) => sum(Object.values(results).flatMap((byServer) => byServer[name].map((result) => result[key] ?? 0)));
  for (const key of ["events", ...mistakes, "held_back"])
    line([key === "held_back" ? "not sent, since the server did not keep up" : key, ...names.map((name) => number(total(name, key)))]);
}

function othersLoad(results) {
  const shares = Object.values(results)
    .flatMap((byServer) => Object.values(byServer).flat())
    .map((result) => (result.others_cpu_seconds / result.seconds / cpus().length) * 100);
  if (shares.length)
    console.log(`\nWhile it was measured, other programs had ${number(median(shares))} % of this machine's ${cpus().length} cores (median; ${number(Math.min(...shares))} to ${number(Math.max(...shares))} %).`);
}

export function print(results, names, figures) {
  work(results, names, figures);
  latencies(results, names, figures);
  whatWentWrong(results, names);
  othersLoad(results);
}
