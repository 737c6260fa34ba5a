// Who gets in, who is thrown out and when, and what foreign pages may not do.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Tickwire, textMessage, until } from "../lib/programs.mjs";
import { onlySqlite } from "../lib/stores.mjs";

const api = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url)));
// Within a second of now, and as one who is thrown out: the stock client does not come back by itself.
async function thrownOut(socket, what) {
  const started = Date.now();
  assert.equal(await socket.why, "io server disconnect", what);
  assert.ok(Date.now() - started < 1_000, `${what}: after ${Date.now() - started} ms`);
}

describe("accounts while the server runs", () => {
  let server;
  before(async () => (server = await Tickwire.start({ users: {} })));
  after(() => server.kill());
  const user = async (args, input = "") => {
    const done = await server.command(["user", ...args], input);
    assert.equal(done.status, 0, done.log);
    return done;
  };
  const connected = async (token) => {
    const sockets = [await server.connected(token), await server.connected(token, { transports: ["polling"] })];
    for (const socket of sockets) socket.why = once(socket, "disconnect").then(([why]) => why);
    return sockets;
  };
  const loggedIn = async (name) => {
    await user(["add", name], `password-of-${name.toLowerCase()}`);
    const session = await server.login(name);
    return { ...session, sockets: await connected(session.token) };
  };
  const isOut = async (one, what) => {
    await Promise.all(one.sockets.map((socket) => thrownOut(socket, what)));
    assert.equal((await server.get("/me", one.token)).status, 401, what);
  };

  test("add, list, rename, role: at once, and nobody is thrown out", async () => {
    const cara = await loggedIn("Cara");
    await user(["rename", "Cara", "Carla"]);
    await user(["role", "carla", "admin"]);
    const me = await until(async () => {
      const { user: its } = (await server.get("/me", cara.token)).body;
      return its.name === "Carla" && its.role === "admin" && its;
    }, "the new name and role", { timeout: server.store.heardWithin });
    assert.equal(me.id, cara.user.id);
    const list = await user(["list"]);
    assert.match(list.out, /^admin +Carla$/m);
    assert.ok(cara.sockets.every((socket) => socket.connected));
    cara.sockets.forEach((socket) => socket.disconnect());
  });

  for (const [what, args, input] of [
    ["disable", (name) => ["disable", name], ""],
    ["a new password", (name) => ["password", name], "another-password-1"],
    ["remove", (name) => ["remove", name], ""],
  ])
    test(`${what} ends the person's sessions and sockets within a second, and nobody else's`, async () => {
      const bystander = await loggedIn(`By${what.length}`);
      const person = await loggedIn(`On${what.length}`);
      const changed = user(args(person.user.name), input);
      await changed;
      await isOut(person, what);
      assert.ok(bystander.sockets.every((socket) => socket.connected));
      assert.equal((await server.get("/me", bystander.token)).status, 200);
      const again = await server.post("/login", { username: person.user.name, password: `password-of-${person.user.name.toLowerCase()}` });
      assert.ok(again.status === 401 || again.body.code === "account_disabled", again.text);
      bystander.sockets.forEach((socket) => socket.disconnect());
    });

  test("who was disabled and enabled again logs in anew", async () => {
    const dan = await loggedIn("Dan");
    await user(["disable", "Dan"]);
    await isOut(dan, "disable");
    await user(["enable", "Dan"]);
    assert.equal((await server.get("/me", dan.token)).status, 401);
    assert.equal((await server.login("Dan")).user.name, "Dan");
  });

  test("logging out ends the sockets of that session only", async () => {
    const eva = await loggedIn("Eva");
    const other = await server.login("Eva");
    const socket = await server.connected(other.token);
    assert.equal((await server.post("/logout", undefined, eva.token)).status, 204);
    await isOut(eva, "logout");
    assert.ok(socket.connected);
    socket.disconnect();
  });

  test("a session's end ends its sockets within a second", { timeout: 20_000 }, async () => {
    const fay = await loggedIn("Fay");
    const inTwoSeconds = Date.now() + 2_000;
    await server.store.endSessionsAt(fay.user.id, inTwoSeconds);
    assert.deepEqual(await Promise.all(fay.sockets.map((socket) => socket.why)), ["io server disconnect", "io server disconnect"]);
    const late = Date.now() - inTwoSeconds;
    assert.ok(late > -300 && late < 1_000, `${late} ms after its end`);
    assert.equal((await server.get("/me", fay.token)).status, 401);
  });

  // Another program takes the sessions away and gives them back, of which nobody tells the server.
  const elsewhere = async () => {
    const other = await server.store.otherProgram(server.store.accounts);
    return {
      ...other,
      async goesAway(token) {
        await other.does("ALTER TABLE sessions RENAME TO elsewhere");
        other.isHeard();
        await until(async () => (await server.get("/me", token)).status === 503, "the store to be away");
      },
      comesBack: () => other.does("ALTER TABLE elsewhere RENAME TO sessions"),
    };
  };

  test("a session's end ends its sockets also while the store is away", { timeout: 30_000, skip: onlySqlite }, async () => {
    await user(["add", "Gus"], "password-of-gus");
    const gus = (await server.login("Gus")).user;
    const other = await elsewhere();
    const token = "g".repeat(43), end = Date.now() + 5_000;
    await other.does(`INSERT INTO sessions SELECT '${createHash("sha256").update(token).digest("hex")}', user_id, ${end} FROM sessions WHERE user_id = '${gus.id}'`);
    const sockets = await connected(token);
    await other.goesAway(token);
    assert.deepEqual(await Promise.all(sockets.map((socket) => socket.why)), ["io server disconnect", "io server disconnect"]);
    const late = Date.now() - end;
    assert.ok(late > -300 && late < 1_000, `${late} ms after its end`);
    await other.comesBack();
    await other.ends();
  });

  test("who was thrown out while the store was away is out soon after it is back", { timeout: 30_000, skip: onlySqlite }, async () => {
    const hal = await loggedIn("Hal");
    const other = await elsewhere();
    await other.goesAway(hal.token);
    await other.does(`DELETE FROM elsewhere WHERE user_id = '${hal.user.id}'`);
    await other.comesBack();
    const back = Date.now();
    assert.deepEqual(await Promise.all(hal.sockets.map((socket) => socket.why)), ["io server disconnect", "io server disconnect"]);
    assert.ok(Date.now() - back < 2_000, `${Date.now() - back} ms after the store is back`);
    await other.ends();
  });

  test("who sits at the command line may choose a weak password, and is warned", async () => {
    for (const args of [["add", "Ida"], ["password", "Ida"]]) assert.match((await user(args, "password1")).log, /Warning: .*somebody would guess/);
    assert.equal((await server.post("/login", { username: "Ida", password: "password1" })).status, 200);
    assert.doesNotMatch((await user(["password", "Ida"], "a long password of hers")).log, /Warning/);
  });

  test("the last administrator stays, unknown names and taken ones are said", async () => {
    for (const args of [["remove", "Carla"], ["disable", "Carla"], ["role", "Carla", "agent"]]) {
      const refused = await server.command(["user", ...args]);
      assert.equal(refused.status, 1);
      assert.match(refused.log, /last administrator/);
    }
    assert.match((await server.command(["user", "remove", "Nobody"])).log, /no user called "Nobody"/);
    assert.match((await server.command(["user", "rename", "Dan", "carla"])).log, /is called "carla" already/);
    assert.match((await server.command(["user", "password", "Dan"], "short")).log, /at least 8 characters/);
  });

  test("what is for administrators is refused to agents", async () => {
    const [agent, admin] = [await server.login("Dan"), await server.login("Carla", "password-of-cara")];
    const refused = await server.get("/metrics", agent.token);
    assert.deepEqual([refused.status, refused.body.code], [403, "admin_only"]);
    assert.match((await server.get("/metrics", admin.token)).text, /^tickwire_log_head \d+$/m);
  });
});

test("the link that makes the first administrator leaves no trace in a journal", async () => {
  const server = await Tickwire.start({ users: {} });
  const file = join(server.dataDir, "setup-link.txt");
  const link = await until(() => existsSync(file) && /\/setup\?token=([\w-]+)/.exec(readFileSync(file, "utf8")), "the link");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.match(server.child.log, /setup-link\.txt/);
  assert.ok(!server.child.log.includes(link[1]));
  const made = await server.post("/setup", { token: link[1], username: "Root", password: "a long password" });
  assert.equal(made.status, 201);
  assert.equal(existsSync(file), false, "it is of no use any more");
  assert.equal((await server.post("/setup", { token: link[1], username: "Eve", password: "a long password" })).status, 403);
  await server.kill();
});

describe("foreign pages", () => {
  let server, ana;
  before(async () => {
    server = await Tickwire.start({ env: { CORS_ORIGINS: "https://allowed.example" } });
    ana = await server.login("Ana");
  });
  after(() => server.kill());
  const login = { username: "Ana", password: "password-of-ana" };
  const changes = Object.entries(api.paths).filter(([path]) => path !== "/webhook").flatMap(([path, methods]) => Object.keys(methods).filter((method) => method !== "get").map((method) => [method.toUpperCase(), path.replace("{id}", "1")]));

  test("no change, login included, for a page from elsewhere, with cookie, token or nothing", async () => {
    assert.ok(changes.length >= 7);
    for (const [method, path] of changes)
      for (const headers of [{ origin: "https://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "https://evil.example", "sec-fetch-site": "cross-site" }])
        for (const who of [{}, { cookie: ana.cookie }, { authorization: `Bearer ${ana.token}` }]) {
          const answer = await server.request(method, path, { body: login, headers: { ...headers, ...who } });
          assert.deepEqual([answer.status, answer.body.code], [403, "foreign_origin"], `${method} ${path} ${JSON.stringify(headers)}`);
          assert.equal(answer.headers.get("set-cookie"), null);
        }
  });

  test("no change by what a form can send", async () => {
    for (const [method, path] of changes)
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", "text/plain; application/json"]) {
        const answer = await server.request(method, path, { body: login, token: ana.token, headers: { "content-type": type } });
        assert.deepEqual([answer.status, answer.body.code], [415, "json_needed"], `${method} ${path} ${type}`);
        assert.match(answer.body.detail, /application\/json/);
      }
  });

  test("our own page, pages that were allowed, and programs go on working", async () => {
    for (const headers of [{}, { origin: server.url }, { origin: "https://allowed.example" }, { origin: server.url, "sec-fetch-site": "same-origin" }, { "content-type": "Application/JSON; charset=utf-8" }])
      assert.equal((await server.post("/login", login, undefined, headers)).status, 200, JSON.stringify(headers));
    // A program that says nothing about its body.
    const raw = await exchange(server.port, `POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${JSON.stringify(login).length}\r\n\r\n${JSON.stringify(login)}`);
    assert.match(raw, /^HTTP\/1.1 200 /);
    assert.equal((await server.post("/logout", undefined, (await server.login("Ana")).token)).status, 204);
  });
});

// Bytes out, and everything that comes back until the end.
function exchange(port, bytes) {
  return new Promise((done, failed) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.setEncoding("latin1").on("data", (piece) => (text += piece)).on("end", () => done(text)).on("error", failed);
  });
}

test("every answer tells browsers what not to do with it", async () => {
  const server = await Tickwire.start({ env: { COOKIE_SECURE: "always" } });
  const ana = await server.login("Ana");
  const get = (path, more = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`;
  const bearer = `Authorization: Bearer ${ana.token}\r\n`;
  const requests = [
    ...Object.entries(api.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace("{id}", "1")} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${path === "/logout" ? "" : bearer}Content-Length: 0\r\n\r\n`)),
    ...Object.keys(api.paths).map((path) => get(path.replace("{id}", "1"))), // mostly 401
    get("/"), get("/c/1"), get("/favicon.svg"), get("/openapi.json"), get("/nothing/here"),
    "DELETE /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", // 405
    "OPTIONS /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n", // 413
    "rubbish\r\n\r\n", // 400
    get("/", `X: ${"x".repeat(20_000)}\r\n`), // 431
    "POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", // 501
    get("/socket.io/?EIO=4&transport=polling"),
    get("/socket.io/?EIO=3&transport=polling"),
    get("/socket.io/?EIO=4&transport=polling&sid=unknown"),
    get("/socket.io/?EIO=4&transport=websocket", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n").replace("Connection: close\r\n", ""),
  ];
  const statuses = new Set();
  for (const request of requests) {
    const socket = connect(server.port, "127.0.0.1", () => socket.write(request));
    let text = "";
    socket.setEncoding("latin1").on("data", (piece) => (text += piece));
    await until(() => text.includes("\r\n\r\n"), `an answer to ${request.split("\r\n")[0]}`);
    socket.destroy();
    const [status, ...lines] = text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");
    statuses.add(status.split(" ")[1]);
    const headers = lines.map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]);
    const the = (name) => {
      const all = headers.filter(([its]) => its.toLowerCase() === name);
      assert.equal(all.length, 1, `${name}, once: ${request.split("\r\n")[0]} → ${status}`);
      return all[0][1];
    };
    assert.equal(the("x-content-type-options"), "nosniff");
    assert.equal(the("referrer-policy"), "no-referrer");
    assert.equal(the("x-frame-options"), "DENY");
    assert.equal(the("cross-origin-opener-policy"), "same-origin");
    assert.equal(the("cross-origin-resource-policy"), "same-origin");
    assert.match(the("permissions-policy"), /camera=\(\)/);
    assert.match(the("strict-transport-security"), /max-age=63072000/);
    const policy = the("content-security-policy");
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|ws:/);
    assert.match(the("cache-control"), /^no-store$|^no-cache$|immutable/);
    assert.equal(headers.some(([name]) => name.toLowerCase() === "server"), false);
  }
  for (const status of ["200", "101", "204", "400", "401", "404", "405", "413", "431", "501"]) assert.ok(statuses.has(status), `${status} was seen: ${[...statuses]}`);
  const page = await server.get("/");
  assert.match(page.headers.get("content-security-policy"), /script-src 'self'; style-src 'self'; .*connect-src 'self';/);
  await server.kill();

  const plain = await Tickwire.start();
  assert.equal((await plain.get("/healthz")).headers.get("strict-transport-security"), null, "only behind TLS");
  const behind = await plain.request("GET", "/", { headers: { "x-forwarded-proto": "https" } });
  assert.match(behind.headers.get("strict-transport-security"), /max-age/);
  await plain.kill();
});

describe("strangers", () => {
  let server, ana;
  before(async () => {
    server = await Tickwire.start({ env: { TRUSTED_PROXIES: "127.0.0.1" } });
    ana = await server.login("Ana");
  });
  after(() => server.kill());

  test("names and passwords that are too long are told so, and cost nothing", async () => {
    assert.equal((await server.post("/login", { username: "n".repeat(250_000), password: "x" })).status, 413);
    for (const body of [{ username: "n".repeat(65), password: "x" }, { username: "Ana", password: "p".repeat(129) }]) assert.equal((await server.post("/login", body)).status, 400);
    assert.equal((await server.post("/login", { username: "n".repeat(64), password: "x" })).status, 401);
  });

  test("a flood from elsewhere does not keep a person out; its own address waits, with when", async () => {
    const from = (address) => ({ "x-forwarded-for": address });
    const device = (await server.post("/login", { username: "Ben", password: "password-of-ben" }, undefined, from("192.0.2.10"))).headers.getSetCookie().find((one) => one.startsWith("tickwire_device=")).split(";")[0];
    const tried = await Promise.all(Array.from({ length: 60 }, () => server.post("/login", { username: "Ben", password: "wrong" }, undefined, from("198.51.100.1"))));
    assert.ok(tried.some((one) => one.status === 429 && Number(one.headers.get("retry-after")) >= 1));
    assert.ok(tried.every((one) => [401, 429, 503].includes(one.status)));
    // From where they always come, and from the attacker's own network with the device they always use.
    assert.equal((await server.post("/login", { username: "Ben", password: "password-of-ben" }, undefined, from("192.0.2.10"))).status, 200);
    assert.equal((await server.post("/login", { username: "Ben", password: "password-of-ben" }, undefined, { ...from("198.51.100.1"), cookie: device })).status, 200);
    // One /64 is one customer of a provider.
    const six = [];
    for (let i = 0; i < 24; i++) six.push(await server.post("/login", { username: "Ana", password: "wrong" }, undefined, from(`2001:db8:1:2::${i + 1}`)));
    assert.ok(six.some((one) => one.status === 429));
  });

  test("bodies that never end give way to those that do, with 503 and when to try again", { timeout: 60_000 }, async () => {
    const refused = [];
    const slow = await Promise.all(Array.from({ length: 12 }, async () => {
      const socket = connect(server.port, "127.0.0.1");
      socket.on("error", () => {}).setEncoding("latin1").on("data", (piece) => refused.push(piece));
      await once(socket, "connect");
      socket.write(`POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: ${4 * 1024 * 1024}\r\n\r\n`);
      socket.write(Buffer.alloc(4 * 1024 * 1024 - 100)); // 48 MiB together, more than the 32 that may be in flight
      return socket;
    }));
    await until(() => refused.length >= 4, "some were refused");
    for (const text of refused) assert.match(text, /^HTTP\/1.1 503 .*Retry-After: 1\r\n/s);
    assert.ok(refused.length < 12, "no more than needed");
    for (let i = 0; i < 20; i++) assert.equal((await server.webhook(textMessage(`wamid.between.${i}`, "15550000811", "x".repeat(3_000)))).status, 200);
    assert.equal((await server.webhook(textMessage("wamid.between.large", "15550000811", "x", { extra: "y".repeat(3_000_000) }))).status, 200);
    slow.forEach((socket) => socket.destroy());
  });

  test("bad signatures are counted, and logged once in a while", async () => {
    const before = await server.metric("tickwire_webhooks_bad_signature_total");
    for (let i = 0; i < 300; i++) assert.equal((await server.webhook("{}", { signature: "sha256=" + "0".repeat(64) })).status, 401);
    assert.equal((await server.metric("tickwire_webhooks_bad_signature_total")) - before, 300);
    assert.equal(server.child.log.split("\n").filter((line) => line.includes("signature")).length, 1);
  });

  test("a storm of /readyz writes no more than a few times", { skip: onlySqlite }, async () => {
    const wal = () => statSync(join(server.dataDir, "inbox-100000000000001.db-wal")).size;
    const ask = () => Promise.all(Array.from({ length: 50 }, () => server.get("/readyz")));
    await ask();
    const before = wal(), started = Date.now();
    for (let i = 0; i < 20; i++) for (const one of await ask()) assert.equal(one.status, 200);
    const pages = (wal() - before) / 4096;
    assert.ok(pages <= 40 + 4 * (Date.now() - started) / 1000, `${pages} pages for 1,000 questions`);
  });
});
