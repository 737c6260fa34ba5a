// Work per server-CPU-second, side by side with the baseline in the same run. The server has core 0, this has core 1.
// Losses and doubles are counted; every figure is the median of ROUNDS (3).
import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequire } from "node:module";
const { io } = createRequire(new URL("../tests/package.json", import.meta.url))("socket.io-client");

const root = new URL("..", import.meta.url).pathname;
const rounds = Number(process.env.ROUNDS ?? 3);
const secret = "bench-secret";
const inbox = "100000000000001";
const ticks = Number(execFileSync("getconf", ["CLK_TCK"]));
const sign = (body) => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? NaN;

const cpuSeconds = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticks;
};
const rssKiB = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

function envelope(messages) {
  return JSON.stringify({
    object: "whatsapp_business_account",
    entry: [{ id: "2", changes: [{ field: "messages", value: { messaging_product: "whatsapp", metadata: { display_phone_number: "15550001000", phone_number_id: inbox }, contacts: [{ profile: { name: "Bench" }, wa_id: messages[0].from }], messages } }] }],
  });
}
let made = 0;
const text = (from) => ({ from, id: `wamid.bench.${process.pid}.${made++}`, timestamp: String(Math.floor(Date.now() / 1000)), type: "text", text: { body: `message number ${made} of the bench` } });

function requestBytes(method, path, body, headers = {}) {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${head}${body === undefined ? "" : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`}\r\n${body ?? ""}`;
}

// One kept-alive connection; ask() gives the status when the whole answer is there.
class Line {
  constructor(port) {
    this.socket = net.connect(port, "127.0.0.1").setNoDelay(true);
    this.buffer = "";
    this.socket.setEncoding("latin1").on("data", (piece) => {
      this.buffer += piece;
      const end = this.buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(this.buffer.slice(0, end + 2))?.[1] ?? 0);
      if (this.buffer.length < end + 4 + length) return;
      const status = Number(this.buffer.slice(9, 12));
      this.buffer = this.buffer.slice(end + 4 + length);
      this.done(status);
    });
  }
  ask(bytes) {
    return new Promise((done) => ((this.done = done), this.socket.write(bytes)));
  }
}

async function closedLoop(port, parallel, count, next) {
  const lines = Array.from({ length: parallel }, () => new Line(port));
  const latencies = [];
  let left = count;
  await Promise.all(lines.map(async (line) => {
    while (left-- > 0) {
      const bytes = next();
      const start = performance.now();
      const status = await line.ask(bytes);
      if (status >= 300) throw new Error(`answered ${status}`);
      latencies.push(performance.now() - start);
    }
  }));
  lines.forEach((line) => line.socket.destroy());
  return latencies;
}

const subjects = {
  tickwire: async (port, graph) => {
    const folder = mkdtempSync(join(tmpdir(), "tickwire-bench-"));
    const env = { PATH: process.env.PATH, DATA_DIR: folder, PORT: String(port), WHATSAPP_ACCESS_TOKEN: "t", WHATSAPP_APP_SECRET: secret, WHATSAPP_VERIFY_TOKEN: "v", WHATSAPP_PHONE_NUMBER_ID: inbox, WHATSAPP_API_BASE: graph };
    execFileSync(`${root}build/release/bin/tickwire`, ["user", "add", "Bench"], { env, input: "bench-password", stdio: ["pipe", "ignore", "ignore"] });
    return { child: spawn("taskset", ["-c", "0", `${root}build/release/bin/tickwire`], { env, stdio: "ignore" }), end: () => rmSync(folder, { recursive: true, force: true }), login: true };
  },
  "FastAPI baseline": async (port) => ({
    child: spawn("taskset", ["-c", "0", `${root}bench/.venv/bin/python`, `${root}bench/fastapi_baseline/server.py`], { env: { ...process.env, PORT: String(port), WHATSAPP_APP_SECRET: secret }, stdio: "inherit" }),
    end: () => {},
  }),
};

async function measure(name, port, graph) {
  const subject = await subjects[name](port, graph);
  const pid = subject.child.pid;
  const base = `http://127.0.0.1:${port}`;
  for (let i = 0; ; i++) {
    if (await fetch(`${base}/readyz`).then((r) => r.ok, () => false)) break;
    if (i > 300) throw new Error(`${name} does not start`);
    await new Promise((go) => setTimeout(go, 30));
  }
  const token = subject.login ? (await (await fetch(`${base}/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ username: "Bench", password: "bench-password" }) })).json()).token : "";
  const authorization = token ? { Authorization: `Bearer ${token}` } : {};
  const socket = io(base, { auth: { token }, transports: ["websocket"], forceNew: true });
  await new Promise((go) => socket.on("connect", go));
  const arrivals = new Map();
  let doubles = 0;
  socket.on("new_message", (m) => {
    const key = m.text.startsWith("send ") ? m.text : m.whatsappMessageId;
    if (arrivals.has(key)) doubles++;
    arrivals.set(key, performance.now());
  });
  const result = { idle: rssKiB(pid) };
  const perCpu = async (count, work) => {
    const before = cpuSeconds(pid);
    const latencies = await work();
    return { rate: count / Math.max(1 / ticks, cpuSeconds(pid) - before), p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
  };
  const phones = Array.from({ length: 50 }, (_, i) => `1555300${String(i).padStart(4, "0")}`);
  const size = name === "tickwire" ? { hooks: 20_000, sends: 4_000, pages: 4_000 } : { hooks: 3_000, sends: 800, pages: 600 };

  // Prepared beforehand, so that only the server is measured. The first thousand warm up.
  const sent = [];
  const hook = () => {
    const message = text(phones[made % 50]);
    sent.push(message.id);
    const body = envelope([message]);
    return requestBytes("POST", "/webhook", body, { "X-Hub-Signature-256": sign(body) });
  };
  await closedLoop(port, 16, 1000, hook);
  result.hooks = await perCpu(size.hooks, () => closedLoop(port, 16, size.hooks, hook));

  // Open loop: 320 a second, whatever the answers do.
  const starts = new Map();
  const lines = Array.from({ length: 32 }, () => new Line(port));
  let turn = 0;
  const began = performance.now();
  for (let i = 0; i < 1600; i++) {
    const due = began + i * (1000 / 320);
    while (performance.now() < due) await new Promise((go) => setImmediate(go));
    const bytes = hook();
    starts.set(sent[sent.length - 1], performance.now());
    void lines[turn++ % 32].ask(bytes);
  }
  for (let i = 0; i < 200 && [...starts.keys()].some((id) => !arrivals.has(id)); i++) await new Promise((go) => setTimeout(go, 10));
  const toScreen = [...starts].filter(([id]) => arrivals.has(id)).map(([id, at]) => arrivals.get(id) - at);
  result.open = { p50: quantile(toScreen, 0.5), p99: quantile(toScreen, 0.99) };
  lines.forEach((line) => line.socket.destroy());
  result.lost = sent.filter((id) => !arrivals.has(id)).length;

  let n = 0;
  const pressed = new Map();
  result.sends = await perCpu(size.sends, () =>
    closedLoop(port, 16, size.sends, () => {
      const text = `send ${n}`;
      pressed.set(text, performance.now());
      return requestBytes("POST", "/send-message", JSON.stringify({ chatId: phones[n % 50], text, clientId: `b${n++}` }), authorization);
    }));
  for (let i = 0; i < 200 && [...pressed.keys()].some((text) => !arrivals.has(text)); i++) await new Promise((go) => setTimeout(go, 10));
  const told = [...pressed].filter(([text]) => arrivals.has(text)).map(([text, at]) => arrivals.get(text) - at);
  result.told = { p50: quantile(told, 0.5), p99: quantile(told, 0.99) };
  result.lost += pressed.size - told.length;

  const big = "15553009999";
  for (let i = 0; i < 100; i++) {
    const body = envelope(Array.from({ length: name === "tickwire" ? 1000 : 200 }, () => text(big)));
    await closedLoop(port, 1, 1, () => requestBytes("POST", "/webhook", body, { "X-Hub-Signature-256": sign(body) }));
  }
  result.pages = await perCpu(size.pages, () => closedLoop(port, 4, size.pages, () => requestBytes("GET", `/messages?chatId=${big}&limit=50`, undefined, authorization)));
  result.working = rssKiB(pid);
  result.doubles = doubles;
  socket.disconnect();
  const ended = new Promise((go) => subject.child.once("exit", go));
  subject.child.kill("SIGTERM");
  await ended;
  subject.end();
  return result;
}

const graph = http.createServer((request, response) => {
  request.resume().on("end", () => response.end(JSON.stringify({ messages: [{ id: `wamid.g.${made++}` }] })));
});
await new Promise((go) => graph.listen(0, "127.0.0.1", go));
const results = {};
let port = 18_500;
for (let round = 0; round < rounds; round++)
  for (const name of Object.keys(subjects)) (results[name] ??= []).push(await measure(name, port++, `http://127.0.0.1:${graph.address().port}`));
graph.close();

const rows = [
  ["signed webhooks per CPU-second (16 under way)", (r) => r.hooks.rate, 0],
  ["  p50 / p99 ms", (r) => r.hooks.p50, 2, (r) => r.hooks.p99],
  ["webhook → event, 320/s open loop, p50 / p99 ms", (r) => r.open.p50, 2, (r) => r.open.p99],
  ["POST /send-message per CPU-second", (r) => r.sends.rate, 0],
  ["  POST → new_message, 16 under way, p50 / p99 ms", (r) => r.told.p50, 2, (r) => r.told.p99],
  ["page of 50 per CPU-second (chat of 100,000; baseline 20,000)", (r) => r.pages.rate, 0],
  ["RSS idle, MiB", (r) => r.idle / 1024, 1],
  ["RSS at work, MiB", (r) => r.working / 1024, 1],
  ["lost / doubled", (r) => r.lost, 0, (r) => r.doubles],
];
const [ours, theirs] = Object.keys(subjects);
console.log(`\n${"".padEnd(64)}${ours.padStart(16)}${theirs.padStart(20)}   ratio   (median of ${rounds})`);
for (const [label, first, digits, second] of rows) {
  const cell = (name) => [first, second].filter(Boolean).map((pick) => median(results[name].map(pick)).toFixed(digits)).join(" / ");
  const ratio = median(results[ours].map(first)) / median(results[theirs].map(first));
  console.log(`${label.padEnd(64)}${cell(ours).padStart(16)}${cell(theirs).padStart(20)}   ${second || !Number.isFinite(ratio) ? "" : ratio.toFixed(1)}`);
}
