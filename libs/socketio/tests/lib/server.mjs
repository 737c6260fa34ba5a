// The built programs: started on a free port, listened to, ended.
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import readline from "node:readline";
import { after } from "node:test";

const buildDir = process.env.BUILD_DIR ?? new URL("../../../../build/release", import.meta.url).pathname;
// Sanitizers keep what was freed.
export const exactMemory = !/asan|tsan/.test(buildDir);
export const programPath = (name) => `${buildDir}/bin/${name}`;

const running = new Set();
const killAll = () => running.forEach((child) => child.kill("SIGKILL"));
process.on("exit", killAll);
// A test that failed may have left programs and connections: they must not keep the run from ending.
after(() => {
  killAll();
  setTimeout(() => process.exit(1), 5000).unref();
});

// PLAIN=yes runs tests against a server without middlewares, watchers and hooks, as most applications are: what they ask takes the
// short ways. What needs more is left out.
export const plain = !!process.env.PLAIN;
export const unlessPlain = (test) => (plain ? test.skip : test);

// Runs until it says that it listens. `told`: the lines of JSON it printed, of feature_server.
export async function start(name, ...given) {
  if (plain && name === "feature_server" && !["engine", "plain"].includes(given[0])) given.unshift("plain");
  const options = given.includes("--port") ? [...given] : [...given, "--port", "0"];
  // THREADS=4 runs every test against that many.
  if (name === "feature_server" && process.env.THREADS && !given.includes("--threads")) options.push("--threads", process.env.THREADS);
  const child = spawn(programPath(name), options, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const news = new EventEmitter().setMaxListeners(0);
  const server = { child, told: [], said: "", news };
  server.exited = once(child, "exit").then(([status, signal]) => {
    running.delete(child);
    server.status = status ?? signal;
    news.emit("exit");
    return server.status;
  });
  child.stderr.setEncoding("utf8").on("data", (piece) => (server.said += piece) && news.emit("said"));
  readline.createInterface({ input: child.stdout }).on("line", (line) => {
    try {
      server.told.push(JSON.parse(line));
    } catch {
      server.told.push({ what: "text", line });
    }
    news.emit("told");
  });

  while (!/listening on \d+/.test(server.said)) {
    if (server.status !== undefined) throw new Error(`${name} ended with ${server.status}: ${server.said}`);
    await Promise.race([once(news, "said"), once(news, "exit")]);
  }
  server.port = Number(/listening on (\d+)/.exec(server.said)[1]);
  server.url = `http://127.0.0.1:${server.port}`;

  // The first line that fits, said already or later; it is taken away.
  server.tells = async (fits, what = fits.toString()) => {
    const patience = AbortSignal.timeout(15_000);
    for (;;) {
      const at = server.told.findIndex(fits);
      if (at >= 0) return server.told.splice(at, 1)[0];
      await once(news, "told", { signal: patience }).catch(() => {
        throw new Error(`never told: ${what}; but ${JSON.stringify(server.told.slice(-10))}`);
      });
    }
  };
  server.stop = async (signal = "SIGKILL") => {
    if (server.status === undefined) child.kill(signal);
    return server.exited;
  };
  server.residentBytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) * 1024;
  return server;
}

// Runs to its end: what it said and its status.
export async function run(name, ...options) {
  const child = spawn(programPath(name), options, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (piece) => (said += piece));
  const [status] = await once(child, "close");
  running.delete(child);
  return { status, said };
}

// Tries again until it holds, for what has no event to wait for.
export async function until(holds, what = holds.toString(), patience = 10_000) {
  const end = performance.now() + patience;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (performance.now() > end) throw new Error(`never true: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}
