// The members of a cluster under test: a Redis of our own, Node servers with stock clients, and our adapter with a
// server that is none (cluster_probe). Everything on free ports, everything ended by pid.
import { createAdapter } from "@socket.io/redis-adapter";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createClient } from "redis";
import { Server } from "socket.io";
import { io } from "socket.io-client";

const bin = join(process.env.BUILD_DIR ?? new URL("../../../../build/release", import.meta.url).pathname, "bin");
const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));

export function run(program, args, options) {
  const child = spawn(program, args, options);
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

// Until check() gives something true; what it gives.
export async function until(check, what, timeout = 20_000) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeout} ms in vain for: ${typeof what === "function" ? what() : what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

export async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

export class Redis {
  static async start(...options) {
    const redis = new Redis();
    redis.port = await freePort();
    redis.folder = mkdtempSync(join(tmpdir(), "redis-"));
    redis.options = options;
    await redis.start();
    return redis;
  }
  async start() {
    this.child = run("redis-server", ["--port", this.port, "--bind", "127.0.0.1", "--save", "", "--dir", this.folder, ...this.options], { stdio: "ignore" });
    await until(() => new Promise((done) => {
      const socket = net.connect(this.port, "127.0.0.1", () => socket.write("PING\r\n"));
      socket.once("data", () => (socket.destroy(), done(true)));
      socket.once("error", () => done(false));
    }), "redis-server");
  }
  async kill() {
    if (!this.child) return;
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
    this.child = undefined;
  }
  freeze() { this.child.kill("SIGSTOP"); }
  thaw() { this.child.kill("SIGCONT"); }
  async client(options = {}) {
    const client = createClient({ url: `redis://127.0.0.1:${this.port}`, socket: { reconnectStrategy: 20 }, ...options });
    client.on("error", () => {});
    await client.connect();
    return client;
  }
  async close() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// A stock server with Node's adapter, and its stock clients.
export class NodeServer {
  static async start(redis, options = {}) {
    const self = new NodeServer();
    self.redisClients = [await redis.client(), await redis.client()];
    self.http = http.createServer().listen(0, "127.0.0.1");
    await once(self.http, "listening");
    self.url = `http://127.0.0.1:${self.http.address().port}`;
    self.io = new Server(self.http, { adapter: createAdapter(...self.redisClients, { requestsTimeout: 3000, ...options }) });
    self.io.of("/"); // its adapter exists, and listens, from now on
    self.clients = [];
    return self;
  }
  async client(nsp = "/") {
    const socket = io(this.url + nsp, { transports: ["websocket"], forceNew: true, reconnection: false });
    this.clients.push(socket);
    await once(socket, "connect");
    return socket;
  }
  async close() {
    this.clients.forEach((client) => client.disconnect());
    await this.io.close();
    // Not disconnect(): the adapter's last commands would fail where nobody catches them.
    await Promise.all(this.redisClients.map((client) => (client.isReady ? client.quit() : client.disconnect()).catch(() => {})));
  }
}

const shown = (value) => Buffer.isBuffer(value) ? { $binary: value.toString("hex") }
  : Array.isArray(value) ? value.map(shown)
  : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shown(one)]))
  : value;

// Our adapter; what it says is in `lines`.
export class Probe {
  static async start(redis, name, ...options) {
    const self = new Probe();
    self.lines = [];
    self.child = run(join(bin, "cluster_probe"), [redis.port, name, ...options], { stdio: ["pipe", "pipe", "inherit"] });
    createInterface(self.child.stdout).on("line", (line) => self.lines.push(JSON.parse(line)));
    return self;
  }
  do(what, line = {}) { this.child.stdin.write(JSON.stringify({ do: what, ...line, ...(line.args && { args: shown(line.args) }) }) + "\n"); }
  heard(what) { return this.lines.filter((line) => line.heard === what); }
  results(what) { return this.lines.filter((line) => line.result === what); }
  hears(check, what = check) {
    return until(() => this.lines.find(check), () => `${what} in ${JSON.stringify(this.lines)}`);
  }
  // Asks, and gives the line that answers.
  async ask(what, result, line = {}) {
    const before = this.results(result).length;
    this.do(what, line);
    return until(() => this.results(result)[before], () => `${result} in ${JSON.stringify(this.lines)}`);
  }
  // Ends as its input does, by itself.
  async close() {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const gone = once(this.child, "exit");
    this.child.stdin.end();
    return (await gone)[0];
  }
}

// Everybody sees everybody's sockets: so many in all.
export async function united(members, sockets) {
  for (const member of members)
    await until(async () => {
      if (member instanceof Probe) {
        const { error, sockets: found } = await member.ask("fetch", "sockets");
        return !error && found.length === sockets - member.own;
      }
      return (await member.io.fetchSockets().catch(() => [])).length === sockets;
    }, `all members to see ${sockets} sockets`);
}
Probe.prototype.own = 1;

// The example server of the library, with stock clients.
export class OurServer {
  static async start(redis, name, ...options) {
    const self = new OurServer();
    self.log = "";
    self.child = run(join(bin, "cluster_server"), ["--port", "0", "--name", name, "--redis-port", redis.port, ...options], { stdio: ["ignore", "ignore", "pipe"] });
    self.child.stderr.setEncoding("utf8").on("data", (piece) => (self.log += piece));
    const [, port] = await until(() => /listening on (\d+)/.exec(self.log), () => `cluster_server to listen: ${self.log}`);
    self.url = `http://127.0.0.1:${port}`;
    self.clients = [];
    return self;
  }
  async client(transports = ["websocket"]) {
    const socket = io(this.url, { transports, forceNew: true, reconnection: false });
    this.clients.push(socket);
    await once(socket, "connect");
    return socket;
  }
  // Ends as SIGTERM asks, by itself, whatever its Redis does.
  async close() {
    this.clients.forEach((client) => client.disconnect());
    if (this.child.exitCode !== null) return this.child.exitCode;
    const gone = once(this.child, "exit");
    this.child.kill("SIGTERM");
    return (await gone)[0];
  }
}
