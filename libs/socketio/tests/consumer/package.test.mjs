// The library as others get it: built alone, installed, found by a project from outside; and the README, taken at
// its word: its blocks of code are taken out, built and run.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import net from "node:net";
import { dirname, join } from "node:path";
import readline from "node:readline";
import { after, before, test } from "node:test";
import { io } from "socket.io-client";
import { WebSocket } from "ws";

const here = import.meta.dirname;
const library = join(here, "../..");
const work = process.env.PACKAGE_DIR ?? join(library, "../../build/package");
const prefix = join(work, "prefix");
const readme = readFileSync(join(library, "README.md"), "utf8");

const compilers = [
  `-DCMAKE_CXX_COMPILER=${process.env.CXX ?? "clang++-19"}`,
  "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache",
  "-DCMAKE_BUILD_TYPE=Release",
  "-GNinja",
];

function run(program, ...given) {
  const { status, stdout, stderr, error } = spawnSync(program, given, { encoding: "utf8", maxBuffer: 1 << 26 });
  assert.equal(status, 0, `${program} ${given.join(" ")}\n${error ?? ""}${stdout}${stderr}`);
  return stdout;
}

function build(source, name, ...options) {
  run("cmake", "-S", source, "-B", join(work, name), ...compilers, `-DCMAKE_PREFIX_PATH=${prefix}`, ...options);
  run("cmake", "--build", join(work, name), "-j2");
  return join(work, name);
}

const running = new Set();
after(() => running.forEach((child) => child.kill("SIGKILL")));

// A program with its lines, which can be waited for.
function start(program, ...given) {
  const child = spawn(program, given, { stdio: ["pipe", "pipe", "inherit"] });
  running.add(child);
  const ended = once(child, "exit").then(([status, signal]) => (running.delete(child), status ?? signal));
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    say: (line) => child.stdin.write(line + "\n"),
    line: async () => (await lines.next()).value,
    stop: (signal) => (child.kill(signal), ended),
  };
}

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

const answers = async (port) => {
  const socket = net.connect(port, "127.0.0.1");
  const [outcome] = await Promise.race([once(socket, "connect").then(() => [true]), once(socket, "error").then(() => [false])]).catch(() => [false]);
  socket.destroy();
  return outcome;
};

// The README's blocks: [language, text, the file's name when the line above the block gives one].
const blocks = [...readme.matchAll(/(?:^`([\w.]+)`[^\n]*\n\n?)?^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, file, language, text]) => ({
  file,
  language,
  text,
}));

before(() => {
  rmSync(prefix, { recursive: true, force: true });
  build(library, "library", "-DSOCKETIO_REDIS=ON", "-DSOCKETIO_BUILD_EXAMPLES=OFF", `-DCMAKE_INSTALL_PREFIX=${prefix}`);
  run("cmake", "--install", join(work, "library"));
});

test("a project from outside finds the package, and its chat serves the stock client", async () => {
  const built = build(here, "consumer");
  const server = start(join(built, "consumer"));
  const [, port, enginePort] = /^listening on (\d+), engine on (\d+)$/.exec(await server.line());
  const url = `http://127.0.0.1:${port}`;

  const stranger = io(`${url}/chat`, { reconnection: false, forceNew: true });
  const [refusal] = await once(stranger, "connect_error");
  assert.deepEqual([refusal.message, refusal.data], ["say your name", { code: 7 }]);
  stranger.disconnect();

  const guest = (name, transports) => io(`${url}/chat`, { auth: { name }, transports, forceNew: true, reconnection: false });
  const ada = guest("Ada", ["polling"]);
  const bob = guest("Bob", ["websocket"]);
  for (const one of [ada, bob]) assert.deepEqual(await one.timeout(10_000).emitWithAck("enter", "lobby"), ["lobby"]);
  const heard = once(bob, "said");
  ada.emit("say", "lobby", "hello");
  assert.deepEqual(await heard, ["Ada", "hello"]);
  ada.disconnect();
  bob.disconnect();

  const page = await fetch(`${url}/somewhere?else=1`);
  assert.equal(await page.text(), "you asked for /somewhere");

  const engine = new WebSocket(`ws://127.0.0.1:${enginePort}/engine.io/?EIO=4&transport=websocket`);
  const texts = [];
  engine.on("message", (data) => (texts.push(String(data)), texts.length === 1 ? engine.send("4hi") : engine.close()));
  await once(engine, "close");
  assert.match(texts[0], /^0\{"sid":/);
  assert.equal(texts[1], "4hi");

  assert.equal(await server.stop("SIGTERM"), 0);
});

test("nothing of Tickwire, and no header that is not public, is installed", () => {
  const files = run("find", prefix, "-type", "f").trim().split("\n").map((file) => file.slice(prefix.length + 1));
  const headers = files.filter((file) => file.startsWith("include/")).map((file) => file.slice("include/".length));
  assert.ok(headers.includes("socketio/server.hpp"), files.join("\n"));
  assert.ok(headers.every((header) => existsSync(join(library, "include", header))), headers.join("\n"));
  for (const file of files.filter((file) => file.endsWith(".cmake"))) {
    const text = readFileSync(join(prefix, file), "utf8");
    assert.doesNotMatch(text, /tickwire|SEPARATE_COMPILATION/i, file);
    assert.ok(!text.includes(dirname(library)), `${file} names the place it was built in`);
  }
});

test("the README's chat is forty lines, builds as it stands there, and chats", async () => {
  const chat = join(work, "readme");
  rmSync(join(chat, "src"), { recursive: true, force: true });
  mkdirSync(join(chat, "src"), { recursive: true });
  const files = blocks.filter(({ file }) => file);
  assert.deepEqual(files.map(({ file }) => file), ["CMakeLists.txt", "main.cpp", "chat.mjs"]);
  const lines = files.reduce((sum, { text }) => sum + text.trimEnd().split("\n").length, 0);
  assert.ok(lines <= 40, `${lines} lines`);
  const port = await freePort();
  for (const { file, text } of files) writeFileSync(join(chat, "src", file), text.replaceAll("3000", String(port)));
  symlinkSync(join(library, "tests/node_modules"), join(chat, "src/node_modules"));

  const built = build(join(chat, "src"), "readme/build");
  const server = start(join(built, "chat"));
  const end = performance.now() + 10_000;
  while (!(await answers(port))) assert.ok(performance.now() < end, "the chat does not listen");

  const ada = start(process.execPath, join(chat, "src/chat.mjs"), "Ada");
  const bob = start(process.execPath, join(chat, "src/chat.mjs"), "Bob");
  assert.equal(await ada.line(), "connected");
  assert.equal(await bob.line(), "connected");
  ada.say("hello");
  assert.equal(await bob.line(), "Ada: hello");
  assert.equal(await ada.line(), "delivered");
  bob.say("hello yourself");
  assert.equal(await ada.line(), "Bob: hello yourself");
  await Promise.all([ada, bob, server].map((program) => program.stop("SIGKILL")));
});

// The other blocks are pieces: each stands in a function with what they all speak of.
test("every piece of C++ in the README compiles", () => {
  const pieces = blocks.filter(({ file, language }) => !file && language === "cpp");
  assert.ok(pieces.length >= 6, `${pieces.length} pieces`);
  const includes = new Set(["#include <socketio/server.hpp>"]);
  const functions = pieces.map(({ text }, at) => {
    const body = text.replace(/^#include .*\n/gm, (line) => (includes.add(line.trim()), ""));
    const given = ["boost::asio::io_context io;", "socketio::config config;", "socketio::server server(io, {});", 'auto& chat = server.of("/");'];
    const needed = body.includes("socketio::server server") ? given.slice(0, 2) : given;
    return `void piece_${at}() {\n${needed.filter((line) => !body.includes(line)).join("\n")}\n${body}\n}\n`;
  });
  const source = join(work, "readme/pieces.cpp");
  writeFileSync(source, [...includes].join("\n") + "\nnamespace json = boost::json;\n" + functions.join("\n"));
  run(process.env.CXX ?? "clang++-19", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused", "-Wno-unused-parameter", `-I${prefix}/include`, source);
});
