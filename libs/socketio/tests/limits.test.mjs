// Every limit of the README's table: its name and default as in the headers, and what happens beyond it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { start, until } from "./lib/server.mjs";
import { ask, Frames, Polling, requestBytes, upgradeHeaders, Wire } from "./lib/wire.mjs";

const polling = "/socket.io/?EIO=4&transport=polling";
// Runs a story against a server with those options.
const on = (options, story) => async () => {
  const server = await start("feature_server", ...options);
  try {
    await story(server);
  } finally {
    await server.stop();
  }
};
const cut = async (server, cause) => server.tells((line) => line.what === "log" && line.line.includes(cause), cause);
const took = async (run) => {
  const from = performance.now();
  await run();
  return performance.now() - from;
};
// Sends events and sees that the connection ends with that cause, where a smaller one lives.
const endsBeyond = (option, limit, event, cause) =>
  on([option, `${limit}`], async (server) => {
    const frames = await Frames.join(server.port);
    frames.send(event(limit));
    assert.deepEqual(await frames.call("echo", 1), [1]);
    frames.send(event(limit + 1));
    await frames.end();
    await cut(server, cause);
  });

const rows = {
  // Engine.IO
  max_payload: on(["--max-payload", "1000"], async (server) => {
    const session = await Polling.open(server.port);
    assert.equal((await session.post("4" + "x".repeat(1000))).status, 413);
    const frames = await Frames.open(server.port);
    frames.send("4" + "x".repeat(1000));
    assert.equal((await frames.end()).code, 1009);
  }),
  max_packets_per_poll: on(["--max-packets-per-poll", "3"], async (server) => {
    const session = await Polling.open(server.port);
    await session.join();
    await session.post('42["burst",7,1]');
    const sizes = [];
    for (let i = 0; i < 3; i++) sizes.push((await session.packets()).length);
    assert.deepEqual(sizes, [3, 3, 1]);
  }),
  upgrade_timeout: on(["--upgrade-timeout", "200"], async (server) => {
    const session = await Polling.open(server.port);
    const frames = await Frames.open(server.port, { sid: session.sid });
    frames.send("2probe");
    assert.equal(await frames.text(), "3probe");
    const ms = await took(() => frames.wire.closed);
    assert.ok(ms > 100 && ms < 5000, `${ms}`);
    await session.join();
  }),
  connect_timeout: on(["--connect-timeout", "200"], async (server) => {
    const frames = await Frames.open(server.port);
    const ms = await took(() => frames.end());
    assert.ok(ms > 100 && ms < 5000, `${ms}`);
  }),
  allow_request_timeout: on(["--allow-request-timeout", "200"], async (server) => {
    assert.equal((await ask(server.port, "GET", polling + "&never=1")).status, 503);
    assert.equal((await ask(server.port, "GET", "/socket.io/?EIO=4&transport=websocket&never=1", { headers: upgradeHeaders })).status, 503);
    assert.equal((await ask(server.port, "GET", polling)).status, 200);
  }),
  // Socket.IO
  max_attachments: endsBeyond("--max-attachments", 2, (n) => n === 2 ? '42["a"]' : `45${n}-["a"]`, "not a Socket.IO packet"),
  max_attachment_bytes: on(["--max-attachment-bytes", "1000"], async (server) => {
    const frames = await Frames.join(server.port);
    const event = '452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
    const send = (...sizes) => [event, ...sizes.map((size) => Buffer.alloc(size))].forEach((one) => frames.send(one));
    send(400, 500);
    for (let i = 0; i < 3; i++) await frames.message();
    send(500, 600);
    await frames.end();
    await cut(server, "max_attachment_bytes");
  }),
  attachment_timeout: on(["--attachment-timeout", "200"], async (server) => {
    const frames = await Frames.join(server.port);
    frames.send('451-["echo",{"_placeholder":true,"num":0}]');
    const ms = await took(() => frames.end());
    assert.ok(ms > 100 && ms < 5000, `${ms}`);
    await cut(server, "attachment_timeout");
    const whole = await Frames.join(server.port), half = await Frames.join(server.port);
    for (const frames of [whole, half]) frames.send('451-["echo",{"_placeholder":true,"num":0}]');
    whole.send(Buffer.from([1]));
    for (let i = 0; i < 2; i++) await whole.message();
    await half.end();
    assert.deepEqual(await whole.call("join", "x"), [true]); // it lives, though its packet is as old
  }),
  middleware_timeout: on(["--middleware-timeout", "200"], async (server) => {
    const frames = await Frames.join(server.port);
    frames.send("40/never,");
    assert.equal(await frames.message(), '44/never,{"message":"The server took too long to decide"}');
    frames.send("40/later,"); // one that answers in time
    assert.match(await frames.message(), /^40\/later,/);
  }),
  max_namespaces_per_client: on(["--max-namespaces", "2"], async (server) => {
    const frames = await Frames.join(server.port);
    frames.send("40/n1,");
    assert.match(await frames.message(), /^40/);
    frames.send("40/n2,");
    assert.match(await frames.message(), /^44\/n2,.*Too many namespaces/);
  }),
  max_rooms_per_socket: on(["--max-rooms", "2"], async (server) => {
    const frames = await Frames.join(server.port);
    assert.deepEqual(await frames.call("join", "a"), [true]);
    const joined = [];
    for (const room of ["b", "c", "d"]) joined.push((await frames.call("join", room))[0]);
    assert.deepEqual(joined, [true, false, false]);
  }),
  max_pending_acks: on(["--max-pending-acks", "2"], async (server) => {
    const frames = await Frames.join(server.port);
    for (let i = 0; i < 3; i++) frames.emit("ask", 60_000);
    assert.match((await frames.heard("answered"))[0], /too many/i);
  }),
  max_event_name: endsBeyond("--max-event-name", 8, (n) => `42["${"n".repeat(n)}"]`, "not a Socket.IO packet"),
  max_json_depth: endsBeyond("--max-json-depth", 8, (n) => `42["a",${"[".repeat(n - 1)}${"]".repeat(n - 1)}]`, "not a Socket.IO packet"),
  // HTTP
  max_connections: on(["--max-connections", "3"], async (server) => {
    const wires = Array.from({ length: 3 }, () => new Wire(server.port));
    await Promise.all(wires.map((wire) => wire.connected));
    await new Wire(server.port).closed;
    for (const wire of wires) wire.destroy();
    await until(async () => (await ask(server.port, "GET", "/").catch(() => ({}))).status === 200);
  }),
  max_silent_connections: on(["--max-silent-connections", "3", "--trusted-proxy", "127.0.0.1"], async (server) => {
    const wires = Array.from({ length: 10 }, () => new Wire(server.port));
    await until(() => wires.filter((wire) => wire.ended).length === 7, "seven to be closed");
    await cut(server, "max_silent_connections");
    assert.equal((await ask(server.port, "GET", "/")).status, 200);
    wires.forEach((wire) => wire.destroy());
  }),
  max_silent_per_address: on(["--max-silent-per-address", "3", "--head-timeout", "20000"], async (server) => {
    const talking = await Frames.join(server.port);
    const half = new Wire(server.port);
    half.write("GET / HTTP/1.1\r\n"); // half a head is as silent
    const wires = [half, ...Array.from({ length: 9 }, () => new Wire(server.port))];
    await until(() => wires.filter((wire) => wire.ended).length === 7, "seven to be closed");
    await cut(server, "max_silent_per_address");
    const there = wires.find((wire) => wire !== half && !wire.ended); // who speaks makes room
    there.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await there.answer()).status, 200);
    assert.deepEqual(await talking.call("echo", 1), [1]);
    wires.forEach((wire) => wire.destroy());
  }),
  max_handshakes_per_second: on(["--max-handshakes", "3"], async (server) => {
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(server.port, "GET", polling)));
    assert.ok(all.some(({ status, headers }) => status === 503 && headers["retry-after"]));
  }),
  max_sessions: on(["--max-sessions", "3"], async (server) => {
    for (const status of [200, 200, 200, 503]) assert.equal((await ask(server.port, "GET", polling)).status, status);
  }),
  max_head_bytes: on(["--max-head-bytes", "2000"], async (server) => {
    assert.equal((await ask(server.port, "GET", "/", { headers: { X: "x".repeat(1800) } })).status, 200);
    assert.equal((await ask(server.port, "GET", "/", { headers: { X: "x".repeat(2000) } })).status, 431);
  }),
  max_body_bytes: on(["--max-body-bytes", "1000"], async (server) => {
    const wire = new Wire(server.port);
    wire.write(requestBytes("POST", "/", {}, "x".repeat(1001)));
    assert.equal((await wire.answer()).headers.connection[0], "close");
  }),
  head_timeout: on(["--head-timeout", "200"], async (server) => {
    for (const begun of ["", "GET / HT"]) {
      const wire = new Wire(server.port);
      wire.write(begun);
      const ms = await took(() => wire.closed);
      assert.ok(ms > 100 && ms < 5000, `${ms}`);
    }
  }),
  body_timeout: on(["--body-timeout", "200"], async (server) => {
    const wire = new Wire(server.port);
    wire.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    const ms = await took(() => wire.closed);
    assert.ok(ms > 100 && ms < 5000, `${ms}`);
  }),
  keep_alive_timeout: on(["--keep-alive-timeout", "200"], async (server) => {
    const wire = new Wire(server.port);
    wire.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await wire.answer();
    const ms = await took(() => wire.closed);
    assert.ok(ms > 100 && ms < 5000, `${ms}`);
  }),
  answer_timeout: on(["--answer-timeout", "200"], async (server) => {
    const wire = new Wire(server.port);
    wire.write("GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await wire.answer()).status, 503);
    await wire.closed;
    assert.equal((await ask(server.port, "GET", "/")).status, 200);
  }),
  max_log_lines_per_kind: on(["--max-log-lines", "3", "--max-connections", "2"], async (server) => {
    const wires = Array.from({ length: 2 }, () => new Wire(server.port));
    await Promise.all(wires.map((wire) => wire.connected));
    for (let i = 0; i < 50; i++) await new Wire(server.port).closed;
    const told = server.told.filter((line) => line.what === "log" && line.line.includes("max_connections"));
    assert.equal(told.length, 3);
  }),
  max_mail_between_threads: on(["--threads", "2", "--max-mail", "100"], async (server) => {
    const busy = await Frames.join(server.port), other = await Frames.join(server.port); // on one thread each
    busy.emit("block", 1500);
    const count = 10_000;
    for (let i = 0; i < count; i++) other.send(`42${i}["send",{"to":["nobody"]},"x"]`); // a letter to the other thread
    let answered = 0, whileBusy;
    const free = busy.call("echo", 1).then(() => (whileBusy = answered));
    for (; answered < count; answered++) await other.message();
    await free;
    assert.ok(whileBusy < count / 2, `${whileBusy} of ${count} were read while their letters waited`);
  }),
  max_bytes_in_flight: on(["--max-bytes-in-flight", "10000"], async (server) => {
    const wires = [8000, 9000].map((bytes) => {
      const wire = new Wire(server.port);
      wire.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n" + "x".repeat(bytes));
      return wire;
    });
    const refused = await Promise.race(wires.map((wire) => wire.answer()));
    assert.equal(refused.status, 503);
    assert.equal(wires.filter((wire) => !wire.ended).length >= 1, true);
    wires.forEach((wire) => wire.destroy());
  }),
  // Tests that are stories of their own: [file, its title].
  ping_timeout: ["engine.test.mjs", "no pong: ping after 300 ms and the end after 500 ms"],
  max_queued_packets: ["namespaces.test.mjs", "a line over ${limit} cuts the client"],
  max_queued_bytes: ["cut.test.mjs", "over WebSocket: cut with a reason, memory stays"],
  write_stall_timeout: ["cut.test.mjs", "nothing could be written for too long"],
  "recovery.max_disconnection": ["recovery.test.mjs", "too late, and nothing of it stays"],
  "recovery.max_sessions": on(["--recovery", "60000", "--recovery-sessions", "1"], async (server) => {
    const before = [];
    for (let i = 0; i < 2; i++) {
      const frames = await Frames.join(server.port);
      before.push(frames.connected);
      frames.wire.reset();
      await server.tells((line) => line.what === "disconnect" && line.id === frames.connected.sid);
    }
    const after = [];
    for (const { pid } of before) after.push((await Frames.join(server.port, { auth: { pid } })).connected.sid);
    assert.deepEqual(after.map((sid, i) => sid === before[i].sid), [false, true]);
  }),
  "recovery.max_packets": ["../src/hub/recovery_log_test.cpp", "BeyondMaxPacketsTheOldestAreLost"],
  "recovery.max_bytes": ["../src/hub/recovery_log_test.cpp", "BeyondMaxBytesTheOldestAreLost"],
  "redis.max_queued_bytes": ["../src/cluster/redis/redis_adapter_test.cpp", "WhatWaitsForAFrozenRedisIsBounded"],
  "redis.max_message_bytes": ["../src/cluster/redis/redis_adapter_test.cpp", "ATooLargeMessageCostsTheConnectionOnly"],
  "redis.request_timeout": ["../src/cluster/redis/redis_adapter_test.cpp", "QuestionsToAFrozenRedisEndInTime"],
  "redis.connect_timeout": ["../src/cluster/redis/redis_adapter_test.cpp", "StopsInAnyStateOfItsConnections"],
  "redis.ping_interval": ["../src/cluster/redis/redis_adapter_test.cpp", "AFrozenRedisIsNoticedAndComesBack"],
};

const here = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
for (const [name, story] of Object.entries(rows))
  if (typeof story === "function") test(name, story);
  else test(name, () => assert.ok(here(story[0]).includes(story[1]), `${story}`));

test("the table of the README has the limits and defaults of the headers, and each has a test", () => {
  const table = new Map();
  for (const [, name, value] of here("../README.md").matchAll(/^\| `((?:\w+\.)?(?:max_\w+|\w+_timeout|ping_interval))` \| ([^|]+) \|/gm)) table.set(name, value.trim());
  const declared = new Map();
  const read = (path, struct, prefix) => {
    const text = here(path);
    const body = text.slice(text.indexOf(`struct ${struct} {`)).split("\n};")[0];
    for (const [, name, value] of body.matchAll(/^  std::(?:size_t|chrono::milliseconds) ((?:max_|\w+_timeout|ping_interval)\w*)\s*(?:=|\{)\s*([^;}]+)[;}]/gm)) declared.set(prefix + name, [value, /milliseconds/.test(body.match(new RegExp(`std::\\S+ ${name}\\b`))[0])]);
  };
  read("../include/socketio/config.hpp", "config", "");
  read("../include/socketio/config.hpp", "recovery_options", "recovery.");
  read("../include/socketio/redis_adapter.hpp", "redis_options", "redis.");
  declared.delete("ping_interval"); // a rhythm, no limit; with ping_timeout
  assert.deepEqual([...table.keys()].sort(), [...declared.keys()].sort());
  assert.deepEqual(Object.keys(rows).sort(), [...declared.keys()].sort());
  const number = (value) => eval(value.replaceAll("'", ""));
  const shown = ([value, time]) => {
    const n = number(value);
    if (time) return `${n / 1000} s`;
    if (n >= 1024 * 1024 && n % (1024 * 1024) === 0) return `${n / 1024 / 1024} MiB`;
    if (n >= 1024 && n % 1024 === 0) return `${n / 1024} KiB`;
    return n === 0 ? "none" : n.toLocaleString("en-US");
  };
  for (const [name, value] of declared) assert.equal(table.get(name), shown(value), name);
});
