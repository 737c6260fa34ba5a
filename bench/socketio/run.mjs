// Socket.IO servers side by side: they take turns on core 0, the load has core 1. Every figure is the median of
// the rounds, per second of the server's processor time; what ours loses or doubles fails the run, what a peer does
// is told.
// Usage: script/bench socketio [--quick] [--servers a,b] [--figures a,b] [--rounds N] [--measured MS] [--warm MS]
//                              [--ours PATH] [--json FILE]
// --quick shows within a minute or two that everything works: small crowds, whose numbers say little.
// --ours PATH measures that program (started as PATH --port N) instead of this tree's bench_server.
import { execFile, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import net from "node:net";
import { loadavg } from "node:os";
import { resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { figuresOf } from "./figures.mjs";
import { load, makeNative, servers } from "./servers.mjs";
import { mistakesIn, print } from "./table.mjs";

const serverCore = "0", loadCore = "1";
const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    servers: { type: "string", default: Object.keys(servers).join(",") },
    figures: { type: "string", default: Object.keys(figuresOf(false)).join(",") },
    rounds: { type: "string" },
    measured: { type: "string" },
    warm: { type: "string" },
    ours: { type: "string" },
    json: { type: "string" },
  },
});
const rounds = Number(options.rounds ?? process.env.ROUNDS ?? (options.quick ? 1 : 3));
const figures = figuresOf(options.quick);
const warm = options.warm ?? (options.quick ? 100 : 1000);
const measured = (figure) => options.measured ?? figures[figure].measured ?? (options.quick ? 300 : 3000);
const chosen = (list, all, what) =>
  list.split(",").map((name) => (name in all ? name : fail(`no ${what} is called ${name}; there are: ${Object.keys(all).join(", ")}`)));

function fail(why) {
  console.error(`bench socketio: ${why}`);
  process.exit(1);
}

function makeReady(names) {
  const missing = [];
  const attempt = (name, make, needs) => {
    console.error(`bench socketio: making ${name}`);
    try {
      make();
    } catch (error) {
      missing.push(`${name} cannot be had${needs ? ` (it needs ${needs})` : ""}: ${error.message}`);
    }
  };
  attempt("load and floor", makeNative);
  for (const name of names) attempt(name, servers[name].make, servers[name].needs);
  if (missing.length) fail(`${missing.join("\n")}\nWithout them: --servers ${names.filter((name) => !missing.some((line) => line.startsWith(name))).join(",")}`);
}

const freePort = () =>
  new Promise((found) => {
    const probe = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
const answers = (port) =>
  new Promise((done) => {
    const socket = net.connect(port, "127.0.0.1", () => (socket.destroy(), done(true))).on("error", () => done(false));
  });
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function start(name, given) {
  const port = await freePort();
  // As many descriptors as may be; the shell is replaced, so the process is the server's own.
  const child = spawn("bash", ["-c", 'ulimit -n "$(ulimit -Hn)"; exec taskset -c "$0" "$@"', serverCore, ...servers[name].start(String(port))], {
    env: { ...process.env, ...given, ...servers[name].environment?.(given) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (piece) => (said = (said + piece).slice(-2000)));
  const ended = new Promise((done) => child.on("exit", (code, signal) => done({ code, signal })));
  running.add(child);
  ended.then(() => running.delete(child));
  const latest = Date.now() + 10_000;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > latest) {
      child.kill("SIGKILL");
      throw new Error(`${name} did not start: ${said}`);
    }
    await pause(20);
  }
  return { port, pid: child.pid, said: () => said, stop: () => stop(child, ended) };
}

async function stop(child, ended) {
  const begun = Date.now();
  child.kill("SIGTERM");
  const tooLong = setTimeout(() => child.kill("SIGKILL"), 5000);
  const end = await ended;
  clearTimeout(tooLong);
  return { ...end, ms: Date.now() - begun };
}

const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => {
    for (const child of running) child.kill("SIGKILL");
    process.exit(1);
  });

const knows = (name, environment = {}) => Object.keys(environment).every((option) => servers[name].knows?.includes(option));

async function measure(figure, name) {
  let server;
  try {
    server = await start(name, figures[figure].environment ?? {});
    const args = ["-c", loadCore, load, ...figures[figure].load, "--warm", warm, "--measured", measured(figure), "--port", server.port, "--pid", server.pid];
    const { stdout } = await promisify(execFile)("taskset", args.map(String));
    const result = JSON.parse(stdout);
    const wrong = mistakesIn([result]);
    if (wrong) (name === "tickwire" || name === "floor" ? problems : ofPeers).push(`${name}, ${figure}: ${wrong}`);
    return result;
  } catch (error) {
    problems.push(`${name}, ${figure}: ${error.stderr?.trim() || error.message} ${server?.said() ?? ""}`.trim());
    return undefined;
  } finally {
    const end = await server?.stop();
    if (end && name === "tickwire" && (end.code !== 0 || end.ms > 3000))
      problems.push(`tickwire ended with ${end.signal ?? end.code} ${end.ms} ms after SIGTERM`);
  }
}

const serverNames = chosen(options.servers, servers, "server");
const figureNames = chosen(options.figures, figures, "figure");
const here = (path) => resolve(process.env.CALLED_FROM ?? ".", path);
if (options.ours) {
  const program = here(options.ours);
  if (!existsSync(program)) fail(`${program} is not there`);
  servers.tickwire = { ...servers.tickwire, make() {}, start: (port) => [program, "--port", port] };
}
makeReady(serverNames);

const problems = [], ofPeers = [];
const results = Object.fromEntries(figureNames.map((figure) => [figure, Object.fromEntries(serverNames.map((name) => [name, []]))]));
console.error(`bench socketio: ${rounds} round${rounds === 1 ? "" : "s"}; others' load on this machine: ${loadavg()[0].toFixed(1)}`);
const tell = (round, figure, name, result) =>
  console.error(
    `round ${round + 1} ${figure.padEnd(18)} ${name.padEnd(12)} ${Math.round(result.per_cpu_second).toLocaleString("en").padStart(9)} p50 ${result.p50_us} µs, p99 ${result.p99_us} µs${mistakesIn([result]) && `: ${mistakesIn([result])}`}`,
  );
for (let round = 0; round < rounds; ++round)
  for (const figure of figureNames)
    for (let i = 0; i < serverNames.length; ++i) {
      const name = serverNames[(i + round) % serverNames.length];
      if (!knows(name, figures[figure].environment) || (round > 0 && figures[figure].measured)) continue;
      const result = await measure(figure, name);
      if (!result) continue;
      results[figure][name].push(result);
      tell(round, figure, name, result);
    }

print(results, serverNames, figures);
if (ofPeers.length) console.log(`\nPeers' mistakes:\n${ofPeers.join("\n")}`);
if (options.json) writeFileSync(here(options.json), JSON.stringify(results, null, 1));
if (problems.length) fail(`\n${problems.join("\n")}`);
