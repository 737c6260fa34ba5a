// What a stranger, a foreign page or a curious colleague must not get. docs/security.md names these tests.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Tickwire, fakeGraph, inbox, secrets, sign, textMessage, until } from "../lib/programs.mjs";

const api = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url)));
let server, graph, ana, ben;
before(async () => {
  graph = await fakeGraph();
  server = await Tickwire.start({ graph: graph.url, env: { CORS_ORIGINS: "https://allowed.example" } });
  ana = await server.login("Ana");
  ben = await server.login("Ben");
});
after(async () => {
  await server.kill();
  graph.close();
});

let counter = 0;
async function chatWith(phone = `1555600${String(++counter).padStart(4, "0")}`) {
  assert.equal((await server.webhook(textMessage(`wamid.first.${phone}`, phone, "hello"))).status, 200);
  return phone;
}

// An answer to bytes as they are: clients of Node tidy up what they send.
async function raw(head, { to = server, body = "" } = {}) {
  const socket = connect(to.port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (piece) => (text += piece));
  socket.write(`${head}\r\nHost: 127.0.0.1:${to.port}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await once(socket, "close");
  const [line, ...headers] = text.split("\r\n\r\n")[0].split("\r\n");
  return { status: Number(line.split(" ")[1]), headers: headers.map((header) => header.toLowerCase()), body: text.split("\r\n\r\n").slice(1).join("\r\n\r\n"), text };
}

// Every answer we can think of: of each route, for a stranger and for Ana, right and wrong, and of the page.
async function everyAnswer(to = server, who = ana) {
  const chat = `1555699${String(++counter).padStart(4, "0")}`;
  await to.webhook(textMessage(`wamid.every.${chat}`, chat, "hello"));
  const answers = [];
  const ask = async (method, path, options) => answers.push({ what: `${method} ${path}`, path, ...(await to.request(method, path, options)) });
  for (const [path, methods] of Object.entries(api.paths))
    for (const method of Object.keys(methods)) {
      const full = path.replace("{id}", chat);
      await ask(method.toUpperCase(), full, { body: method === "post" ? "{}" : undefined });
      if (path !== "/logout") await ask(method.toUpperCase(), full, { token: who.token, body: method === "post" ? "{}" : undefined });
    }
  for (const path of ["/messages", "/chats", "/contacts", "/users", "/me", `/messages?chatId=${chat}`, "/messages?limit=x", "/no-such-thing"]) await ask("GET", path, { token: who.token });
  await ask("POST", "/send-message", { token: who.token, body: { chatId: chat, text: "hi" } });
  await ask("POST", "/send-message", { token: who.token, body: "{broken" });
  await ask("DELETE", "/messages", { token: who.token });
  await ask("OPTIONS", "/messages", { headers: { origin: "https://evil.example" } });
  await ask("OPTIONS", "/messages", { headers: { origin: "https://allowed.example" } });
  await ask("POST", "/send-message", { headers: { cookie: who.cookie, origin: "https://evil.example" }, body: { chatId: chat, text: "hi" } });
  await ask("POST", "/webhook", { body: "{}" });
  const page = await to.request("GET", "/");
  for (const path of ["/", "/login", "/c/1", ...page.text.matchAll(/\/assets\/[^"]+/g)].map(String)) await ask("GET", path);
  await ask("GET", "/", { headers: { "if-none-match": page.headers.get("etag") } });
  await ask("GET", "/socket.io/?EIO=4&transport=polling");
  await ask("GET", "/socket.io/?EIO=4&transport=carrier-pigeon");
  assert.ok(answers.length > 50);
  return answers;
}

describe("sessions", () => {
  test("the cookie is for the server only, for our own pages only, and for nobody's subdomain", async () => {
    const cookies = (await server.post("/login", { username: "Ana", password: "password-of-ana" })).headers.getSetCookie();
    assert.deepEqual(cookies.map((cookie) => cookie.split("=")[0]), ["tickwire_session", "tickwire_device"]);
    for (const cookie of cookies) {
      const [value, ...attributes] = cookie.split("; ");
      assert.match(value, /^tickwire_(session|device)=[\w-]{43}$/);
      assert.deepEqual(attributes.filter((one) => !one.startsWith("Max-Age=")).sort(), ["HttpOnly", "Path=/", "SameSite=Lax"]);
    }
  });

  test("a token that somebody chose never becomes a session; each login has its own, of 258 random bits", async () => {
    const chosen = "A".repeat(43);
    const cookie = `tickwire_session=${chosen}`;
    const tokens = [];
    for (let i = 0; i < 20; i++) tokens.push((await server.post("/login", { username: "Ben", password: "password-of-ben", token: chosen }, undefined, { cookie })).body.token);
    assert.equal((await server.request("GET", "/me", { headers: { cookie } })).status, 401);
    assert.equal(new Set([...tokens, chosen]).size, 21);
    for (const token of tokens) assert.match(token, /^[\w-]{43}$/);
    // No place of the token is always the same.
    for (let i = 0; i < 43; i++) assert.ok(new Set(tokens.map((token) => token[i])).size > 1, `character ${i}`);
  });

  test("a session is never taken from an address", async () => {
    for (const path of [`/me?token=${ana.token}`, `/me?access_token=${ana.token}`, `/messages?authorization=Bearer%20${ana.token}`, `/me?tickwire_session=${ana.token}`]) assert.equal((await server.get(path)).status, 401, path);
    const socket = server.socket(undefined, { auth: {}, query: { token: ana.token }, reconnection: false });
    const [error] = await once(socket, "connect_error");
    assert.equal(error.data.code, "unauthorized");
    socket.disconnect();
  });

  test("a part of a token, or a token with more, is nobody's", async () => {
    for (const token of [ana.token.slice(0, -1), `${ana.token}A`, ana.token.toLowerCase(), ana.token.slice(1), `${ana.token}\u00e9`.slice(0, 44), "%"]) {
      const answer = await raw(`GET /me HTTP/1.1\r\nAuthorization: Bearer ${token}`);
      if (token !== ana.token) assert.equal(answer.status, 401, token);
    }
    assert.equal((await server.request("GET", "/me", { headers: { cookie: `xtickwire_session=${ana.token}` } })).status, 401);
  });

  test("a foreign page opens no socket, whatever cookie the browser adds and whatever token it knows", async () => {
    for (const transports of [["websocket"], ["polling"]]) {
      for (const auth of [{}, { token: ana.token }]) {
        const socket = server.socket(undefined, { auth, transports, reconnection: false, extraHeaders: { cookie: ana.cookie, origin: "https://evil.example" } });
        await once(socket, "connect_error");
        assert.equal(socket.events.length, 0);
        socket.disconnect();
      }
    }
  });

  test("there is no account that nobody made", async () => {
    const empty = await Tickwire.start({ users: {} });
    for (const name of ["admin", "root", "Admin", "tickwire", "user", ""]) for (const password of ["admin", "root", "password", "tickwire", ""]) assert.equal((await empty.post("/login", { username: name, password })).status, 401, name);
    for (const token of ["", "null", "A".repeat(32)]) assert.equal((await empty.post("/setup", { token, username: "Eve", password: "a long password" })).status, 403);
    await empty.kill();
  });
});

describe("sessions that end, cookies that are ours", () => {
  test("a login ends the session that the browser had before, its sockets too", async () => {
    const first = await server.login("Ana");
    const socket = await server.connected(first.token, { reconnection: false });
    const gone = once(socket, "disconnect");
    const wrong = await server.post("/login", { username: "Ben", password: "wrong" }, undefined, { cookie: first.cookie });
    assert.equal(wrong.status, 401);
    assert.equal((await server.get("/me", first.token)).status, 200, "only a login that succeeds");
    const second = await server.post("/login", { username: "Ben", password: "password-of-ben" }, undefined, { cookie: first.cookie });
    assert.equal(second.status, 200);
    await gone;
    assert.equal((await server.get("/me", first.token)).status, 401);
    assert.equal((await server.get("/me", second.body.token)).body.user.name, "Ben");
    assert.equal((await server.get("/me", ana.token)).status, 200, "no other session");
  });

  test("behind TLS no neighbour can plant our cookies: they have the prefix for it", async () => {
    const secure = await Tickwire.start({ env: { PUBLIC_URL: "https://inbox.example" } });
    const cookies = (await secure.post("/login", { username: "Ana", password: "password-of-ana" })).headers.getSetCookie();
    assert.deepEqual(cookies.map((cookie) => cookie.split("=")[0]), ["__Host-tickwire_session", "__Host-tickwire_device"]);
    for (const cookie of cookies) {
      const attributes = cookie.split("; ").slice(1).filter((one) => !one.startsWith("Max-Age="));
      assert.deepEqual(attributes.sort(), ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
    }
    const cookie = cookies[0].split(";")[0];
    const planted = (await secure.login("Ben")).token;
    const me = await secure.request("GET", "/me", { headers: { cookie: `tickwire_session=${planted}; ${cookie}` } });
    assert.equal(me.body.user.name, "Ana");
    const socket = secure.socket(undefined, { auth: {}, reconnection: false, extraHeaders: { cookie, origin: "https://inbox.example" } });
    await once(socket, "connect");
    socket.disconnect();
    const out = await secure.post("/logout", undefined, undefined, { cookie, origin: "https://inbox.example" });
    assert.match(out.headers.get("set-cookie"), /^__Host-tickwire_session=; .*Max-Age=0/);
    await secure.kill();
  });
});

describe("passwords", () => {
  test("are compared as they are: every character counts, to the last", async () => {
    const long = `${"correct horse battery staple ".repeat(4)}Zoë`;
    for (const [name, password] of [["Lena", long], ["Spacy", "  two spaces around  "], ["Mixed", "CamelCaseWords"]]) {
      await server.addUser(name, password);
      assert.equal((await server.post("/login", { username: name, password })).status, 200, name);
      for (const other of [password.slice(0, -1), `${password}x`, password.toLowerCase(), password.trim().slice(0, 72), password.normalize("NFD")])
        if (other !== password) assert.equal((await server.post("/login", { username: name, password: other })).status, 401, other);
    }
  });

  test("of 64 letters are taken, of 7 are not; nothing is asked of their kind", async () => {
    await server.addUser("Sixtyfour", "abcdefgh ".repeat(8).slice(0, 64));
    await server.addUser("Emojis", "\u{1f511}".repeat(64));
    assert.equal((await server.post("/login", { username: "Emojis", password: "\u{1f511}".repeat(64) })).status, 200);
    await server.addUser("Digits", "7295018364");
    await assert.rejects(server.addUser("Short", "short77"), /at least 8/);
  });
});

describe("what is kept", () => {
  test("of a password is only its argon2id hash, slow enough and different for the same password", async () => {
    await server.addUser("Twin", "password-of-ana");
    const hashes = await server.store.passwordHashes();
    assert.ok(hashes.length > 2);
    for (const hash of hashes) {
      // OWASP's least: 19 MiB, two passes.
      const [, memory, passes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$[\w+/]{20,}\$[\w+/]{40,}\0*$/.exec(hash) ?? [];
      assert.ok(Number(memory) >= 19 * 1024 && Number(passes) >= 2, hash);
    }
    assert.equal(new Set(hashes).size, hashes.length);
  });

  test("of a session is only the hash of its token", async () => {
    const everything = JSON.stringify(await server.store.sessions());
    assert.ok(everything.length > 100);
    for (const { token } of [ana, ben]) assert.ok(!everything.includes(token));
    const stored = await server.store.bytes();
    for (const secret of [ana.token, ben.token, "password-of-ana", ...Object.values(secrets)]) assert.ok(!stored.some((bytes) => bytes.includes(secret)), secret);
  });

  test("when a session cannot be kept, nobody is let in", { timeout: 60_000 }, async () => {
    const giveBack = await server.store.refuseSessions();
    const refused = await server.post("/login", { username: "Ana", password: "password-of-ana" });
    assert.equal(refused.status, 503);
    assert.deepEqual([refused.headers.get("set-cookie"), refused.body.token, refused.body.user], [null, undefined, undefined]);
    assert.equal((await server.post("/login", { username: "Ana", password: "wrong" })).status, 401);
    await giveBack();
    await server.login("Ana");
  });
});

describe("pages of others", () => {
  test("no answer tells a foreign page anything: no origin is allowed that was not named", async () => {
    for (const origin of ["https://evil.example", "null", "https://allowed.example.evil.example", "http://allowed.example", "https://allowed.example:8443", "https://ALLOWED.example.", server.url.replace("127.0.0.1", "localhost")])
      for (const [method, path] of [["GET", "/me"], ["GET", "/messages"], ["GET", "/info"], ["POST", "/login"], ["OPTIONS", "/messages"], ["GET", "/"], ["GET", "/socket.io/?EIO=4&transport=polling"]]) {
        const answer = await server.request(method, path, { headers: { origin, cookie: ana.cookie }, body: method === "POST" ? "{}" : undefined });
        for (const name of ["access-control-allow-origin", "access-control-allow-credentials"]) assert.equal(answer.headers.get(name), null, `${method} ${path} for ${origin}`);
      }
    for (const path of ["/me", "/messages", "/socket.io/?EIO=4&transport=polling"]) {
      const answer = await server.request("GET", path, { headers: { origin: "https://allowed.example" } });
      assert.equal(answer.headers.get("access-control-allow-origin"), "https://allowed.example", path);
      assert.match(answer.headers.get("vary"), /origin/i, path);
    }
  });

  test("asking changes nothing: what changes something is no GET, and no other method can be pretended", async () => {
    for (const [path, methods] of Object.entries(api.paths)) {
      if (!methods.post || methods.get || ["/login", "/setup"].includes(path)) continue; // the last two are pages as well
      const asked = await server.get(path.replace("{id}", "1"), ana.token);
      assert.equal(asked.status, 405, path);
      assert.match(asked.headers.get("allow"), /POST/, path);
    }
    for (const headers of [{ "x-http-method-override": "POST" }, { "x-method-override": "POST" }, { "x-http-method": "POST" }]) assert.equal((await server.request("GET", "/logout", { token: ana.token, headers })).status, 405);
    assert.equal((await server.get("/me", ana.token)).status, 200);
  });

  test("no answer sends anybody elsewhere", async () => {
    for (const answer of await everyAnswer()) assert.ok(answer.status < 300 || answer.status === 304 || answer.status >= 400, `${answer.what}: ${answer.status}`);
    for (const target of ["//evil.example/", "/%2f%2fevil.example", "/login?next=https://evil.example", "/c/..//evil.example", "/\\evil.example"]) {
      const answer = await raw(`GET ${target} HTTP/1.1`);
      assert.ok(!answer.headers.some((header) => header.startsWith("location:")), target);
    }
  });
});

describe("answers", () => {
  test("with data are never kept by a browser or a proxy; files with their hash in the name are", async () => {
    for (const { what, path, status, text, headers } of await everyAnswer()) {
      if (status === 204 || /^\/(assets|c)\//.test(path) || ["/", "/login", "/openapi.json"].includes(path)) continue;
      if (path.startsWith("/socket.io/") && status === 400) continue; // the library's refusals, which hold nothing
      assert.match(headers.get("cache-control") ?? "", /no-store/, `${what} ${status} ${text.slice(0, 40)}`);
    }
    const page = await server.request("GET", "/");
    assert.equal(page.headers.get("cache-control"), "no-cache");
  });

  test("say what they are, texts with their character set", async () => {
    for (const { what, status, text, headers } of await everyAnswer()) {
      if (!text) continue;
      const type = headers.get("content-type");
      assert.ok(type, `${what} ${status}`);
      if (type.startsWith("text/") && !/css|javascript/.test(type)) assert.match(type, /charset=utf-8/i, `${what} ${status}: ${type}`);
      if (type.includes("json")) JSON.parse(text);
    }
  });

  test("tell nothing of what is inside: no software, no versions, no files, no statements, no stack", async () => {
    const inside = /boost|beast|sqlite|openssl|libsodium|spdlog|asio|std::|exception|stack|0x[0-9a-f]{6}|\bSELECT\b|\bINSERT\b|\/(src|usr|home|tmp|var|work|etc)\/|\.cpp|\.hpp|debian/i;
    const answers = await everyAnswer();
    for (const { what, path, text, headers } of answers) {
      for (const name of ["server", "x-powered-by", "via", "x-aspnet-version"]) assert.equal(headers.get(name), null, `${what}: ${name}`);
      if (path.startsWith("/assets/") || path === "/openapi.json") continue; // the page's own words
      assert.doesNotMatch(text, inside, what);
    }
    for (const bytes of ["GET / HTTP/9.9", "GET /%zz HTTP/1.1", "G\u0001T / HTTP/1.1", `GET /${"a".repeat(20_000)} HTTP/1.1`, "GET /messages?limit=%00%ff HTTP/1.1"]) {
      const broken = await raw(bytes);
      assert.ok(broken.status >= 400 || bytes.includes("%zz"), bytes.slice(0, 30));
      assert.doesNotMatch(broken.text, inside, bytes.slice(0, 30));
      assert.ok(!broken.headers.some((header) => header.startsWith("server:")));
    }
  });

  test("of people hold no more than a colleague may know", async () => {
    const { users } = (await server.get("/users", ben.token)).body;
    for (const user of users) assert.deepEqual(Object.keys(user).sort(), ["id", "lastSeen", "name", "online", "role"]);
    assert.doesNotMatch(JSON.stringify(users), /argon2|\$|hash/);
  });
});

describe("requests", () => {
  test("methods that nobody needs are refused; TRACE echoes nothing", async () => {
    for (const method of ["TRACE", "TRACK", "DEBUG", "PUT", "DELETE", "PROPFIND", "LINK", "PURGE", "get", "FOO"])
      for (const path of ["/", "/messages", "/login", "/no-such-thing", "/socket.io/?EIO=4&transport=polling"]) {
        const answer = await raw(`${method} ${path} HTTP/1.1\r\nX-Canary: a-canary-header\r\nCookie: tickwire_session=${ana.token}`);
        assert.ok(answer.status >= 400 && answer.status < 600, `${method} ${path}: ${answer.status}`);
        assert.ok(!answer.body.includes("a-canary-header") && !answer.body.includes(ana.token), `${method} ${path}`);
      }
    for (const target of ["example.org:443", "127.0.0.1:22"]) assert.ok((await raw(`CONNECT ${target} HTTP/1.1`)).status >= 400);
    // RFC 9112 has servers take the absolute form: the answer is ours, whoever is named.
    const ours = (await raw("GET / HTTP/1.1")).body;
    assert.equal((await raw("GET http://example.org/ HTTP/1.1")).body, ours, "no proxy");
    assert.equal((await raw("GET http://169.254.169.254/latest/meta-data HTTP/1.1")).status, 404, "no proxy");
  });

  test("no address leads to files, out of the page's or beside them, and no folder is listed", async () => {
    const stolen = /root:|SQLite format|WHATSAPP_|\[core\]|"dependencies"|Index of/;
    for (const target of [
      "/../../../../etc/passwd", "/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/%252e%252e%252fetc/passwd", "/assets/../../etc/passwd", "/assets/..%5c..%5cetc%5cpasswd",
      "/....//....//etc/passwd", "//etc/passwd", "/file:///etc/passwd", "/assets", "/assets/", "/assets/.", "/.", "/.git/config", "/.git/HEAD", "/.env", "/%2eenv", "/.svn/entries", "/data", "/data/",
      "/accounts.db", `/inbox-${inbox}.db`, "/data/accounts.db", "/package.json", "/index.html.map", "/index.html%00.txt", "/src/main.tsx", "/docs/", "/server-status", "/debug", "/actuator", "/swagger",
    ]) {
      const answer = await raw(`GET ${target} HTTP/1.1\r\nAuthorization: Bearer ${ana.token}`);
      assert.ok([400, 404].includes(answer.status), `${target}: ${answer.status}`);
      assert.doesNotMatch(answer.text, stolen, target);
    }
    const page = await server.request("GET", "/");
    for (const [asset] of page.text.matchAll(/\/assets\/[^"]+/g)) assert.equal((await server.request("GET", `${asset}.map`)).status, 404, "no source maps");
  });

  test("a header that says who somebody is stands there once", async () => {
    for (const lines of [["Authorization: Bearer x", `Authorization: Bearer ${ana.token}`], [`Authorization: Bearer ${ana.token}`, "authorization: Bearer x"]]) {
      const answer = await raw(`GET /me HTTP/1.1\r\n${lines.join("\r\n")}`);
      assert.deepEqual([answer.status, JSON.parse(answer.body).code], [400, "header_twice"]);
    }
    for (const line of [`Origin: ${server.url}\r\nOrigin: https://evil.example`, "Content-Type: application/json\r\nContent-Type: text/plain", "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site"])
      assert.equal((await raw(`POST /logout HTTP/1.1\r\nAuthorization: Bearer ${ana.token}\r\n${line}`)).status, 400, line);
    const body = "{}";
    const hooked = await raw(`POST /webhook HTTP/1.1\r\nX-Hub-Signature-256: ${sign(body)}\r\nX-Hub-Signature-256: sha256=${"0".repeat(64)}`, { body });
    assert.equal(hooked.status, 400);
    assert.equal((await server.get("/me", ana.token)).status, 200);
  });

  test("behind a proxy that adds a line of its own, nobody chooses the address that is held against them", async () => {
    const behind = await Tickwire.start({ env: { TRUSTED_PROXIES: "127.0.0.1", LOGIN_FREE_FAILURES: "3" } });
    const body = JSON.stringify({ username: "Ana", password: "wrong" });
    const statuses = [];
    for (let i = 0; i < 6; i++) statuses.push((await raw(`POST /login HTTP/1.1\r\nX-Forwarded-For: 198.51.100.${i}\r\nX-Forwarded-For: 203.0.113.9`, { to: behind, body })).status);
    assert.ok(statuses.includes(429), String(statuses));
    await behind.kill();
  });

  test("members that are not the client's to say change nothing", async () => {
    const chat = await chatWith();
    const forged = { id: "m_forged", senderId: ben.user.id, status: "read", direction: "in", seq: 1, createdAt: "2001-01-01T00:00:00.000Z", whatsappMessageId: "wamid.forged", attempt: 9, userId: ben.user.id, __proto__: { role: "admin" } };
    const sent = await server.post("/send-message", { ...forged, chatId: chat, text: "mine" }, ana.token);
    assert.equal(sent.status, 201);
    assert.deepEqual([sent.body.senderId, sent.body.direction, sent.body.status], [ana.user.id, "out", "sending"]);
    for (const name of ["id", "seq", "createdAt", "whatsappMessageId", "attempt"]) assert.notEqual(sent.body[name], forged[name], name);
    const again = await server.post("/login", { username: "Ana", password: "password-of-ana", role: "admin", user: { role: "admin" }, id: ben.user.id });
    assert.deepEqual([again.body.user.id, again.body.user.role], [ana.user.id, "agent"]);
    const before_ = (await server.get("/chats", ana.token)).body.chats.find((one) => one.id === chat);
    await server.post("/contacts", { phone: `+${chat}`, name: "Renamed", userId: "US.1", unread: 99, kind: "group", windowEndsAt: "2099-01-01T00:00:00.000Z" }, ana.token);
    const after_ = (await server.get("/chats", ana.token)).body.chats.find((one) => one.id === chat);
    assert.deepEqual([after_.kind, after_.unread, after_.windowEndsAt], [before_.kind, before_.unread, before_.windowEndsAt]);
  });

  test("texts that are code to databases, shells, templates and pages stay texts", async () => {
    const chat = await chatWith();
    const texts = ["'; DROP TABLE messages; --", '" OR "1"="1', "${jndi:ldap://127.0.0.1:1/a}", "{{7*7}}", "<%= 7*7 %>", "$(touch /tmp/owned) `id`", "%s%n%x%d {} {0}", "<script>alert(1)</script>", "\\u003cb\\u003e", "=1+1", "\u2028\u2029", "]]>&lt;"];
    for (const text of texts) {
      const sent = await server.post("/send-message", { chatId: chat, text }, ana.token);
      assert.deepEqual([sent.status, sent.body.text], [201, text]);
    }
    const rows = await server.messages(ana.token, chat);
    assert.deepEqual(rows.slice(1).map((row) => row.text), texts);
    await until(() => graph.ledger.filter((post) => post.body.to === `+${chat}`).length === texts.length, "all sent");
    assert.deepEqual(graph.ledger.filter((post) => post.body.to === `+${chat}`).map((post) => post.body.text.body), texts);
    for (const id of texts) {
      assert.equal((await server.get(`/messages?chatId=${encodeURIComponent(id)}`, ana.token)).status, 404, id);
      assert.ok([401, 429].includes((await server.post("/login", { username: id, password: id })).status), id);
    }
  });

  test("only Meta's address is ever asked, at the one path, whatever people and webhooks say", async () => {
    const chat = await chatWith();
    for (const text of ["http://169.254.169.254/", "https://evil.example/x.png"]) await server.post("/send-message", { chatId: chat, text, to: "http://evil.example", url: "http://evil.example" }, ana.token);
    await server.webhook(textMessage(`wamid.link.${chat}`, chat, "", { type: "image", image: { id: "http://127.0.0.1:1/", url: `${graph.url}/stolen`, link: `${graph.url}/stolen`, mime_type: "image/png" } }));
    await until(() => graph.ledger.filter((post) => post.body.to === `+${chat}`).length === 2, "sent");
    for (const post of graph.ledger) assert.equal(post.url, `/v25.0/${inbox}/messages`);
  });
});

describe("the log", () => {
  test("a line is a line: with a time in UTC and a level, whatever strangers send", async () => {
    const forged = "\n2026-01-01T00:00:00.000Z info a line that nobody wrote\r\n\u001b[31mred\u0000";
    await server.post("/login", { username: forged, password: forged });
    await server.webhook(textMessage(`wamid.${forged}`, forged, forged, { type: forged }));
    await server.request("POST", "/webhook", { body: forged, headers: { "x-hub-signature-256": "sha256=%0aforged" } });
    await raw(`GET /\u001b[31m HTTP/1.1\r\nOrigin: ${encodeURIComponent(forged)}`);
    const socket = server.socket(forged, { reconnection: false });
    await once(socket, "connect_error");
    socket.disconnect();
    for (const line of server.child.log.split("\n").filter(Boolean)) {
      assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning|error) /, line);
      assert.doesNotMatch(line, /^.{25,40}a line that nobody wrote|[\u0000-\u001f]/, line);
    }
  });

  test("holds no secret, no token, no password, and no text, name or number of a customer", async () => {
    const phone = await chatWith("15556417593");
    await server.webhook(textMessage("wamid.private", phone, "a very private text"));
    await server.post("/send-message", { chatId: phone, text: "a private answer" }, ana.token);
    await server.post("/login", { username: "Ana", password: "a wrong canary password" });
    for (const canary of [...Object.values(secrets), ana.token, ben.token, phone, "a very private text", "a private answer", "password-of-ana", "a wrong canary password", "Customer 593"]) assert.ok(!server.child.log.includes(canary), canary);
    for (const name of readdirSync(server.dataDir)) assert.ok(!/\.log$/.test(name), name);
  });

  test("says who came in and who was refused, and from where; strangers fill it no faster than a line a minute", async () => {
    const noisy = await Tickwire.start({ env: { TRUSTED_PROXIES: "127.0.0.1" } });
    const from = { "x-forwarded-for": "203.0.113.7" };
    const entered = await noisy.post("/login", { username: "Ana", password: "password-of-ana" }, undefined, from);
    for (let i = 0; i < 30; i++) {
      await noisy.post("/login", { username: "Ben", password: "wrong" }, undefined, from);
      await noisy.post("/login", { username: "Ben", password: "wrong" }, undefined, { ...from, origin: "https://evil.example" });
    }
    await noisy.post("/logout", undefined, entered.body.token);
    const lines = (pattern) => noisy.child.log.split("\n").filter((line) => pattern.test(line));
    assert.equal(lines(new RegExp(` info login: ${entered.body.user.id} from 203\\.0\\.113\\.7, a new device$`)).length, 1, noisy.child.log);
    assert.equal(lines(new RegExp(` info logout: ${entered.body.user.id}$`)).length, 1);
    assert.equal(lines(/ warning login: wrong name or password for …[0-9a-f]{4} from 203\.0\.113\.7$/).length, 1);
    assert.equal(lines(/ warning login: …[0-9a-f]{4} from 203\.0\.113\.7 must wait$/).length, 1);
    assert.equal(lines(/ warning refused: foreign_origin, POST \/login from 203\.0\.113\.7$/).length, 1);
    assert.ok(!/Ana|Ben/.test(noisy.child.log), "no names");
    await noisy.kill();
  });
});
