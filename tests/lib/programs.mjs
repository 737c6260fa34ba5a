// The built programs as tests use them: started on free ports with a folder of their own, ended by pid in any case.
import { spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { io } from "socket.io-client";
import { freePort } from "./free_port.mjs";
import { newStore } from "./stores.mjs";

const bin = join(process.env.BUILD_DIR ?? new URL("../../build/release", import.meta.url).pathname, "bin");
export const inbox = "100000000000001";
export const secrets = { appSecret: "canary-app-secret-41", verifyToken: "canary-verify-41", accessToken: "canary-access-token-41" };

const alive = new Set();
process.on("exit", () => alive.forEach((child) => child.kill("SIGKILL")));

function start(name, args, options) {
  const child = spawn(join(bin, name), args, { stdio: ["pipe", "ignore", "pipe"], ...options });
  alive.add(child);
  child.once("exit", () => alive.delete(child));
  child.log = "";
  child.stderr.setEncoding("utf8").on("data", (piece) => (child.log += piece));
  return child;
}

// Until check() gives something true; asks again when `emitter` says something or, without one, soon.
export async function until(check, what, { timeout = 10_000 } = {}) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeout} ms in vain for: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

// A Graph of our own, for faults that must be exact: `answer({body, response, request, accept})` decides; every POST stands in
// `ledger`. `accept({wamid, waId})` answers as Graph does when it takes a message, under a wamid of its own and to the number
// that was asked for unless told otherwise.
export async function fakeGraph(answer, { port = 0 } = {}) {
  const ledger = [];
  let count = 0;
  const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (piece) => (text += piece));
    request.on("end", () => {
      const body = JSON.parse(text);
      ledger.push({ body, at: Date.now(), authorization: request.headers.authorization, url: request.url });
      const accept = ({ wamid = `wamid.G${randomBytes(6).toString("hex")}${count++}`, waId = body.to?.slice(1) } = {}) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ messaging_product: "whatsapp", contacts: [{ input: body.to, wa_id: waId }], messages: [{ id: wamid }] }));
        return wamid;
      };
      if (answer) answer({ body, response, request, accept });
      else accept();
    });
  });
  await new Promise((done) => server.listen(port, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}`, ledger, close: () => (server.closeAllConnections(), server.close()) };
}

// Our message that a POST in the ledger is about; its callback data is "id:attempt".
export const messageOf = (post) => post.body.biz_opaque_callback_data.split(":")[0];

export const graphError = (response, code, status = 400) => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { message: `(#${code}) Some title`, type: "OAuthException", code, error_data: { messaging_product: "whatsapp", details: "Some details" }, fbtrace_id: "A" } }));
};

export class Tickwire {
  // `beside`: another one, whose store this one shares.
  static async start({ graph, env = {}, users = { Ana: "password-of-ana", Ben: "password-of-ben" }, dataDir, port, storeAlone, beside } = {}) {
    const self = new Tickwire();
    self.dataDir = dataDir ?? mkdtempSync(join(tmpdir(), "tickwire-"));
    process.on("exit", () => rmSync(self.dataDir, { recursive: true, force: true }));
    self.store = beside?.store ?? (await newStore({ dataDir: self.dataDir, inbox, alone: storeAlone }));
    self.port = port ?? (await freePort());
    self.url = `http://127.0.0.1:${self.port}`;
    self.env = {
      PATH: process.env.PATH, DATA_DIR: self.dataDir, HOST: "127.0.0.1", PORT: String(self.port),
      WHATSAPP_ACCESS_TOKEN: secrets.accessToken, WHATSAPP_PHONE_NUMBER_ID: inbox, WHATSAPP_APP_SECRET: secrets.appSecret,
      WHATSAPP_VERIFY_TOKEN: secrets.verifyToken, WHATSAPP_API_BASE: graph ?? "http://127.0.0.1:9", ...self.store.env, ...env,
    };
    if (!beside) for (const [name, password] of Object.entries(users)) await self.addUser(name, password);
    await self.launch();
    return self;
  }

  // One of the program's other commands, beside the server; `log` is what it says on standard error.
  async command(args, input = "") {
    const child = start("tickwire", args, { env: this.env, cwd: this.dataDir, stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (piece) => (out += piece));
    child.stdin.on("error", () => {}).end(input); // it may not read it
    const [status] = await once(child, "close");
    return { status, out, log: child.log };
  }

  async addUser(name, password, role = "agent") {
    const { status, log } = await this.command(["user", "add", name, "--role", role], password);
    if (status !== 0) throw new Error(`user add ${name}: ${log}`);
  }

  async launch() {
    this.child = start("tickwire", ["serve"], { env: this.env, cwd: this.dataDir });
    await until(async () => {
      if (this.child.exitCode !== null) throw new Error(`the server ended: ${this.child.log}`);
      return fetch(`${this.url}/readyz`).then((r) => r.ok, () => false);
    }, "the server to be ready");
  }

  pause() {
    this.child.kill("SIGSTOP");
  }
  resume() {
    this.child.kill("SIGCONT");
  }
  async kill(signal = "SIGKILL") {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return [this.child.exitCode];
    const ended = once(this.child, "exit");
    this.child.kill(signal);
    return ended;
  }

  async login(username, password = `password-of-${username.toLowerCase()}`) {
    const answer = await this.post("/login", { username, password });
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`);
    return { ...answer.body, cookie: answer.headers.get("set-cookie")?.split(";")[0] };
  }

  async request(method, path, { body, token, headers = {} } = {}) {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...(token && { authorization: `Bearer ${token}` }), ...headers },
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    let parsed = text;
    try {
      parsed = JSON.parse(text);
    } catch {
      // plain text
    }
    return { status: response.status, body: parsed, text, headers: response.headers };
  }
  get(path, token) {
    return this.request("GET", path, { token });
  }
  post(path, body, token, headers) {
    return this.request("POST", path, { body, token, headers });
  }

  // One number of GET /metrics, by its whole name; an administrator asks, who is made for it.
  async metric(name) {
    if (!this.operator) {
      await this.addUser("Operator", "password-of-operator", "admin");
      this.operator = (await this.login("Operator")).token;
    }
    const { text } = await this.get("/metrics", this.operator);
    return Number(text.split("\n").find((line) => line.startsWith(`${name} `))?.split(" ").at(-1));
  }

  webhook(body, { signature } = {}) {
    const bytes = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return this.request("POST", "/webhook", { body: bytes.toString(), headers: { "x-hub-signature-256": signature ?? sign(bytes) } });
  }

  async messages(token, chatId) {
    const all = [];
    for (let before; ; ) {
      const page = await this.get(`/messages?limit=200${chatId ? `&chatId=${encodeURIComponent(chatId)}` : ""}${before ? `&before=${before}` : ""}`, token);
      if (page.status !== 200) throw new Error(`messages: ${page.status} ${page.text}`);
      all.unshift(...page.body.messages);
      if (!page.body.hasMore) return all;
      before = page.body.messages[0].seq;
    }
  }

  // A stock client that remembers everything it was told.
  socket(token, options = {}) {
    const socket = io(this.url, { auth: { token }, transports: ["websocket"], forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options });
    socket.events = [];
    socket.onAny((name, data) => socket.events.push({ name, data }));
    socket.named = (name) => socket.events.filter((event) => event.name === name).map((event) => event.data);
    return socket;
  }
  async connected(token, options) {
    const socket = this.socket(token, options);
    await until(() => socket.named("sync").length > 0, "sync");
    return socket;
  }
}

export const sign = (bytes, secret = secrets.appSecret) => `sha256=${createHmac("sha256", secret).update(bytes).digest("hex")}`;

const envelope = (value) => ({ object: "whatsapp_business_account", entry: [{ id: "200000000000001", changes: [{ field: "messages", value: { messaging_product: "whatsapp", metadata: { display_phone_number: "15550001000", phone_number_id: inbox }, ...value } }] }] });

// Without `from`: of somebody who is known by `more.from_user_id` only.
export const textMessage = (wamid, from, body, more = {}) =>
  envelope({ contacts: [{ profile: { name: `Customer ${(from ?? more.from_user_id).slice(-3)}` }, wa_id: from, user_id: from ? undefined : more.from_user_id }], messages: [{ from, id: wamid, timestamp: String(Math.floor(Date.now() / 1000)), type: "text", text: { body }, ...more }] });

export const statusUpdate = (wamid, status, more = {}) =>
  envelope({ statuses: [{ id: wamid, status, timestamp: String(Math.floor(Date.now() / 1000)), recipient_id: "15550000101", ...more }] });

export class Simulator {
  static async start(tickwirePort, options = []) {
    const self = new Simulator();
    self.child = start("tickwire-simulator", ["--port", "0", "--webhook-url", `http://127.0.0.1:${tickwirePort}/webhook`, "--app-secret", secrets.appSecret,
      "--verify-token", secrets.verifyToken, "--access-token", secrets.accessToken, "--phone-number-id", inbox, "--customers", "0", "--step-delay", "0", ...options], {});
    const found = await until(() => /http:\/\/127\.0\.0\.1:(\d+)/.exec(self.child.log), "the simulator to listen");
    self.url = `http://127.0.0.1:${found[1]}`;
    return self;
  }
  async call(method, path, body) {
    const response = await fetch(this.url + path, { method, headers: { "content-type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`simulator ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }
  inbound(body) {
    return this.call("POST", "/simulator/inbound", body);
  }
  set(options) {
    return this.call("PATCH", "/simulator/options", options);
  }
  stop() {
    this.child.kill("SIGKILL");
  }
}
