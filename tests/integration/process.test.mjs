// Starting, stopping, configuration, other clients.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Tickwire, Simulator, fakeGraph, textMessage, until } from "../lib/programs.mjs";

const bin = join(process.env.BUILD_DIR ?? new URL("../../build/release", import.meta.url).pathname, "bin/tickwire");

test("SIGTERM: exit 0 within 5 s, transports closed, the same port at once, clients come back by themselves", async () => {
  const graph = await fakeGraph();
  const server = await Tickwire.start({ graph: graph.url });
  const ana = await server.login("Ana");
  const socket = await server.connected(ana.token);
  const epoch = socket.named("sync")[0].epoch;
  const reason = once(socket, "disconnect");
  const started = Date.now();
  assert.equal((await server.kill("SIGTERM"))[0], 0);
  assert.ok(Date.now() - started < 5000);
  assert.equal((await reason)[0], "transport close");
  await server.launch();
  await until(() => socket.named("sync").length === 2, "the client to be back");
  assert.equal(socket.named("sync")[1].epoch, epoch);
  await server.kill("SIGKILL");
  await server.launch();
  assert.equal((await server.get("/me", ana.token)).status, 200, "sessions survive kill -9");
  await until(() => socket.named("sync").length === 3, "the client to be back");
  assert.equal(socket.named("sync")[2].epoch, epoch);
  socket.disconnect();
  await server.kill();
  graph.close();
});

test("every configuration problem is said at start, all together", () => {
  for (const args of [["serve"], ["check-config"], []]) {
    const done = spawnSync(bin, args, { env: { PATH: process.env.PATH, PORT: "eighty", DATA_DIR: "/tmp" }, cwd: "/tmp", encoding: "utf8" });
    assert.equal(done.status, 2);
    for (const name of ["PORT", "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "WHATSAPP_PHONE_NUMBER_ID"]) assert.match(done.stderr, new RegExp(name));
  }
});

test("what is stored is readable for its own user only", async () => {
  const server = await Tickwire.start();
  for (const file of readdirSync(server.dataDir)) assert.equal(statSync(join(server.dataDir, file)).mode & 0o077, 0, file);
  await server.kill();
});

test("python-socketio's client sees what the stock client sees, over both transports", async () => {
  const server = await Tickwire.start();
  const ana = await server.login("Ana");
  for (const transport of ["websocket", "polling"]) {
    const child = spawn(new URL("../.venv/bin/python", import.meta.url).pathname, [new URL("client.py", import.meta.url).pathname, server.url, ana.token, transport], { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.setEncoding("utf8");
    let said = "";
    child.stdout.on("data", (piece) => (said += piece));
    const ended = once(child, "exit");
    await until(() => said.includes("synced") || child.exitCode !== null, `${transport}: sync`);
    for (let i = 0; i < 30; i++) await server.webhook(textMessage(`wamid.py.${transport}.${i}`, "15550000301", `text ${i}`));
    assert.equal((await ended)[0], 0, said);
    assert.match(said, /registered \{'ok': True\}/);
    assert.match(said, /30 in order/);
  }
  await server.kill();
});

test("with the simulator: send, ticks to read, answer", async () => {
  const server = await Tickwire.start({ graph: "http://127.0.0.1:9" });
  const simulator = await Simulator.start(server.port);
  await server.kill();
  server.env.WHATSAPP_API_BASE = simulator.url;
  await server.launch();
  const ana = await server.login("Ana");
  const socket = await server.connected(ana.token);
  await simulator.inbound({ from: "15550000101", name: "Sofia", text: "Ciao" });
  await until(() => socket.named("new_message").some((m) => m.text === "Ciao"), "the customer");
  const sent = await server.post("/send-message", { chatId: "15550000101", text: "Buongiorno" }, ana.token);
  await until(() => socket.named("message_status_update").some((u) => u.messageId === sent.body.id && u.status === "read"), "read");
  socket.disconnect();
  simulator.stop();
  await server.kill();
});
