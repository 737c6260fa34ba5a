// The conformance server, driven by raw HTTP and WebSocket and by the stock client. BUILD_DIR says which build.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { after, before, test } from "node:test";
import { io } from "socket.io-client";
import WebSocket from "ws";

const buildDir = process.env.BUILD_DIR ?? new URL("../../../build/release", import.meta.url).pathname;
let server, port, url;

async function start(...options) {
  const child = spawn(`${buildDir}/bin/conformance_server`, ["--port", "0", ...options], { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.setEncoding("utf8");
  let said = "";
  for await (const piece of child.stderr) {
    said += piece;
    const found = /listening on (\d+)/.exec(said);
    if (found) return { child, port: Number(found[1]) };
  }
  throw new Error(`conformance_server did not start: ${said}`);
}

before(async () => {
  const started = await start();
  server = started.child;
  port = started.port;
  url = `http://127.0.0.1:${port}`;
});
after(() => server.kill("SIGKILL"));

const poll = (sid = "", options = {}) =>
  fetch(`${url}/socket.io/?EIO=4&transport=polling${sid && `&sid=${sid}`}`, options);
const post = (sid, body, headers = {}) => poll(sid, { method: "POST", body, headers: { "content-type": "text/plain", ...headers } });
async function open() {
  const text = await (await poll()).text();
  assert.equal(text[0], "0");
  return JSON.parse(text.slice(1));
}
async function socketOver(sid = "") {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket${sid && `&sid=${sid}`}`);
  ws.inbox = [];
  ws.on("message", (data, binary) => ws.inbox.push(binary ? data : data.toString()));
  ws.next = async () => {
    while (!ws.inbox.length) await once(ws, "message");
    return ws.inbox.shift();
  };
  await once(ws, "open");
  return ws;
}
const client = (options = {}, nsp = "/") => io(url + nsp, { forceNew: true, reconnection: false, ...options });

test("handshake: five keys, headers, 20 characters", async () => {
  const response = await poll();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/plain; charset=UTF-8");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const body = JSON.parse((await response.text()).slice(1));
  assert.deepEqual(Object.keys(body), ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]);
  assert.equal(body.sid.length, 20);
  assert.deepEqual(body.upgrades, ["websocket"]);
  const ws = await socketOver();
  assert.deepEqual(JSON.parse((await ws.next()).slice(1)).upgrades, []);
  ws.close();
});

test("refusals have Node's codes and bodies", async () => {
  const ask = async (query, options) => {
    const response = await fetch(`${url}/socket.io/?${query}`, options);
    return [response.status, await response.text()];
  };
  const json = (code, message) => JSON.stringify({ code, message });
  assert.deepEqual(await ask("EIO=4&transport=abc"), [400, json(0, "Transport unknown")]);
  assert.deepEqual(await ask("EIO=4"), [400, json(0, "Transport unknown")]);
  assert.deepEqual(await ask("EIO=4&transport=polling&sid=zzz"), [400, json(1, "Session ID unknown")]);
  assert.deepEqual(await ask("EIO=4&transport=polling", { method: "POST", body: "x" }), [400, json(2, "Bad handshake method")]);
  assert.deepEqual(await ask("EIO=4&transport=websocket"), [400, json(3, "Bad request")]);
  assert.deepEqual(await ask("EIO=abc&transport=polling"), [400, json(5, "Unsupported protocol version")]);
  assert.deepEqual(await ask("transport=polling"), [400, json(5, "Unsupported protocol version")]);
});

test("heartbeat over polling, and the end when the client does not answer", async () => {
  const { sid } = await open();
  assert.equal(await (await poll(sid)).text(), "2");
  await post(sid, "3");
  assert.equal(await (await poll(sid)).text(), "2");
  const late = await poll(sid); // no pong: ends by ping timeout
  assert.equal(await late.text(), "1");
  assert.equal((await poll(sid)).status, 400);
});

test("a second GET ends the session: the first gets 1, the second 400", async () => {
  const { sid } = await open();
  const first = poll(sid);
  await new Promise((done) => setImmediate(done));
  const [a, b] = await Promise.all([first, poll(sid)]);
  const [ok, bad] = a.status === 200 ? [a, b] : [b, a];
  assert.equal(await ok.text(), "1");
  assert.equal(bad.status, 400);
});

test("oversize: 413 with empty body, session alive; 1009 with empty reason", async () => {
  const { sid } = await open();
  const response = await post(sid, "4" + "x".repeat(1_000_000));
  assert.equal(response.status, 413);
  assert.equal(await response.text(), "");
  assert.equal((await post(sid, "3")).status, 200);
  const ws = await socketOver();
  ws.send("4" + "x".repeat(1_000_000));
  const [code, reason] = await once(ws, "close");
  assert.equal(code, 1009);
  assert.equal(reason.toString(), "");
});

test("octet-stream is refused and answered", async () => {
  const { sid } = await open();
  assert.equal((await post(sid, "4x", { "content-type": "application/octet-stream" })).status, 400);
  assert.equal((await post(sid, "4x")).status, 400);
});

test("packets: parse errors end the session", async () => {
  for (const bad of ["", "abc", "47", "4" + '5["x"]', "42[]", '42["connect"]', '42 ["m"]', "40[]", '44{"message":"x"}']) {
    const { sid } = await open();
    await post(sid, "40");
    await post(sid, bad);
    await poll(sid).then((r) => r.text()); // whatever was queued, or the tombstone
    const after = await poll(sid);
    assert.equal(after.status, 400, JSON.stringify(bad));
  }
});

test("connect: answers, auth, unknown and refused namespaces, packets before it", async () => {
  const ws = await socketOver();
  await ws.next();
  ws.send('40{"token":"123"}');
  assert.match(await ws.next(), /^40\{"sid":"[\w-]{20}"\}$/);
  assert.equal(await ws.next(), '42["auth",{"token":"123"}]');
  ws.send("40/custom,");
  assert.match(await ws.next(), /^40\/custom,\{"sid":/);
  assert.equal(await ws.next(), '42/custom,["auth",{}]');
  ws.send("40/random");
  assert.equal(await ws.next(), '44/random,{"message":"Invalid namespace"}');
  ws.send("40/secret,");
  assert.equal(await ws.next(), '44/secret,{"message":"not you","data":{"code":"unauthorized"}}');
  ws.send("41/custom,");
  ws.send('42/custom,["message"]'); // left it: the whole connection ends
  await once(ws, "close");

  const early = await socketOver();
  await early.next();
  early.send('42["message"]');
  await once(early, "close");
});

test("events, acknowledgements and binary both ways, byte for byte", async () => {
  const ws = await socketOver();
  await ws.next();
  ws.send("40");
  await ws.next();
  await ws.next();
  ws.send('42["message",1,"2",{"3":[true]}]');
  assert.equal(await ws.next(), '42["message-back",1,"2",{"3":[true]}]');
  ws.send('42456["message-with-ack",1,"2",{"3":[false]}]');
  assert.equal(await ws.next(), '43456[1,"2",{"3":[false]}]');
  ws.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
  ws.send(Buffer.from([1, 2, 3]));
  ws.send(Buffer.from([4, 5, 6]));
  assert.equal(await ws.next(), '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
  assert.deepEqual(await ws.next(), Buffer.from([1, 2, 3]));
  assert.deepEqual(await ws.next(), Buffer.from([4, 5, 6]));
  ws.close();
});

test("binary rules: text in between, nothing expected, index out of range, too many", async () => {
  for (const frames of [['451-["message",{"_placeholder":true,"num":0}]', '42["x"]'], [Buffer.from([1])],
    ['451-["message",{"_placeholder":true,"num":1}]'], ['4511-["message"]'], ['450-["message"]'], ['45["message"]']]) {
    const ws = await socketOver();
    await ws.next();
    ws.send("40");
    await ws.next();
    await ws.next();
    for (const frame of frames) ws.send(frame);
    await once(ws, "close");
  }
});

test("upgrade: probe, noop, switch; the polling side is refused afterwards and the session lives", async () => {
  const { sid } = await open();
  const parked = poll(sid);
  const ws = await socketOver(sid);
  ws.send("2probe");
  assert.equal(await ws.next(), "3probe");
  assert.equal(await (await parked).text(), "6");
  ws.send("5");
  ws.send("40");
  assert.match(await ws.next(), /^40/);
  assert.equal((await poll(sid)).status, 400);
  const second = await socketOver(sid);
  await once(second, "close");
  await ws.next();
  ws.send('42["message","alive"]');
  assert.equal(await ws.next(), '42["message-back","alive"]');
  ws.close();
});

test("an upgrade that fails leaves polling as it was", async () => {
  for (const word of ["hello", "2wrong"]) {
    const { sid } = await open();
    const ws = await socketOver(sid);
    ws.send(word);
    await once(ws, "close");
    assert.equal((await post(sid, "40")).status, 200);
    assert.match(await (await poll(sid)).text(), /^40/);
  }
  const refused = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket&sid=unknown`);
  const [error] = await once(refused, "error");
  assert.match(error.message, /400/);
});

test("CORS: reflected on answers and preflight", async () => {
  const simple = await poll("", { headers: { origin: "https://example.org" } });
  assert.equal(simple.headers.get("access-control-allow-origin"), "*");
  const preflight = await poll("", { method: "OPTIONS", headers: { origin: "https://example.org", "access-control-request-headers": "x-a" } });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-headers"), "x-a");
});

for (const [name, transports] of [["polling", ["polling"]], ["websocket", ["websocket"]], ["upgrade", ["polling", "websocket"]]])
  test(`stock client, ${name}: 500 events in order, acks, rooms, binary, asked back`, async () => {
    const a = client({ transports });
    const b = client({ transports });
    await Promise.all([once(a, "connect"), once(b, "connect")]);
    const burst = [];
    const all = new Promise((done) => a.on("burst", (i) => burst.push(i) === 200 && done()));
    a.emit("burst", 200);
    await all;
    assert.deepEqual(burst, Array.from({ length: 200 }, (_, i) => i));
    for (let i = 0; i < 100; i++) assert.equal(await a.emitWithAck("message-with-ack", i), i);
    await b.emitWithAck("join", "room");
    const heard = once(b, "from-room");
    a.emit("to-room", "room", "hi");
    assert.deepEqual(await heard, ["hi"]);
    const back = once(a, "message-back");
    a.emit("message", Buffer.from([9, 8]), { deep: [Buffer.from([7])] });
    const [first, second] = await back;
    assert.deepEqual([Buffer.from(first), Buffer.from(second.deep[0])], [Buffer.from([9, 8]), Buffer.from([7])]);
    a.on("question", (value, answer) => answer(value + 1));
    const answered = once(a, "answered");
    a.emit("ask-me", 41);
    assert.deepEqual(await answered, [[42]]);
    a.disconnect();
    b.disconnect();
  });

test("a stock client is told why it is refused", async () => {
  const refused = client({ transports: ["websocket"] }, "/secret");
  const [error] = await once(refused, "connect_error");
  assert.equal(error.message, "not you");
  assert.deepEqual(error.data, { code: "unauthorized" });
  refused.disconnect();
});

test("events emitted during the upgrade are neither lost, doubled nor reordered", async () => {
  for (let round = 0; round < 10; round++) {
    const a = client({ transports: ["polling", "websocket"] });
    await once(a, "connect");
    const seen = [];
    const all = new Promise((done) => a.on("message-back", (i) => seen.push(i) === 200 && done()));
    for (let i = 0; i < 200; i++) {
      a.emit("message", i);
      if (i % 10 === 0) await new Promise((done) => setImmediate(done));
    }
    await all;
    assert.deepEqual(seen, Array.from({ length: 200 }, (_, i) => i));
    a.disconnect();
  }
});

test("application requests on the same port: body, keep-alive, too large, HEAD, broken", async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (method, body) =>
    new Promise((done, fail) => {
      const request = http.request({ port, host: "127.0.0.1", path: "/hello", method, agent }, (response) => {
        let text = "";
        response.on("data", (piece) => (text += piece)).on("end", () => done([response.statusCode, text, request.reusedSocket]));
      });
      request.on("error", fail).end(body);
    });
  assert.deepEqual(await ask("POST", "abc"), [200, "POST abc", false]);
  assert.deepEqual(await ask("POST", "def"), [200, "POST def", true]);
  assert.deepEqual((await ask("HEAD")).slice(0, 2), [200, ""]);
  assert.deepEqual((await ask("POST", "x".repeat(5_000_000))).slice(0, 2), [413, "too large"]);
  agent.destroy();

  const raw = async (text) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.write(text);
    let answer = "";
    for await (const piece of socket) answer += piece;
    return answer.split("\r\n")[0];
  };
  assert.match(await raw("GET / HTTP/1.1\nHost: x\n\n"), /400/);
  assert.match(await raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), /400/);
  assert.match(await raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"), /400/);
  assert.match(await raw(`GET / HTTP/1.1\r\nHost: x\r\nA: ${"y".repeat(17_000)}\r\n\r\n`), /431/);
  assert.match(await raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), /200/);
  const two = net.connect(port, "127.0.0.1");
  two.write("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  let both = "";
  for await (const piece of two) both += piece;
  assert.equal(both.split("HTTP/1.1 200").length, 3, "pipelined requests are both answered");
});

test("a reader that does not read is cut, others are not hurt", async () => {
  const slow = net.connect(port, "127.0.0.1");
  slow.write("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  await once(slow, "data");
  slow.pause();
  const frame = (text) => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
  slow.write(frame("40"));
  const ended = once(slow, "close");
  slow.on("error", () => {});
  for (let i = 0; i < 400; i++) slow.write(frame('42["burst",250]'));
  const other = client({ transports: ["websocket"] });
  await once(other, "connect");
  assert.equal(await other.emitWithAck("message-with-ack", 1), 1);
  other.disconnect();
  slow.resume();
  await ended;
});

test("SIGTERM closes transports, not people, and ends with 0", async () => {
  const started = await start();
  const a = io(`http://127.0.0.1:${started.port}`, { forceNew: true, transports: ["websocket"], reconnection: false });
  await once(a, "connect");
  const gone = once(a, "disconnect");
  const exited = once(started.child, "exit");
  started.child.kill("SIGTERM");
  assert.equal((await gone)[0], "transport close");
  assert.equal((await exited)[0], 0);
});
