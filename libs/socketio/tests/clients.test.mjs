// Published clients in other languages, each with its whole story over each transport it has, a server restart included.
// What they need is installed once, into .clients; what cannot be had fails here by its name.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import readline from "node:readline";
import { once as event } from "node:events";
import { describe, test } from "node:test";
import { io } from "socket.io-client";
import { start } from "./lib/server.mjs";

const here = new URL(".", import.meta.url).pathname;
const cache = `${here}.clients`;

function must(what, command, given, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, given, { encoding: "utf8", maxBuffer: 64 << 20, ...options });
  if (error || status !== 0) throw new Error(`${what}: \`${command} ${given.join(" ")}\` failed: ${error?.message ?? `${stdout}\n${stderr}`.slice(-4000)}`);
}

// Runs `make` again only when `from` changed.
function once(stamp, from, make) {
  const wanted = from.map((file) => readFileSync(file, "utf8")).join("\0");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  make();
  writeFileSync(stamp, wanted);
}

function python() {
  const folder = `${cache}/python`;
  const requirements = `${here}clients/python/requirements.txt`;
  once(`${folder}.stamp`, [requirements], () => {
    mkdirSync(cache, { recursive: true });
    must("python-socketio (PyPI)", "python3", ["-m", "venv", folder]);
    must("python-socketio (PyPI)", `${folder}/bin/pip`, ["install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  });
  return `${folder}/bin/python`;
}

function java() {
  const folder = `${cache}/java`;
  const sources = ["pom.xml", "src/main/java/Story.java"].map((file) => `${here}clients/java/${file}`);
  once(`${folder}.stamp`, sources, () => {
    mkdirSync(cache, { recursive: true });
    must("io.socket:socket.io-client (Maven Central)", "mvn", ["-q", "-B", `-DbuildDirectory=${folder}`, "compile"], { cwd: `${here}clients/java` });
  });
  return ["-cp", `${folder}/classes:${folder}/lib/*`, "Story"];
}

function rust() {
  const folder = `${cache}/rust`;
  const sources = ["Cargo.toml", "Cargo.lock", "src/main.rs"].map((file) => `${here}clients/rust/${file}`);
  once(`${folder}.stamp`, sources, () => {
    mkdirSync(cache, { recursive: true });
    must("rust_socketio (crates.io)", "cargo", ["build", "--quiet", "--locked", "--target-dir", folder], { cwd: `${here}clients/rust` });
  });
  return `${folder}/debug/rust-client`;
}

// Tells the story and gives the steps that it passed.
async function story(command, given) {
  let server = await start("conformance_server", "--ping-interval", "5000", "--ping-timeout", "5000");
  const client = spawn(command, [...given(server.url)], { stdio: ["ignore", "pipe", "pipe"] });
  const passed = [];
  let complaint = "";
  client.stderr.setEncoding("utf8").on("data", (piece) => (complaint += piece));
  const ended = new Promise((done) => client.on("close", done));
  const tooLong = setTimeout(() => client.kill("SIGKILL"), 90_000);
  for await (const line of readline.createInterface({ input: client.stdout })) {
    if (line.startsWith("ok ")) passed.push(line.slice(3));
    if (line !== "restart") continue;
    await server.stop("SIGKILL");
    server = await start("conformance_server", "--port", String(server.port), "--ping-interval", "5000", "--ping-timeout", "5000");
  }
  const status = await ended;
  clearTimeout(tooLong);
  await server.stop();
  assert.equal(status, 0, `after «${passed.at(-1)}»: ${complaint}`);
  return passed;
}

const order = ["300 there and back in order", "300 from the server in order"];
const whole = ["auth", "binary", "acknowledged", "room", "namespaces", "refused by /secret",
  "refused by /nope", "reconnected", "answers again"];
const bothWays = ["acknowledged with binary", "asked by the server", "a socket of its own in each"];

for (const [name, prepare, steps] of [
  ["python-socketio, blocking", () => [python(), `${here}clients/python/blocking.py`], [...whole, "300 there and back", "300 from the server", ...bothWays, "transport", "not to the sender"]],
  ["python-socketio, asyncio", () => [python(), `${here}clients/python/asynchronous.py`], [...whole, ...order, ...bothWays, "transport"]],
  ["socket.io-client for Java", () => ["java", ...java()], [...whole, ...order, ...bothWays, "not to the sender"]],
  ["rust_socketio", () => [rust()], [...whole, ...order]],
])
  describe(name, () => {
    for (const way of ["polling", "websocket", "upgrade"])
      test(way, async (t) => {
        const [command, ...given] = prepare();
        const tell = () => story(command, (url) => [...given, url, way]);
        // rust_socketio, polling, once in dozens of runs and only on a busy machine: it does not come back after the restart. Not
        // understood yet; the others always do.
        const passed = await tell().catch((error) => {
          if (name !== "rust_socketio" || !/never heard auth/.test(error.message)) throw error;
          t.diagnostic(`told a second time: ${error.message}`);
          return tell();
        });
        assert.deepEqual(passed.sort(), [...steps].sort());
      });
  });

// The rest of its story is in protocol.test.mjs.
describe("socket.io-client in Node", () => {
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]])
    test(`${transports.join(", then ")}: comes back after the server was killed and started again, and what it said meanwhile arrives in order`, async () => {
      const server = await start("conformance_server", "--ping-interval", "2000", "--ping-timeout", "2000");
      const socket = io(server.url, { transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, auth: { token: "t" } });
      assert.deepEqual(await event(socket, "auth"), [{ token: "t" }]);
      const gone = event(socket, "disconnect");
      await server.stop("SIGKILL");
      assert.match((await gone)[0], /^transport (close|error)$/);
      const answers = Promise.all(Array.from({ length: 300 }, (_, i) => socket.emitWithAck("message-with-ack", i)));
      const order = [];
      socket.on("message-back", (i) => order.push(i));
      for (let i = 0; i < 300; i++) socket.emit("message", i);
      const again = await start("conformance_server", "--port", String(server.port));
      assert.deepEqual(await event(socket, "auth"), [{ token: "t" }]);
      assert.deepEqual(await answers, Array.from({ length: 300 }, (_, i) => i));
      await socket.emitWithAck("message-with-ack", "last");
      assert.deepEqual(order, Array.from({ length: 300 }, (_, i) => i));
      socket.disconnect();
      await again.stop();
    });
});
