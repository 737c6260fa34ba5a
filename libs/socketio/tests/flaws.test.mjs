// Published flaws of other implementations, each as something that must not work here. After each the server answers.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { exactMemory, start, until } from "./lib/server.mjs";
import { ask, continuation, Frames, frameBytes, Polling, ping, pong, requestBytes, separator, upgradeHeaders, Wire } from "./lib/wire.mjs";

let server, port;
before(async () => {
  server = await start("feature_server");
  port = server.port;
});
after(() => server.stop());
afterEach(async () => {
  assert.equal(server.status, undefined, "the server lives");
  const frames = await Frames.join(port);
  const asked = performance.now();
  assert.deepEqual(await frames.call("echo", 1), [1]);
  assert.ok(performance.now() - asked < 1000);
  frames.destroy();
});
const grown = async (run, most) => {
  const before = server.residentBytes();
  await run();
  const by = server.residentBytes() - before;
  if (exactMemory) assert.ok(by < most, `grew by ${by} bytes`);
};
const raw = async (bytes) => {
  const wire = new Wire(port);
  wire.write(bytes);
  return wire.answer().finally(() => wire.destroy());
};

test("CVE-2016-10518 (ws): a ping's answer has its bytes and no others", async () => {
  const frames = await Frames.join(port);
  for (const payload of ["", "1", "x".repeat(125)]) {
    frames.send(payload, { opcode: ping });
    const answer = await frames.frame();
    assert.deepEqual([answer.opcode, answer.payload.toString()], [pong, payload]);
  }
  frames.destroy();
});

test("CVE-2016-10542 (ws): a frame that announces gigabytes is refused before it comes", async () => {
  const frames = await Frames.open(port);
  frames.send("4", { length: 2 ** 40 });
  assert.equal((await frames.end()).code, 1009);
});

test("CVE-2017-16031 (socket.io): ids are not predictable", async () => {
  const ids = await Promise.all(Array.from({ length: 50 }, () => Frames.join(port)));
  const bytes = ids.map((frames) => Buffer.from(frames.connected.sid, "base64url"));
  assert.equal(new Set(ids.map((frames) => frames.connected.sid)).size, 50);
  const fixed = Array.from({ length: bytes[0].length }, (_, i) => new Set(bytes.map((id) => id[i])).size).filter((values) => values < 10).length;
  assert.ok(fixed <= 3, `${fixed} of ${bytes[0].length} bytes hardly vary`);
  for (const frames of ids) frames.destroy();
});

test("CVE-2020-28481 (socket.io): no origin is allowed unless configured", async () => {
  const answer = await ask(port, "GET", "/socket.io/?EIO=4&transport=polling", { headers: { Origin: "https://evil.example" } });
  assert.equal(answer.headers["access-control-allow-origin"], undefined);
});

test("CVE-2020-36048 (engine.io): many bodies without end are not kept", async () => {
  await grown(async () => {
    const wires = await Promise.all(Array.from({ length: 40 }, async () => {
      const session = await Polling.open(port);
      const wire = new Wire(port);
      wire.write(`POST ${session.target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
      return wire;
    }));
    const chunk = "10000\r\n" + "x".repeat(65536) + "\r\n";
    for (let i = 0; i < 80; i++) for (const wire of wires) if (!wire.ended) wire.write(chunk); // 5 MB each, five times the limit
    await Promise.all(wires.map(async (wire) => assert.equal((await wire.answer()).status, 413)));
    for (const wire of wires) wire.destroy();
  }, 60_000_000);
});

test("CVE-2020-36049 (socket.io-parser): payloads that are long to parse", async () => {
  const bodies = ["4".repeat(900_000), ("4" + separator).repeat(400_000), separator.repeat(900_000), "42" + "[".repeat(900_000), '42["x",' + '"a",'.repeat(200_000) + "0]",
    "42/" + "a".repeat(900_000), "45" + "9".repeat(900_000) + "-", "42" + "1".repeat(900_000) + '["x"]', "b" + "A".repeat(900_000), '42["' + "\\u0061".repeat(140_000) + '"]',
    '42["x",{' + Array.from({ length: 50_000 }, (_, i) => `"k${i}":{}`).join(",") + "}]", "42[1" + "0".repeat(900_000) + "]"];
  for (const body of bodies) {
    const session = await Polling.open(port);
    await session.join();
    const asked = performance.now();
    await session.post(body);
    assert.ok(performance.now() - asked < 2000, `${body.slice(0, 20)}: ${performance.now() - asked} ms`);
  }
});

test("CVE-2021-32640 (ws): a subprotocol header that is long to parse", async () => {
  for (const value of ["b" + " ".repeat(7000) + "x", "a,".repeat(3500), ",".repeat(7000)]) {
    const asked = performance.now();
    const answer = await raw(requestBytes("GET", "/socket.io/?EIO=4&transport=websocket", { ...upgradeHeaders, "Sec-WebSocket-Protocol": value }));
    assert.equal(answer.status, 400);
    assert.ok(performance.now() - asked < 500);
  }
});

test("CVE-2022-2421 (socket.io-parser): a placeholder that is no number", async () => {
  for (const num of ['"splice"', "{}", "[]", "null", "true", "-1", "1e99", "0.1", '"0"']) {
    const frames = await Frames.join(port);
    frames.send(`451-["echo",{"_placeholder":true,"num":${num}}]`);
    frames.send(Buffer.from([1]));
    assert.deepEqual((await frames.end()).before, []);
  }
});

test("CVE-2022-21676 (engine.io): a WebSocket that is wrong from its first byte on", async () => {
  for (const bytes of [Buffer.from([0xff, 0xff, 0xff, 0xff]), frameBytes("4x", { rsv: 7 }), frameBytes("", { opcode: 15 }), Buffer.alloc(64), Buffer.from("GET / HTTP/1.1\r\n\r\n")]) {
    for (const sid of ["", (await Polling.open(port)).sid]) {
      const wire = new Wire(port);
      wire.write(Buffer.concat([requestBytes("GET", `/socket.io/?EIO=4&transport=websocket${sid && `&sid=${sid}`}`, upgradeHeaders), bytes]));
      await wire.takeAll().catch(() => {});
      wire.destroy();
    }
  }
});

test("CVE-2022-41940 (engine.io): a connection that is reset while it upgrades", async () => {
  for (let i = 0; i < 60; i++) {
    const { sid } = await Polling.open(port);
    const wire = new Wire(port);
    await wire.connected;
    wire.write(requestBytes("GET", `/socket.io/?EIO=4&transport=websocket${i % 2 ? `&sid=${sid}` : ""}`, upgradeHeaders));
    if (i % 3 === 0) await wire.more();
    wire.reset();
  }
});

test("CVE-2023-31125 (engine.io): queries that are nothing a client would send", async () => {
  for (const query of ["", "EIO=4", "transport", "sid", "EIO=4&transport=websocket&sid=__proto__", "EIO=4&transport=polling&sid=constructor", "EIO=4&transport=__proto__",
    "EIO=4&transport=polling&sid", "EIO=4&transport=polling&sid=%", "EIO=4&transport=polling&sid=%00", "EIO=4&transport=polling&sid=" + "a".repeat(5000), "%ff=%fe&EIO=4",
    "EIO[]=4&transport[]=polling", "&&&&====", "EIO=4&transport=polling#", "EIO=4&transport=webtransport"])
    for (const headers of [{}, upgradeHeaders])
      for (const method of ["GET", "POST", "HEAD", "OPTIONS", "DELETE"]) {
        const wire = new Wire(port);
        wire.write(requestBytes(method, `/socket.io/?${query}`, headers, method === "POST" ? "x" : undefined));
        const { status } = await wire.answer({ head: method === "HEAD" });
        const empty = query.endsWith("&sid"); // an empty one is none: a handshake
        assert.ok((status >= 400 && status < 500) || (empty && status === 200), `${method} ${query}: ${status}`);
        wire.destroy();
      }
});

test("CVE-2023-32695 (socket.io-parser): an event whose name is no text", async () => {
  for (const name of ['{"toString":"x"}', "[]", "null", "false", "{}"]) {
    const frames = await Frames.join(port);
    frames.send(`42[${name},1]`);
    assert.deepEqual((await frames.end()).before, []);
  }
});

test("CVE-2024-37890 (ws): thousands of headers", async () => {
  const headers = Object.fromEntries(Array.from({ length: 2100 }, (_, i) => [`h${i}`, "v"]));
  for (const more of [{}, upgradeHeaders]) {
    const answer = await raw(requestBytes("GET", "/socket.io/?EIO=4&transport=websocket", { ...headers, ...more }));
    assert.equal(answer.status, 431);
  }
});

test("CVE-2024-38355 (socket.io): an event called error, which nobody handles", async () => {
  const frames = await Frames.join(port);
  for (const name of ["error", "uncaughtException", "message", "__proto__", "constructor", "toString", ""]) frames.emit(name, { message: "x" });
  frames.emit("forbidden");
  assert.deepEqual(await frames.heard("refused"), ["not this one"]);
  frames.destroy();
});

test("CVE-2026-33151 (socket.io-parser): parts without end", async () => {
  for (const count of ["11", "1000000", "4294967296", "18446744073709551617"]) {
    const frames = await Frames.join(port);
    frames.send(`45${count}-["echo"]`);
    await frames.end();
  }
  // Announced and never complete, by many: what is held of each is bounded.
  await grown(async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => Frames.join(port)));
    for (const frames of all) {
      frames.send(`4510-["echo",${Array.from({ length: 10 }, (_, i) => `{"_placeholder":true,"num":${i}}`)}]`);
      for (let i = 0; i < 9; i++) frames.send(Buffer.alloc(200_000));
    }
    await until(() => all.every((frames) => frames.wire.socket.writableLength === 0));
    for (const frames of all) frames.destroy();
  }, 120_000_000);
});

test("CVE-2026-48779 (ws): memory for tiny fragments", async () => {
  const frames = await Frames.join(port);
  await grown(async () => {
    frames.send("4", { fin: false });
    const many = Buffer.concat(Array.from({ length: 10_000 }, () => frameBytes("x", { opcode: continuation, fin: false })));
    for (let i = 0; i < 30; i++) if (!frames.wire.write(many)) await new Promise((done) => frames.wire.socket.once("drain", done));
    frames.send("", { opcode: ping });
    while ((await frames.frame()).opcode !== pong);
  }, 20_000_000);
  // Empty ones, which never reach a limit of bytes.
  await grown(async () => {
    const many = Buffer.concat(Array.from({ length: 10_000 }, () => frameBytes("", { opcode: continuation, fin: false })));
    for (let i = 0; i < 50 && !frames.wire.ended; i++)
      if (!frames.wire.write(many)) await Promise.race([new Promise((done) => frames.wire.socket.once("drain", done)), frames.wire.closed]);
  }, 20_000_000);
  frames.destroy();
});

test("CVE-2026-59725 (engine.io): the answer to octet-stream is written, the connection does not stay", async () => {
  const session = await Polling.open(port);
  for (const headers of [{ "Content-Type": "application/octet-stream" }, { "content-type": "APPLICATION/OCTET-STREAM" }]) {
    const answer = await session.post(Buffer.from([4, 1]), headers);
    assert.equal(answer.status, 400);
  }
});

test("unpickling (python-socketio < 5.14): bytes that look like objects stay bytes", async () => {
  const frames = await Frames.join(port);
  frames.send('451-["echo",{"_placeholder":true,"num":0}]');
  const pickled = Buffer.from("gASVHgAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjANsc5SFlFKULg==", "base64");
  frames.send(pickled);
  await frames.message();
  assert.deepEqual(await frames.message(), pickled);
  frames.destroy();
});

test("a session id of another gives nothing without its secret: the socket's id is no session id", async () => {
  const frames = await Frames.join(port);
  const answer = await ask(port, "GET", `/socket.io/?EIO=4&transport=polling&sid=${frames.connected.sid}`);
  assert.equal(answer.status, 400);
  assert.match(answer.text, /Session ID unknown/);
  frames.destroy();
});

test("a request whose handler throws is answered 500, on whichever thread", async () => {
  for (const threads of ["1", "4"]) {
    const other = await start("feature_server", "--threads", threads);
    for (let i = 0; i < 8; i++) assert.equal((await ask(other.port, "GET", "/throw")).status, 500);
    assert.equal((await ask(other.port, "GET", "/")).status, 200);
    assert.equal(await other.stop("SIGTERM"), 0);
  }
});

test("a POST that is refused while its body comes leaves nothing behind for the next", async () => {
  for (const bytes of ["Transfer-Encoding: chunked\r\n\r\n" + ("10000\r\n" + "x".repeat(65536) + "\r\n").repeat(20) + "0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "Content-Type: application/octet-stream\r\nContent-Length: 2\r\n\r\n4x", "Content-Length: 2000000\r\n\r\n4"]) {
    const session = await Polling.open(port);
    await session.join();
    const wire = new Wire(port);
    wire.write(`POST ${session.target} HTTP/1.1\r\nHost: x\r\n${bytes}`);
    assert.ok([400, 413].includes((await wire.answer()).status));
    wire.destroy();
    await session.post("42[\"echo\",1]");
    await session.post("1");
    await session.get();
    assert.equal((await session.get()).status, 400);
  }
  // The session upgrades while a body comes.
  const session = await Polling.open(port);
  await session.join();
  const wire = new Wire(port);
  wire.write(`POST ${session.target} HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n42["echo"`);
  const frames = await Frames.open(port, { sid: session.sid });
  frames.send("2probe");
  assert.equal(await frames.text(), "3probe");
  frames.send("5");
  frames.send('42["echo",2]');
  assert.deepEqual(await frames.heard("echo"), [2]);
  wire.write(',"late"]    ');
  await wire.answer().catch(() => {});
  wire.destroy();
  frames.send("1");
  await frames.wire.closed;
});

test("requests that are smuggled or broken are refused", async () => {
  for (const [bytes, expected] of [
    ["POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400]],
    ["POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", [400]],
    ["POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", [400]],
    ["POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n", [400]],
    ["POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", [400]],
    ["POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", [400, 501]],
    ["GET /x HTTP/9.9\r\nHost: x\r\n\r\n", [400, 505]],
    ["GET /x\x00y HTTP/1.1\r\nHost: x\r\n\r\n", [400]],
    ["G\x01T /x HTTP/1.1\r\nHost: x\r\n\r\n", [400]],
    ["GET /x HTTP/1.1\r\nHost : x\r\n\r\n", [400]],
    ["GET /" + "a".repeat(20_000) + " HTTP/1.1\r\n\r\n", [400, 414, 431]],
    ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".padEnd(200, "\x00") + "\r\n\r\n", [400]],
  ])
    assert.ok(expected.includes((await raw(Buffer.from(bytes, "latin1"))).status), JSON.stringify(bytes.slice(0, 60)));
});
