// Nothing polls: an idle server with ten idle pages touches neither database nor files. SECONDS (6; 60 in the long form).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { Tickwire, textMessage } from "../lib/programs.mjs";
import { onlySqlite } from "../lib/stores.mjs";

const seconds = Number(process.env.SECONDS ?? 6);

test(`${seconds} s of idling`, { skip: onlySqlite, timeout: 120_000 }, async () => {
  const server = await Tickwire.start();
  const ana = await server.login("Ana");
  await server.webhook(textMessage("wamid.idle", "15550000101", "hello"));
  const sockets = await Promise.all(Array.from({ length: 10 }, () => server.connected(ana.token)));
  const strace = spawn("strace", ["-f", "-e", "trace=file,read,pread64,write,pwrite64,fsync,fdatasync,fcntl", "-y", "-p", String(server.child.pid)], { stdio: ["ignore", "ignore", "pipe"] });
  let seen = "";
  strace.stderr.setEncoding("utf8").on("data", (piece) => (seen += piece));
  while (!/attached/.test(seen)) await once(strace.stderr, "data");
  const from = seen.length;
  await new Promise((done) => setTimeout(done, seconds * 1000)); // the observation itself
  const ended = once(strace, "exit");
  strace.kill("SIGINT");
  await ended;
  const touched = seen.slice(from).split("\n").filter((line) => line.includes(server.dataDir) || /\bopenat?\(/.test(line));
  assert.deepEqual(touched, []);
  // The watch itself works: a webhook does touch the database.
  const watch = spawn("strace", ["-f", "-e", "trace=fdatasync,pwrite64,write", "-y", "-p", String(server.child.pid)], { stdio: ["ignore", "ignore", "pipe"] });
  let wrote = "";
  watch.stderr.setEncoding("utf8").on("data", (piece) => (wrote += piece));
  while (!/attached/.test(wrote)) await once(watch.stderr, "data");
  await server.webhook(textMessage("wamid.idle.2", "15550000101", "hello"));
  const over = once(watch, "exit");
  watch.kill("SIGINT");
  await over;
  assert.ok(wrote.includes(server.dataDir));
  for (const socket of sockets) socket.disconnect();
  await server.kill();
});
