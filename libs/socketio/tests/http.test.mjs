// HTTP/1.1 as RFC 9110 and 9112 want it, and the WebSocket's handshake; requests that two servers in a row could read differently.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import WebSocket from "ws";
import { start } from "./lib/server.mjs";
import { ask, frameBytes, Frames, requestBytes, upgradeHeaders, Wire } from "./lib/wire.mjs";

let server, port;
before(async () => {
  server = await start("feature_server");
  port = server.port;
});
after(() => server.stop());

const polling = "/socket.io/?EIO=4&transport=polling", websocket = "/socket.io/?EIO=4&transport=websocket";
// Every answer that the bytes get before the connection ends; `rest`: sent when the first has come.
async function answers(bytes) {
  const wire = new Wire(port);
  wire.write(Buffer.from(bytes, "latin1"));
  wire.socket.end();
  const all = (await wire.takeAll()).toString("latin1");
  wire.destroy();
  return all.split(/(?=HTTP\/1\.[01] \d\d\d )/).filter(Boolean);
}
const statuses = async (bytes) => (await answers(bytes)).map((one) => Number(one.slice(9, 12)));
const answer = async (bytes) => {
  const wire = new Wire(port);
  wire.write(Buffer.from(bytes, "latin1"));
  return wire.answer().finally(() => wire.destroy());
};

describe("answers", () => {
  test("carry the Date, refusals too", async () => {
    for (const bytes of ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", `GET ${polling} HTTP/1.1\r\nHost: x\r\n\r\n`, "GET / HTTP/1.1\r\n\r\n", "nonsense\r\n\r\n"]) {
      const { headers } = await answer(bytes);
      assert.equal(headers.date?.length, 1, bytes);
      assert.match(headers.date[0], /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/);
      assert.ok(Math.abs(Date.parse(headers.date[0]) - Date.now()) < 5000, headers.date[0]);
    }
  });
  test("a Host is missing or there twice: 400; of HTTP/1.0 none is asked", async () => {
    assert.equal((await answer("GET / HTTP/1.1\r\n\r\n")).status, 400);
    assert.equal((await answer("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n")).status, 400);
    assert.equal((await answer(`GET ${polling} HTTP/1.1\r\n\r\n`)).status, 400);
    assert.equal((await answer("GET / HTTP/1.0\r\n\r\n")).status, 200);
  });
  test("absolute form is understood", async () => {
    const opened = await answer(`GET http://example.org${polling} HTTP/1.1\r\nHost: example.org\r\n\r\n`);
    assert.equal(opened.status, 200);
    assert.equal(opened.text[0], "0");
    assert.equal((await answer("GET http://example.org HTTP/1.1\r\nHost: other\r\n\r\n")).status, 200);
  });
  test("Expect: only 100-continue, only to HTTP/1.1", async () => {
    const wire = new Wire(port);
    wire.write("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert.equal((await wire.takeTo("\r\n\r\n")).toString(), "HTTP/1.1 100 Continue\r\n\r\n");
    wire.write("ab");
    assert.equal((await wire.answer()).status, 200);
    wire.destroy();
    assert.equal((await answer("POST / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 2\r\n\r\nab")).status, 417);
    assert.deepEqual(await statuses("POST / HTTP/1.0\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"), [200]);
  });
  test("Transfer-Encoding is chunked or 501", async () => {
    for (const coding of ["gzip", "gzip, chunked", "identity"])
      assert.equal((await answer(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ${coding}\r\n\r\n3\r\nabc\r\n0\r\n\r\n`)).status, 501, coding);
  });
  test("12 and 15 kB of cookies pass, 60 kB are 431", async () => {
    for (const [bytes, status] of [[12_000, 200], [15_000, 200], [60_000, 431]])
      assert.equal((await ask(port, "GET", polling, { headers: { Cookie: "a=" + "x".repeat(bytes) } })).status, status, `${bytes}`);
    const frames = await Frames.open(port, { headers: { Cookie: "a=" + "x".repeat(15_000) } });
    frames.destroy();
  });
  test("Connection over several lines: close in the second ends the connection", async () => {
    const wire = new Wire(port);
    wire.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: x-hop\r\nConnection: close\r\n\r\n");
    assert.equal((await wire.answer()).headers.connection[0], "close");
    await wire.closed;
  });
  test("empty lines before a request are passed over", async () => {
    assert.deepEqual(await statuses("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), [200, 200]);
  });
  test("a trailer adds nothing to the head", async () => {
    const wire = new Wire(port);
    wire.write(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nConnection: close\r\nHost: evil\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.equal((await wire.answer()).status, 200);
    assert.equal((await wire.answer()).status, 200);
    wire.destroy();
  });
  test("an idle connection outlasts proxies, which close theirs after 60 s", async () => {
    const [, ms] = /keep_alive_timeout\{([\d']+)\}/.exec(readFileSync(new URL("../include/socketio/config.hpp", import.meta.url), "utf8"));
    assert.ok(Number(ms.replaceAll("'", "")) >= 65_000, ms);
  });
});

describe("a WebSocket's handshake", () => {
  const handshake = (headers) => answer(requestBytes("GET", websocket, headers).toString("latin1"));
  test("list headers over several lines", async () => {
    const got = await handshake({ ...upgradeHeaders, Connection: ["keep-alive", "Upgrade"], Upgrade: ["h2c", "websocket"] });
    assert.equal(got.status, 101);
  });
  test("a wrong version is told the right one", async () => {
    for (const version of ["8", "12", [], ["13", "13"]]) {
      const got = await handshake({ ...upgradeHeaders, "Sec-WebSocket-Version": version });
      assert.equal(got.status, 400);
      assert.deepEqual(got.headers["sec-websocket-version"], ["13"]);
    }
  });
  test("a key that is there twice is none", async () => {
    assert.equal((await handshake({ ...upgradeHeaders, "Sec-WebSocket-Key": Array(2).fill(upgradeHeaders["Sec-WebSocket-Key"]) })).status, 400);
  });
  test("the first subprotocol is named back, what is no list of them refused", async () => {
    for (const [offered, expected] of [["chat", ["chat"]], ["a, b", ["a"]], [["a", "b"], ["a"]], [[], undefined]])
      assert.deepEqual((await handshake({ ...upgradeHeaders, "Sec-WebSocket-Protocol": offered })).headers["sec-websocket-protocol"], expected);
    for (const wrong of ["a,", "a, a", "a b", ["a", "a"]])
      assert.equal((await handshake({ ...upgradeHeaders, "Sec-WebSocket-Protocol": wrong })).status, 400, `${wrong}`);
  });
  test("clients that offer subprotocols connect: ws, and the stock client's `protocols`", async () => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${websocket}`, ["one", "two"]);
    await new Promise((done, fail) => ws.once("open", done).once("error", fail));
    assert.equal(ws.protocol, "one");
    ws.terminate();
    const socket = io(server.url, { transports: ["websocket"], protocols: ["v1"], forceNew: true, reconnection: false });
    await new Promise((done, fail) => socket.once("connect", done).once("connect_error", fail));
    assert.deepEqual(await socket.emitWithAck("echo", 1), 1);
    socket.disconnect();
  });
  test("a close frame is answered with its code", async () => {
    for (const code of [1000, 1001, 1008, 3000, 4999]) {
      const frames = await Frames.open(port);
      frames.wire.write(frameBytes(Buffer.from([code >> 8, code & 255]), { opcode: 8 }));
      assert.equal((await frames.end()).code, code);
    }
  });
});

// What a proxy before us might read otherwise. Each is refused, or read in the one way that there is; what stands behind it as
// "GET /smuggled" is never answered. [what it is, bytes, statuses that are right]
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
const post = (lines, body) => `POST / HTTP/1.1\r\nHost: x\r\n${lines.map((line) => line + "\r\n").join("")}\r\n${body}`;
const chunks = "0\r\n\r\n";
describe("smuggling", () => {
  for (const [what, bytes, expected] of [
    ["CL.TE", post(["Content-Length: 6", "Transfer-Encoding: chunked"], chunks + smuggled), [400]],
    ["TE.CL", post(["Transfer-Encoding: chunked", "Content-Length: 4"], "5c\r\n" + smuggled + "\r\n0\r\n\r\n"), [400]],
    ["CL.TE, in capitals", post(["CONTENT-LENGTH: 6", "TRANSFER-ENCODING: CHUNKED"], chunks + smuggled), [400]],
    ["CL.0 and TE", post(["Content-Length: 0", "Transfer-Encoding: chunked"], chunks + smuggled), [400]],
    ["two lengths", post(["Content-Length: 3", "Content-Length: 40"], "abc" + smuggled), [400]],
    ["two equal lengths", post(["Content-Length: 3", "Content-Length: 3"], "abc" + smuggled), [400]],
    ["a list of lengths", post(["Content-Length: 3, 3"], "abc" + smuggled), [400]],
    ["a length with a sign", post(["Content-Length: +3"], "abc" + smuggled), [400]],
    ["a negative length", post(["Content-Length: -3"], smuggled), [400]],
    ["a hexadecimal length", post(["Content-Length: 0x3"], "abc" + smuggled), [400]],
    ["an empty length", post(["Content-Length:"], smuggled), [400]],
    ["a length with a letter", post(["Content-Length: 3a"], "abc" + smuggled), [400]],
    ["a length with a space inside", post(["Content-Length: 3 3"], "abc" + smuggled), [400]],
    ["a length in quotes", post(['Content-Length: "3"'], "abc" + smuggled), [400]],
    ["a length of 2^64 + 3", post(["Content-Length: 18446744073709551619"], "abc" + smuggled), [400, 413]],
    ["a length with a fraction", post(["Content-Length: 3.0"], "abc" + smuggled), [400]],
    ["a folded length", post(["Content-Length:", " 3"], "abc" + smuggled), [400]],
    ["a folded coding", post(["Transfer-Encoding:", " chunked"], chunks + smuggled), [400]],
    ["a coding folded with a tab", post(["Transfer-Encoding:", "\tchunked"], chunks + smuggled), [400]],
    ["a folded other line", post(["X-Other: a", " Transfer-Encoding: chunked"], smuggled), [400]],
    ["a first line that is folded", "POST / HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["two codings", post(["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], chunks + smuggled), [400, 501]],
    ["two codings, the second unknown", post(["Transfer-Encoding: chunked", "Transfer-Encoding: cow"], chunks + smuggled), [400, 501]],
    ["two codings, the first unknown", post(["Transfer-Encoding: cow", "Transfer-Encoding: chunked"], chunks + smuggled), [400, 501]],
    ["identity", post(["Transfer-Encoding: identity"], smuggled), [501]],
    ["identity and a length", post(["Transfer-Encoding: identity", "Content-Length: 3"], "abc" + smuggled), [400, 501]],
    ["xchunked", post(["Transfer-Encoding: xchunked"], chunks + smuggled), [501]],
    ["chunked in quotes", post(['Transfer-Encoding: "chunked"'], chunks + smuggled), [400, 501]],
    ["chunked with a parameter", post(["Transfer-Encoding: chunked;x=1"], chunks + smuggled), [400, 501]],
    ["chunked with a comma", post(["Transfer-Encoding: chunked,"], chunks + smuggled), [400, 501]],
    ["chunked behind a comma", post(["Transfer-Encoding: , chunked"], chunks + smuggled), [400, 501]],
    ["chunked behind a vertical tab", post(["Transfer-Encoding: \vchunked"], chunks + smuggled), [400, 501]],
    ["chunked behind a form feed", post(["Transfer-Encoding: \fchunked"], chunks + smuggled), [400, 501]],
    ["chunked behind a NUL", post(["Transfer-Encoding: \0chunked"], chunks + smuggled), [400]],
    ["chunked behind a no-break space", post(["Transfer-Encoding: \xa0chunked"], chunks + smuggled), [400, 501]],
    ["chunked before gzip", post(["Transfer-Encoding: chunked, gzip"], chunks + smuggled), [501]],
    ["gzip before chunked", post(["Transfer-Encoding: gzip, chunked"], chunks + smuggled), [501]],
    ["a space before the colon", post(["Transfer-Encoding : chunked"], chunks + smuggled), [400]],
    ["a space before the length's colon", post(["Content-Length : 3"], "abc" + smuggled), [400]],
    ["a tab before the colon", post(["Transfer-Encoding\t: chunked"], chunks + smuggled), [400]],
    ["a space before the name", post([" Transfer-Encoding: chunked"], chunks + smuggled), [400]],
    ["no colon", post(["Transfer-Encoding chunked"], chunks + smuggled), [400]],
    ["no name", post([": chunked"], smuggled), [400]],
    ["a NUL in a name", post(["Transfer\0-Encoding: chunked"], smuggled), [400]],
    ["a letter that is none in a name", post(["Transfer\xadEncoding: chunked"], smuggled), [400]],
    ["a bare LF between lines", post(["X: a\nTransfer-Encoding: chunked"], chunks + smuggled), [400]],
    ["a bare CR between lines", post(["X: a\rTransfer-Encoding: chunked"], chunks + smuggled), [400]],
    ["a bare CR at the end of a value", post(["X: a\r", "Content-Length: 3"], "abc" + smuggled), [400]],
    ["CR CR LF", "POST / HTTP/1.1\r\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["a NUL in a value", post(["X: a\0b"], smuggled), [400]],
    ["chunked of HTTP/1.0", "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + smuggled, [400]],
    ["chunked of HTTP/1.0 with keep-alive", "POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + smuggled, [400]],
    ["a chunk's size with a sign", post(["Transfer-Encoding: chunked"], "+3\r\nabc\r\n0\r\n\r\n" + smuggled), [400]],
    ["a chunk's size with 0x", post(["Transfer-Encoding: chunked"], "0x3\r\nabc\r\n0\r\n\r\n" + smuggled), [400]],
    ["a chunk's size with an underscore", post(["Transfer-Encoding: chunked"], "1_0\r\nabc\r\n0\r\n\r\n" + smuggled), [400]],
    ["a chunk's size behind a space", post(["Transfer-Encoding: chunked"], " 3\r\nabc\r\n0\r\n\r\n" + smuggled), [400]],
    ["a chunk without a size", post(["Transfer-Encoding: chunked"], "\r\nabc\r\n0\r\n\r\n" + smuggled), [400]],
    ["a chunk's size of 2^64 + 3", post(["Transfer-Encoding: chunked"], "10000000000000003\r\nabc\r\n0\r\n\r\n" + smuggled), [400, 413]],
    ["a negative chunk", post(["Transfer-Encoding: chunked"], "-1\r\nabc\r\n0\r\n\r\n" + smuggled), [400]],
    ["a chunk that is longer than it says", post(["Transfer-Encoding: chunked"], "3\r\nabcdef\r\n0\r\n\r\n" + smuggled), [400]],
    ["a chunk's size ended by LF alone", post(["Transfer-Encoding: chunked"], "3\nabc\r\n0\r\n\r\n" + smuggled), [400]],
    ["a chunk ended by LF alone", post(["Transfer-Encoding: chunked"], "3\r\nabc\n0\r\n\r\n" + smuggled), [400]],
    ["a chunk ended by two other letters", post(["Transfer-Encoding: chunked"], "3\r\nabcXX0\r\n\r\n" + smuggled), [400]],
    ["a LF in a chunk's extension", post(["Transfer-Encoding: chunked"], "3;a\nb\r\nabc\r\n0\r\n\r\n" + smuggled), [400]],
    ["a last chunk ended by LF alone", post(["Transfer-Encoding: chunked"], "3\r\nabc\r\n0\n\n" + smuggled), [400]],
    ["a length in the trailer", post(["Transfer-Encoding: chunked"], "3\r\nabc\r\n0\r\nContent-Length: 40\r\n\r\n" + smuggled), [400]],
    ["a coding in the trailer", post(["Transfer-Encoding: chunked"], "3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n" + smuggled), [400]],
    ["two Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + smuggled, [400]],
    ["a Host with a comma", "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n" + smuggled, [400]],
    ["a Host with a path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n" + smuggled, [400]],
    ["a Host with a user", "GET / HTTP/1.1\r\nHost: u@x\r\n\r\n" + smuggled, [400]],
    ["a target with a space", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["a target with a tab", "GET /a\tb HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["a target with a control letter", "GET /a\x01b HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["a target that is no path", "GET a HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["a target with a user", "GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["two spaces in the first line", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["two spaces before the version", "GET /  HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["a tab in the first line", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["a version that is none", "GET / HTTP/1.1x\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["version 2.0", "GET / HTTP/2.0\r\nHost: x\r\n\r\n" + smuggled, [400, 505]],
    ["version 1.10", "GET / HTTP/1.10\r\nHost: x\r\n\r\n" + smuggled, [400, 505]],
    ["a lower-case version", "GET / http/1.1\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["HTTP/0.9", "GET /\r\n\r\n" + smuggled, [400]],
    ["HTTP/2's first bytes", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled, [400, 505]],
    ["a method that is none", "G(T / HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, [400]],
    ["CONNECT", "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n" + smuggled, [400]],
  ])
    test(what, async () => {
      const got = await statuses(bytes);
      assert.equal(got.length, 1, `${got}`);
      assert.ok(expected.includes(got[0]), `${got}`);
    });

  // What is right in an unusual way is read in that one way: the request behind it is the second one.
  for (const [what, bytes] of [
    ["chunks", post(["Transfer-Encoding: chunked"], "3\r\nabc\r\n0\r\n\r\n")],
    ["chunks with extensions", post(["Transfer-Encoding: chunked"], '3;a=b;c="d"\r\nabc\r\n0;e\r\n\r\n')],
    ["chunks with leading zeros", post(["Transfer-Encoding: chunked"], "0003\r\nabc\r\n000\r\n\r\n")],
    ["chunks with a trailer", post(["Transfer-Encoding: chunked"], "3\r\nabc\r\n0\r\nX: y\r\nHost: y\r\n\r\n")],
    ["no spaces behind the colon", post(["Transfer-Encoding:chunked"], chunks)],
    ["spaces around the value", post(["Content-Length: \t 3 \t "], "abc")],
    ["a length with zeros before it", post(["Content-Length: 0003"], "abc")],
    ["a GET with a body", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"],
    ["a name with an underscore", post(["Transfer_Encoding: chunked", "Content-Length: 3"], "abc")],
  ])
    test(`read as it is meant: ${what}`, async () => {
      assert.deepEqual(await statuses(bytes + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), [200, 200]);
    });
});
