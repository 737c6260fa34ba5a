// Debian's redis-server for a test: on a port of its own, without files, ended with the process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { tmpdir } from "node:os";
import { freePort } from "./free_port.mjs";
import { until } from "./programs.mjs";

const alive = new Set();
process.on("exit", () => alive.forEach((child) => child.kill("SIGKILL")));

export class Redis {
  static async start() {
    const self = new Redis();
    self.port = await freePort();
    self.url = `redis://127.0.0.1:${self.port}`;
    await self.launch();
    return self;
  }
  // Again after stop(), on the same port.
  async launch() {
    this.child = spawn("redis-server", ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], { cwd: tmpdir(), stdio: "ignore" });
    let failed;
    this.child.once("error", (error) => (failed = new Error(`redis-server does not start: ${error.message}. Run script/bootstrap.`)));
    alive.add(this.child);
    await until(() => {
      if (failed) throw failed;
      return new Promise((done) => {
        const line = net.connect(this.port, "127.0.0.1", () => (line.destroy(), done(true)));
        line.on("error", () => done(false));
      });
    }, "redis-server to listen");
  }
  publish(channel, text) {
    const words = ["PUBLISH", channel, text];
    const command = `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
    return new Promise((done, failed) => {
      const line = net.connect(this.port, "127.0.0.1", () => line.write(command));
      line.once("data", () => (line.destroy(), done())).once("error", failed);
    });
  }
  pause() {
    this.child.kill("SIGSTOP");
  }
  resume() {
    this.child.kill("SIGCONT");
  }
  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
    alive.delete(this.child);
  }
}
