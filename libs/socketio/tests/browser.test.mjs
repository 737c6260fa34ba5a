// The stock client where most of it runs: in a browser. Polling only, WebSocket only, the upgrade between them.
import assert from "node:assert/strict";
import http from "node:http";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { start } from "./lib/server.mjs";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
let browser, pages, page, server;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
  const script = readFileSync(new URL("node_modules/socket.io-client/dist/socket.io.min.js", import.meta.url));
  // A page of another origin than the server's, so that CORS is needed.
  pages = http.createServer((request, response) =>
    request.url === "/client.js" ? response.setHeader("Content-Type", "text/javascript").end(script)
      : response.setHeader("Content-Type", "text/html").end('<!doctype html><meta charset="utf-8"><script src="/client.js"></script>'),
  ).listen(0, "127.0.0.1");
  await once(pages, "listening");
  server = await start("conformance_server", "--ping-interval", "2000", "--ping-timeout", "2000");
});
after(async () => {
  await browser?.close();
  pages?.close();
  await server?.stop();
});

async function opened() {
  page = await browser.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  await page.goto(`http://127.0.0.1:${pages.address().port}/`);
  // What every story needs: a connected client, and a promise of its next event.
  await page.evaluate(() => {
    window.next = (socket, event) =>
      new Promise((done, fail) => {
        socket.once(event, (...all) => done(all));
        setTimeout(() => fail(new Error(`no ${event} within 15 s`)), 15_000);
      });
    window.client = async (url, transports, more = {}) => {
      const socket = io(url, { transports, forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 300, ...more });
      await next(socket, "connect");
      return socket;
    };
  });
}

for (const [name, transports] of [["polling only", ["polling"]], ["WebSocket only", ["websocket"]], ["upgrade", ["polling", "websocket"]]]) {
  test(`${name}: auth, order both ways, binary, acknowledgements both ways, rooms, namespaces, refusals`, async () => {
    await opened();
    const seen = await page.evaluate(async ({ url, transports }) => {
      const seen = {};
      const auth = io(url, { transports, forceNew: true, auth: { token: "t" } });
      [seen.auth] = await next(auth, "auth");
      const a = await client(url, transports);
      const b = await client(url, transports);

      const back = [], burst = [];
      const both = new Promise((done, fail) => {
        const count = () => back.length === 300 && burst.length === 300 && done();
        setTimeout(() => fail(new Error(`${back.length} and ${burst.length} of 300 within 15 s`)), 15_000);
        a.on("message-back", (i) => (back.push(i), count()));
        a.on("burst", (i) => (burst.push(i), count()));
      });
      for (let i = 0; i < 300; i++) a.emit("message", i);
      a.emit("burst", 300);
      await both;
      a.off("message-back").off("burst");
      seen.order = [back, burst].map((all) => all.every((value, i) => value === i));

      const bytes = next(a, "message-back");
      a.emit("message", new Uint8Array([0, 30, 255]), { deep: [new Blob(["blob"]), new Uint8Array(2000).fill(1).buffer] });
      const [one, { deep }] = await bytes;
      seen.binary = [[...new Uint8Array(one)], new TextDecoder().decode(deep[0]), deep[1].byteLength];
      seen.text = await a.emitWithAck("message-with-ack", "ä漢😀");
      seen.acks = await Promise.all(Array.from({ length: 100 }, (_, i) => a.emitWithAck("message-with-ack", i)));
      seen.binaryAck = [...new Uint8Array(await a.emitWithAck("message-with-ack", new Uint8Array([7, 8])))];
      a.on("question", (value, answer) => answer(value + 1));
      a.emit("ask-me", 41);
      [seen.answered] = await next(a, "answered");

      await a.emitWithAck("join", "room");
      await b.emitWithAck("join", "room");
      let mine = 0;
      a.on("from-room", () => mine++);
      const heard = next(b, "from-room");
      a.emit("to-room", "room", "hello");
      seen.room = await heard;
      await a.emitWithAck("message-with-ack", 0);
      seen.mine = mine;

      const custom = a.io.socket("/custom", { auth: { x: 1 } });
      const greeted = next(custom, "auth");
      seen.custom = (await greeted)[0];
      seen.ids = custom.id !== a.id;
      let drops = 0;
      a.on("disconnect", () => drops++);
      seen.refused = [];
      for (const nsp of ["/secret", "/nope"]) {
        const refused = a.io.socket(nsp);
        const why = next(refused, "connect_error");
        const [{ message, data }] = await why;
        seen.refused.push([message, data]);
        refused.disconnect();
      }
      seen.drops = drops;
      if (a.io.engine.transport.name !== transports.at(-1)) await next(a.io.engine, "upgrade");
      seen.transport = a.io.engine.transport.name;
      for (const socket of [auth, a, b, custom]) socket.disconnect();
      return seen;
    }, { url: server.url, transports });
    assert.deepEqual(seen, {
      auth: { token: "t" },
      order: [true, true],
      binary: [[0, 30, 255], "blob", 2000],
      text: "ä漢😀",
      acks: Array.from({ length: 100 }, (_, i) => i),
      binaryAck: [7, 8],
      answered: [42],
      room: ["hello"],
      mine: 0,
      drops: 0,
      custom: { x: 1 },
      ids: true,
      refused: [["not you", { code: "unauthorized" }], ["Invalid namespace", undefined]],
      transport: transports.at(-1),
    });
    assert.deepEqual(page.problems, []);
    await page.close();
  });

  test(`${name}: comes back after the server was killed and started again`, async () => {
    await opened();
    const mortal = await start("conformance_server", "--ping-interval", "2000", "--ping-timeout", "2000");
    await page.evaluate(async ({ url, transports }) => {
      window.socket = await client(url, transports, { auth: { token: "t" } });
      window.gone = next(window.socket, "disconnect");
    }, { url: mortal.url, transports });
    await mortal.stop("SIGKILL");
    const [reason] = await page.evaluate(() => window.gone);
    assert.match(reason, /^transport (close|error)$/);
    const again = await start("conformance_server", "--port", String(mortal.port));
    assert.deepEqual(await page.evaluate(() => next(window.socket, "auth")), [{ token: "t" }]);
    assert.equal(await page.evaluate(() => window.socket.emitWithAck("message-with-ack", "again")), "again");
    await page.close();
    await again.stop();
  });
}

test("a page that is closed leaves at once", async () => {
  await opened();
  const feature = await start("feature_server", "--origin", "*");
  await page.evaluate(async ({ url }) => {
    window.socket = await client(url, ["polling"]);
  }, { url: feature.url });
  await page.close();
  const told = await feature.tells((line) => line.what === "disconnect");
  assert.match(told.reason, /^transport (close|error)$|^client namespace disconnect$/);
  await feature.stop();
});
