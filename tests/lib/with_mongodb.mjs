// Runs a command with a MongoDB server: node with_mongodb.mjs COMMAND…
// The command finds it in TEST_MONGODB_URI and makes databases whose names begin with the one that stands there.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { serverOfRun } from "./mongodb.mjs";

const [command, ...options] = process.argv.slice(2);
let server;
try {
  server = await serverOfRun();
} catch (error) {
  console.error(`mongodb: ${error.message}`);
  process.exit(1);
}
console.log(`mongodb: ${server.what}`);

const child = spawn(command, options, { stdio: "inherit", env: { ...process.env, TEST_MONGODB_URI: server.uri } });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
const [status, signal] = await once(child, "exit");
await server.stop();
process.exitCode = status ?? 128 + constants.signals[signal];
