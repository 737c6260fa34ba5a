// RFC 6455 on the wire: frames as they may come, and as they may not.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { start } from "./lib/server.mjs";
import { binary, close, continuation, Frames, frameBytes, ping, pong, requestBytes, text, upgradeHeaders, Wire } from "./lib/wire.mjs";

const path = "/engine.io/";
let server, port;
before(async () => {
  server = await start("feature_server", "engine", "--path", path);
  port = server.port;
});
after(() => server.stop());
// What the server says of the end of that session.
const closed = (session, at = server) => at.tells((line) => line.what === "close" && line.mark === session.mark, "close");
const open = () => Frames.open(port, { path });

describe("handshake", () => {
  const answer = async (headers, { method = "GET", query = "EIO=4&transport=websocket", version = "1.1" } = {}) => {
    const wire = new Wire(port);
    const bytes = requestBytes(method, `${path}?${query}`, headers).toString("latin1").replace("HTTP/1.1", `HTTP/${version}`);
    wire.write(Buffer.from(bytes, "latin1"));
    const got = await wire.answer();
    wire.destroy();
    return got;
  };
  test("the accept key of the RFC's example; header names and values in any case; more tokens in Connection", async () => {
    const got = await answer({ UPGRADE: "WebSocket", CONNECTION: "keep-alive, Upgrade", "SEC-WEBSOCKET-KEY": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13" });
    assert.equal(got.status, 101);
    assert.equal(got.headers["sec-websocket-accept"][0], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert.match(got.headers.upgrade[0], /websocket/i);
    assert.match(got.headers.connection[0], /upgrade/i);
  });
  test("no compression is agreed, and no subprotocol", async () => {
    const got = await answer({ ...upgradeHeaders, "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits", "Sec-WebSocket-Protocol": "a, b" });
    assert.equal(got.status, 101);
    assert.equal(got.headers["sec-websocket-extensions"], undefined);
  });
  for (const [name, headers, options] of [
    ["no key", { ...upgradeHeaders, "Sec-WebSocket-Key": [] }],
    ["a key that is no 16 bytes", { ...upgradeHeaders, "Sec-WebSocket-Key": "c2hvcnQ=" }],
    ["a key that is no base64", { ...upgradeHeaders, "Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!==" }],
    ["no version", { ...upgradeHeaders, "Sec-WebSocket-Version": [] }],
    ["version 8", { ...upgradeHeaders, "Sec-WebSocket-Version": "8" }],
    ["another upgrade", { ...upgradeHeaders, Upgrade: "h2c" }],
    ["no Connection: Upgrade", { ...upgradeHeaders, Connection: "keep-alive" }],
    ["POST", upgradeHeaders, { method: "POST" }],
    ["HTTP/1.0", upgradeHeaders, { version: "1.0" }],
  ])
    test(`refused: ${name}`, async () => {
      const got = await answer(headers, options);
      assert.equal(got.status, 400, got.first);
    });
});

describe("taken", () => {
  test("frames that keep coming while the WebSocket is admitted, on another thread, stay in order", async () => {
    const threads = await start("feature_server", "engine", "--path", path, "--threads", "4");
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        const wire = new Wire(threads.port);
        await wire.connected;
        wire.write(requestBytes("GET", `${path}?EIO=4&transport=websocket&admit-later=1`, upgradeHeaders));
        let sent = 0, admitted = false;
        const streaming = (async () => {
          for (; !admitted && sent < 3000; sent++) {
            wire.write(frameBytes(`4${sent}`));
            await new Promise(setImmediate);
          }
        })();
        assert.equal((await wire.answer()).status, 101);
        const frames = new Frames(wire);
        assert.match(await frames.text(), /^0/);
        admitted = true;
        await streaming;
        for (let i = 0; i < sent; i++) assert.equal(await frames.text(), `4${i}`);
        wire.destroy();
      }),
    );
    await threads.stop();
  });
  for (const length of [0, 1, 125, 126, 127, 65535, 65536, 999_999])
    test(`a message of ${length} bytes, text and binary`, async () => {
      const frames = await open();
      frames.send("4" + "x".repeat(length));
      if (length < 999_999) assert.equal(await frames.text(), "4" + "x".repeat(length));
      else assert.equal((await frames.text()).length, 1_000_000);
      const bytes = Buffer.alloc(length, 7);
      frames.send(bytes);
      assert.deepEqual(await frames.message(), bytes);
      frames.destroy();
    });
  test("fragments, control frames between them, an empty one, letters torn apart", async () => {
    const frames = await open();
    const whole = Buffer.from("4é漢😀");
    for (let i = 0; i < whole.length; i++) {
      frames.send(whole.subarray(i, i + 1), { opcode: i ? continuation : text, fin: false });
      if (i === 3) frames.send("are you there", { opcode: ping });
    }
    frames.send("", { opcode: continuation });
    const answer = await frames.frame();
    assert.deepEqual([answer.opcode, answer.payload.toString()], [pong, "are you there"]);
    assert.equal(await frames.text(), "4é漢😀");
    frames.destroy();
  });
  test("fragments of binary", async () => {
    const frames = await open();
    frames.send(Buffer.from([1]), { fin: false });
    frames.send(Buffer.from([2]), { opcode: continuation, fin: false });
    frames.send(Buffer.from([3]), { opcode: continuation });
    assert.deepEqual(await frames.message(), Buffer.from([1, 2, 3]));
    frames.destroy();
  });
  test("byte by byte", async () => {
    const frames = await open();
    for (const byte of frameBytes("4slowly")) {
      frames.wire.write(Buffer.from([byte]));
      await new Promise((done) => setImmediate(done));
    }
    assert.equal(await frames.text(), "4slowly");
    frames.destroy();
  });
  test("many frames in one segment, in order", async () => {
    const frames = await open();
    frames.wire.write(Buffer.concat(Array.from({ length: 100 }, (_, i) => frameBytes(`4${i}`))));
    for (let i = 0; i < 100; i++) assert.equal(await frames.text(), `4${i}`);
    frames.destroy();
  });
  test("a ping is answered with the same bytes, an empty one with none (CVE-2016-10518)", async () => {
    const frames = await open();
    for (const payload of [Buffer.alloc(0), Buffer.from("x"), Buffer.alloc(125, 3)]) {
      frames.send(payload, { opcode: ping });
      const answer = await frames.frame();
      assert.deepEqual([answer.opcode, answer.payload], [pong, payload]);
    }
    frames.send("nobody asked", { opcode: pong });
    frames.send("4x");
    assert.equal(await frames.text(), "4x");
    frames.destroy();
  });
  test("b and base64 in a text frame is binary; anything behind 4 is text", async () => {
    const frames = await open();
    frames.send("bAQID");
    assert.deepEqual(await frames.message(), Buffer.from([1, 2, 3]));
    frames.send("4bAQID");
    assert.equal(await frames.text(), "4bAQID");
    frames.send("b4AQI"); // base64 that starts with a 4
    assert.deepEqual(await frames.message(), Buffer.from("4AQI", "base64"));
    frames.destroy();
  });
  test("0x1E inside a frame is content, in text and in binary", async () => {
    const frames = await open();
    frames.send("4a\x1e4b");
    assert.equal(await frames.text(), "4a\x1e4b");
    frames.send(Buffer.from([0x1e, 0x34, 0x1e]));
    assert.deepEqual(await frames.message(), Buffer.from([0x1e, 0x34, 0x1e]));
    frames.destroy();
  });
  test("a close frame is answered with one, then the connection ends", async () => {
    for (const payload of [Buffer.alloc(0), Buffer.from([0x03, 0xe8]), Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from("bye")]), Buffer.from([0x0b, 0xb8])]) {
      const frames = await open();
      frames.send(payload, { opcode: close });
      assert.notEqual((await frames.end()).code, null);
      await frames.wire.closed;
      assert.equal((await closed(frames)).reason, "transport close");
    }
  });
});

describe("not taken: the connection ends, with the code of the RFC", () => {
  const code = (number) => Buffer.from([number >> 8, number & 255]);
  for (const [name, expected, ...sent] of [
    ["an unmasked frame", 1002, ["4x", { mask: false }]],
    ["RSV1", 1002, ["4x", { rsv: 4 }]],
    ["RSV2", 1002, ["4x", { rsv: 2 }]],
    ["RSV3", 1002, ["4x", { rsv: 1 }]],
    ["opcode 3", 1002, ["4x", { opcode: 3 }]],
    ["opcode 11", 1002, ["", { opcode: 11 }]],
    ["a continuation of nothing", 1002, ["4x", { opcode: continuation }]],
    ["a new message inside another", 1002, ["4x", { fin: false }], ["4y"]],
    ["a fragmented ping", 1002, ["x", { opcode: ping, fin: false }]],
    ["a ping of 126 bytes", 1002, ["x".repeat(126), { opcode: ping }]],
    ["a close of one byte", 1002, [Buffer.from([3]), { opcode: close }]],
    ["a close with 1005", 1002, [code(1005), { opcode: close }]],
    ["a close with 999", 1002, [code(999), { opcode: close }]],
    ["a close with bad UTF-8", 1007, [Buffer.concat([code(1000), Buffer.from([0xff])]), { opcode: close }]],
    ["text that is no UTF-8", 1007, [Buffer.from([0x34, 0xff]), { opcode: text }]],
    ["text that ends in half a letter", 1007, [Buffer.from([0x34, 0xe6, 0xbc]), { opcode: text }]],
    ["a surrogate as UTF-8", 1007, [Buffer.from([0x34, 0xed, 0xa0, 0x80]), { opcode: text }]],
    ["an overlong letter", 1007, [Buffer.from([0x34, 0xc0, 0xaf]), { opcode: text }]],
    ["an announced length over the limit", 1009, ["4x", { length: 1_000_001 }]],
    ["an announced length of 2^62 (CVE-2016-10542)", 1009, ["4x", { length: 2 ** 62 }]],
    ["fragments that together are over the limit", 1009, ["4" + "x".repeat(600_000), { fin: false }], ["x".repeat(600_000), { opcode: continuation, fin: false }]],
  ])
    test(name, async () => {
      const frames = await open();
      for (const [payload, options] of sent) frames.send(payload, options);
      const end = await frames.end();
      assert.equal(end.code, expected);
      if (expected === 1009) assert.equal(end.reason, "");
      assert.equal((await closed(frames)).reason, "transport error");
    });
  test("a length with its highest bit set", async () => {
    const frames = await open();
    frames.wire.write(Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    assert.equal((await frames.end()).code, 1002);
    await closed(frames);
  });
  test("an empty text frame, a letter that is no type: parse error", async () => {
    for (const bad of ["", "x", "7", "b!!"]) {
      const frames = await open();
      frames.send(bad);
      await frames.end();
      assert.equal((await closed(frames)).reason, "parse error");
    }
  });
});
