// What every example promises on the command line: ready, restarted at once on the same port, ended by SIGTERM, clear about mistakes.
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { io } from "socket.io-client";
import { run, start, until } from "./lib/server.mjs";
import { ask, Frames, Polling } from "./lib/wire.mjs";

const programs = [["echo"], ["chat"], ["conformance_server"], ["conformance_server", "socket"], ["conformance_server", "engine"],
  ["client_test_server", "socket"], ["client_test_server", "engine"]];

for (const program of programs) {
  const path = program.includes("engine") ? "/engine.io/" : "/socket.io/";

  test(`${program.join(" ")}: ready, SIGTERM ends it with clients connected, again at once on the same port`, async () => {
    const first = await start(...program);
    const polling = await Polling.open(first.port, { path });
    const parked = await polling.park();
    const frames = await Frames.open(first.port, { path });
    const asked = performance.now();
    assert.equal(await first.stop("SIGTERM"), 0);
    assert.ok(performance.now() - asked < 3000);
    await Promise.all([parked.wire.closed, frames.wire.closed]);

    const second = await start(...program, "--port", String(first.port));
    assert.equal(second.port, first.port);
    await Frames.open(second.port, { path }).then((open) => open.destroy());
    await second.stop("SIGKILL");
    const third = await start(...program, "--port", String(first.port));
    await Polling.open(third.port, { path });
    assert.equal(await third.stop("SIGTERM"), 0);
  });

  test(`${program.join(" ")}: only on 127.0.0.1`, async () => {
    const server = await start(...program);
    const refused = new Promise((done) => net.connect({ port: server.port, host: "127.0.0.2" }).on("error", done).on("connect", () => done(null)));
    assert.equal((await refused)?.code, "ECONNREFUSED");
    await server.stop();
  });

  test(`${program.join(" ")}: bad options and a taken port are said clearly`, async () => {
    for (const [options, expected] of [[["--prot", "1"], /unknown option --prot/], [["--port"], /--port needs a value/],
      [["--port", "abc"], /--port needs a number/], [["--port", "70000"], /--port needs a number up to 65535/]]) {
      const { status, said } = await run(...program, ...options);
      assert.equal(status, 2, options.join(" "));
      assert.match(said, expected);
      assert.match(said, /usage: /);
    }
    const taken = net.createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address();
    const { status, said } = await run(...program, "--port", String(port));
    assert.equal(status, 1);
    assert.match(said, new RegExp(`cannot listen on 127.0.0.1:${port}: .*in use`, "i"));
    taken.close();
  });
}

test("an unknown mode is said", async () => {
  const { status, said } = await run("conformance_server", "motor");
  assert.equal(status, 2);
  assert.match(said, /unknown mode motor/);
});

test("another path", async () => {
  const server = await start("conformance_server", "engine", "--path", "/live/");
  await Polling.open(server.port, { path: "/live/" });
  assert.equal((await ask(server.port, "GET", "/engine.io/?EIO=4&transport=polling")).status, 404);
  await server.stop();
});

test("echo gives back events with their binary parts and acknowledges", async () => {
  const server = await start("echo");
  const a = io(server.url, { forceNew: true, reconnection: false });
  await once(a, "connect");
  const back = once(a, "anything");
  a.emit("anything", 1, { bytes: Buffer.from([1, 2]) });
  const [one, two] = await back;
  assert.deepEqual([one, Buffer.from(two.bytes)], [1, Buffer.from([1, 2])]);
  assert.equal(await a.emitWithAck("another", "x"), "x");
  a.disconnect();
  await server.stop();
});

test("chat: the page, its client, names, rooms, who comes and goes", async () => {
  const script = new URL("node_modules/socket.io-client/dist/socket.io.min.js", import.meta.url).pathname;
  const server = await start("chat", "--client", script);
  const page = await ask(server.port, "GET", "/");
  assert.match(page.headers["content-type"][0], /text\/html/);
  assert.match(page.text, /socket\.io-client\.js/);
  assert.match((await ask(server.port, "GET", "/socket.io-client.js")).text, /Socket\.IO v4/);

  const nameless = io(server.url, { forceNew: true, reconnection: false });
  assert.equal((await once(nameless, "connect_error"))[0].message, "say your name");
  const heard = [];
  const guest = async (name, room) => {
    const socket = io(server.url, { forceNew: true, reconnection: false, auth: { name } });
    socket.onAny((...event) => heard.push([name, ...event]));
    await once(socket, "connect");
    socket.emit("enter", room);
    return socket;
  };
  const ada = await guest("Ada", "lobby");
  assert.equal(await ada.emitWithAck("say", "alone"), true);
  const bob = await guest("Bob", "lobby");
  await until(() => heard.some((said) => said.join() === "Ada,entered,Bob"));
  const eve = await guest("Eve", "elsewhere");
  assert.equal(await bob.emitWithAck("say", "hi"), true);
  await until(() => heard.some((said) => said.join() === "Ada,said,Bob,hi"));
  bob.disconnect();
  await until(() => heard.some((said) => said.join() === "Ada,left,Bob"));
  assert.equal(await eve.emitWithAck("say", "anybody?"), true);
  assert.deepEqual(heard.filter(([name]) => name === "Eve"), [["Eve", "said", "Eve", "anybody?"]]);
  ada.disconnect();
  eve.disconnect();
  await server.stop();
});
