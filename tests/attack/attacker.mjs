// A stranger: attacks a server in one way until its standard input ends, then prints what it was answered, as JSON.
// Usage: node attacker.mjs PORT WAY. In a process of its own, so that its work does not slow the person down who is measured.
import http from "node:http";
import net from "node:net";
import { randomBytes } from "node:crypto";

const [port, way] = [Number(process.argv[2]), process.argv[3]];
const answers = {};
const count = (what) => (answers[what] = (answers[what] ?? 0) + 1);
let over = false;
process.stdin.resume().on("end", () => {
  over = true;
  console.log(JSON.stringify(answers));
  process.exit(0);
});

let made = 0;
// One of 250 addresses of loopback: limits by address count each for itself.
const localAddress = () => `127.0.${1 + (made % 2)}.${1 + (made++ % 250)}`;
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
const ask = (method, path, body, headers = {}) =>
  new Promise((done) => {
    const request = http.request({ host: "127.0.0.1", port, method, path, headers, agent, localAddress: localAddress() }, (response) => {
      count(response.statusCode);
      response.resume().on("end", done);
    });
    request.on("error", () => (count("cut"), setTimeout(done, 10)));
    request.end(body);
  });
const many = (concurrency, once) => {
  for (let i = 0; i < concurrency; i++)
    (async () => {
      while (!over) await once();
    })();
};
// `number` connections, opened a few at a time, each begun anew when it is closed; `use` gets the connection.
const connections = (number, use) => {
  const open = () => {
    const socket = net.connect({ port, host: "127.0.0.1", localAddress: localAddress() }, () => (count("opened"), use(socket)));
    socket.on("error", () => {}).on("close", () => (count("closed"), setTimeout(open, 100)));
    socket.on("data", (piece) => count(/^HTTP\/1.1 (\d+)/.exec(piece.toString("latin1"))?.[1] ?? "frame"));
  };
  let begun = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 100 && begun < number; i++, begun++) open();
    if (begun === number) clearInterval(timer);
  }, 20);
};
const json = { "content-type": "application/json" };

const ways = {
  logins: () => many(64, () => ask("POST", "/login", JSON.stringify({ username: made % 2 ? "Ana" : `name${made}`, password: "a wrong password" }), json)),
  "huge names": () => many(32, () => ask("POST", "/login", JSON.stringify({ username: `${made}-${"n".repeat(made % 2 ? 250_000 : 7_000)}`, password: "x" }), json)),
  "bad signatures": () => {
    const bodies = [randomBytes(2_000), randomBytes(60_000), randomBytes(1_000_000)];
    many(32, () => ask("POST", "/webhook", bodies[made % 50 === 0 ? 2 : made % 2], { "x-hub-signature-256": `sha256=${"0".repeat(64)}` }));
  },
  "slow heads": () =>
    connections(2_000, (socket) => {
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n");
      const drip = setInterval(() => socket.write(`X-${made++}: ${"y".repeat(500)}\r\n`), 500);
      socket.on("close", () => clearInterval(drip));
    }),
  "slow bodies": () =>
    connections(500, (socket) => {
      socket.write(`POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: ${4 * 1024 * 1024}\r\n\r\n`);
      const drip = setInterval(() => socket.write(Buffer.alloc(32 * 1024)), 100);
      socket.on("close", () => clearInterval(drip));
    }),
  "10,000 sockets without login": () =>
    connections(10_000, (socket) =>
      socket.write("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
    ),
  "made-up tokens": () => many(32, () => ask("GET", "/chats", undefined, { authorization: `Bearer ${randomBytes(32).toString("base64url")}` })),
  "a storm of /readyz": () => many(64, () => ask("GET", "/readyz")),
};
ways[way]();
