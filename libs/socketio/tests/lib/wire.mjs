// Bytes: a TCP connection read piece by piece, HTTP/1.1 and WebSocket written by hand, so that tests can be wrong on purpose.
import { Buffer } from "node:buffer";
import net from "node:net";
import { after } from "node:test";

export const separator = "\x1e";

// Every handshake carries `&mark=…`, by which feature_server tells of the session.
let marks = 0;

// No test waits forever.
const patience = 20_000;
function soon(promise, otherwise) {
  const where = new Error(`${otherwise} within ${patience} ms`); // here, for its stack
  let timer;
  const late = new Promise((_, fail) => (timer = setTimeout(() => fail(where), patience)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// A connection that is not read keeps the run from ending.
const wires = new Set();
after(() => wires.forEach((wire) => wire.destroy()));

// A TCP connection whose bytes are taken as they are asked for.
export class Wire {
  constructor(port, options = {}) {
    this.socket = net.connect({ port, host: "127.0.0.1", noDelay: true, ...options });
    wires.add(this);
    this.socket.on("close", () => wires.delete(this));
    this.buffer = Buffer.alloc(0);
    this.ended = false;
    this.waiting = [];
    this.socket.on("data", (piece) => {
      this.buffer = Buffer.concat([this.buffer, piece]);
      this.#wake();
    });
    this.socket.on("error", (error) => (this.error = error));
    this.end = new Promise((done) => {
      this.socket.on("end", () => this.#end(done));
      this.socket.on("close", () => this.#end(done));
    });
    this.connected = new Promise((done) => this.socket.once("connect", done));
  }
  #wake() {
    for (const wake of this.waiting.splice(0)) wake();
  }
  #end(done) {
    this.ended = true;
    this.#wake();
    done();
  }
  more() {
    return soon(new Promise((done) => this.waiting.push(done)), "nothing came");
  }
  get closed() {
    return soon(this.end, "the connection was not closed");
  }
  write(bytes) {
    return this.socket.write(bytes);
  }
  destroy() {
    this.socket.destroy();
  }
  // Like a cable that is pulled: nothing is read, nothing is said any more.
  reset() {
    // Node 20 never ends when a socket is reset that is shutting down.
    this.socket.writableEnded ? this.socket.destroy() : this.socket.resetAndDestroy();
  }

  async take(count) {
    while (this.buffer.length < count) {
      if (this.ended) throw new Error(`the connection ended after ${this.buffer.length} of ${count} bytes`);
      await this.more();
    }
    const taken = this.buffer.subarray(0, count);
    this.buffer = this.buffer.subarray(count);
    return taken;
  }
  async takeTo(mark) {
    for (;;) {
      const at = this.buffer.indexOf(mark);
      if (at >= 0) return this.take(at + mark.length);
      if (this.ended) throw new Error(`the connection ended: ${JSON.stringify(this.buffer.toString("latin1").slice(0, 200))}`);
      await this.more();
    }
  }
  async takeAll() {
    while (!this.ended) await this.more();
    return this.take(this.buffer.length);
  }

  // One answer: { status, headers: lower-case name → list of values, body }.
  async answer({ head = false } = {}) {
    const text = (await this.takeTo("\r\n\r\n")).toString("latin1");
    const [first, ...lines] = text.slice(0, -4).split("\r\n");
    const answer = { status: Number(first.split(" ")[1]), first, headers: {} };
    for (const line of lines) {
      const colon = line.indexOf(":");
      (answer.headers[line.slice(0, colon).toLowerCase()] ??= []).push(line.slice(colon + 1).trim());
    }
    const length = answer.headers["content-length"]?.[0];
    const bare = head || answer.status === 101 || answer.status === 204 || answer.status === 304;
    answer.body = bare ? Buffer.alloc(0) : length === undefined ? await this.takeAll() : await this.take(Number(length));
    answer.text = answer.body.toString();
    return answer;
  }
}

export function requestBytes(method, target, headers = {}, body) {
  const lines = [`${method} ${target} HTTP/1.1`, "Host: 127.0.0.1"];
  for (const [name, value] of Object.entries(headers)) for (const one of [value].flat()) lines.push(`${name}: ${one}`);
  if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return Buffer.concat([Buffer.from(lines.join("\r\n") + "\r\n\r\n", "latin1"), Buffer.from(body ?? "")]);
}

// One request on a connection of its own.
export async function ask(port, method, target, { headers = {}, body } = {}) {
  const wire = new Wire(port);
  wire.write(requestBytes(method, target, headers, body));
  const answer = await wire.answer({ head: method === "HEAD" });
  wire.destroy();
  return answer;
}

// A polling session.
export class Polling {
  constructor(port, path, sid, handshake) {
    Object.assign(this, { port, path, sid, handshake });
  }
  static async open(port, { path = "/socket.io/", query = "", headers = {} } = {}) {
    const mark = String(++marks);
    const answer = await ask(port, "GET", `${path}?EIO=4&transport=polling&mark=${mark}${query}`, { headers });
    if (answer.status !== 200 || answer.text[0] !== "0") throw new Error(`no session: ${answer.first} ${answer.text}`);
    const [open, ...rest] = answer.text.split(separator);
    const handshake = JSON.parse(open.slice(1));
    const session = new Polling(port, path, handshake.sid, handshake);
    session.mark = mark;
    session.openAnswer = answer;
    session.first = rest;
    return session;
  }
  get target() {
    return `${this.path}?EIO=4&transport=polling&sid=${this.sid}`;
  }
  get(headers = {}) {
    return ask(this.port, "GET", this.target, { headers });
  }
  post(body, headers = { "Content-Type": "text/plain;charset=UTF-8" }) {
    return ask(this.port, "POST", this.target, { headers, body });
  }
  // A poll that waits. A round trip after it makes sure that the server has read it.
  async park() {
    const wire = new Wire(this.port);
    await wire.connected;
    wire.write(requestBytes("GET", this.target));
    await ask(this.port, "GET", "/");
    return { wire, answer: wire.answer() };
  }
  async packets() {
    const answer = await this.get();
    if (answer.status !== 200) throw new Error(`poll: ${answer.first} ${answer.text}`);
    return answer.text.split(separator);
  }
  // Polls until so many packets came, pings answered.
  async collect(count) {
    const all = [];
    while (all.length < count)
      for (const packet of await this.packets())
        if (packet === "2") await this.post("3");
        else all.push(packet);
    return all;
  }
  // Socket.IO on top: joins the namespace, gives its CONNECT answer.
  async join(nsp = "", auth = "") {
    await this.post(`40${nsp && nsp + ","}${auth}`);
    const [answer] = await this.packets();
    return answer;
  }
}

export const text = 1, binary = 2, close = 8, ping = 9, pong = 10, continuation = 0;

export function frameBytes(payload, { opcode = text, fin = true, rsv = 0, mask = true, length } = {}) {
  const body = Buffer.from(payload);
  const announced = length ?? body.length;
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const bit = mask ? 0x80 : 0;
  let head;
  if (announced < 126) head = Buffer.from([first, bit | announced]);
  else if (announced < 65536) head = Buffer.from([first, bit | 126, announced >> 8, announced & 255]);
  else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = bit | 127;
    head.writeBigUInt64BE(BigInt(announced), 2);
  }
  if (!mask) return Buffer.concat([head, body]);
  const key = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  const masked = Buffer.from(body.map((byte, i) => byte ^ key[i & 3]));
  return Buffer.concat([head, key, masked]);
}

export const upgradeHeaders = {
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version": "13",
};

// A WebSocket whose frames are written and read by hand.
export class Frames {
  constructor(wire) {
    this.wire = wire;
    this.kept = []; // came while something else was waited for
  }
  // `sid`: the polling session to upgrade.
  static async open(port, { path = "/socket.io/", sid = "", query = "", headers = {}, options } = {}) {
    const wire = new Wire(port, options);
    const mark = String(++marks);
    wire.write(requestBytes("GET", `${path}?EIO=4&transport=websocket&mark=${mark}${sid && `&sid=${sid}`}${query}`, { ...upgradeHeaders, ...headers }));
    const answer = await wire.answer();
    const frames = new Frames(wire);
    Object.assign(frames, { answer, mark });
    if (answer.status !== 101) throw Object.assign(new Error(`no WebSocket: ${answer.first} ${answer.text}`), { answer });
    if (!sid) frames.handshake = JSON.parse((await frames.text()).slice(1));
    return frames;
  }
  // Open, and in the main namespace.
  static async join(port, options = {}) {
    const frames = await Frames.open(port, options);
    frames.send(`40${options.auth ? JSON.stringify(options.auth) : ""}`);
    const answer = await frames.text();
    frames.connected = JSON.parse(answer.slice(2));
    return frames;
  }
  send(payload, options = {}) {
    return this.wire.write(frameBytes(payload, { opcode: typeof payload === "string" ? text : binary, ...options }));
  }
  emit(...event) {
    return this.send("42" + JSON.stringify(event));
  }
  // One frame as it comes: { fin, opcode, payload }.
  async frame() {
    const [first, second] = await this.wire.take(2);
    if (second & 0x80) throw new Error("a masked frame from a server");
    let length = second & 0x7f;
    if (length === 126) length = (await this.wire.take(2)).readUInt16BE();
    else if (length === 127) length = Number((await this.wire.take(8)).readBigUInt64BE());
    return { fin: !!(first & 0x80), rsv: (first >> 4) & 7, opcode: first & 15, payload: await this.wire.take(length) };
  }
  // The next message; Engine.IO's pings are answered and left out unless asked for.
  async message(options) {
    return this.kept.length ? this.kept.shift() : this.#arriving(options);
  }
  async #arriving({ pings = false } = {}) {
    for (;;) {
      const { opcode, payload } = await this.frame();
      if (opcode === binary) return payload;
      if (opcode !== text) throw Object.assign(new Error(`frame ${opcode}`), { opcode, payload });
      const said = payload.toString();
      if (said !== "2" || pings) return said;
      this.send("3");
    }
  }
  async text(options) {
    const said = await this.message(options);
    if (typeof said !== "string") throw new Error("binary where text was expected");
    return said;
  }
  async event() {
    for (;;) {
      const said = await this.message();
      if (typeof said === "string" && /^42\d*\[/.test(said)) return JSON.parse(said.replace(/^42\d*/, ""));
    }
  }
  // The event of that name, others passed over.
  async heard(name) {
    for (;;) {
      const event = await this.event();
      if (event[0] === name) return event.slice(1);
    }
  }
  // Emits, and gives what it was acknowledged with; what else comes meanwhile is kept.
  async call(...event) {
    const id = (this.ids = (this.ids ?? 0) + 1);
    this.send(`42${id}` + JSON.stringify(event));
    for (;;) {
      const said = await this.#arriving();
      if (typeof said === "string" && said.startsWith(`43${id}[`)) return JSON.parse(said.slice(2 + `${id}`.length));
      this.kept.push(said);
    }
  }
  // What ends the connection: the close frame's code and reason (null: the connection just ended); what comes before is kept.
  async end() {
    const before = this.kept.splice(0);
    for (;;) {
      let frame;
      try {
        frame = await this.frame();
      } catch (error) {
        if (!this.wire.ended) throw error;
        return { code: null, reason: "", before };
      }
      if (frame.opcode === close) {
        const code = frame.payload.length >= 2 ? frame.payload.readUInt16BE() : 1005;
        return { code, reason: frame.payload.subarray(2).toString(), before };
      }
      before.push(frame.opcode === binary ? frame.payload : frame.payload.toString());
    }
  }
  destroy() {
    this.wire.destroy();
  }
}
