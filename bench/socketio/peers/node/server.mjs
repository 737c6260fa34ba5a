// bench_server in Node's socket.io, as its performance guide says: native bufferutil, WebSocket without
// compression (the default), the handshake's request not kept. RECOVERY=yes: with connection state recovery.
import { createServer } from "node:http";
import { Server } from "socket.io";

const everybody = () => io.of("/");

function deliver(path, text) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return 400;
  }
  if (path === "/broadcast") everybody().emit("new_message", body);
  else everybody().to(`u:${body.userId}`).emit("new_message", body);
  return 200;
}

const http = createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const known = request.method === "POST" && (request.url === "/broadcast" || request.url === "/unicast");
    const status = known ? deliver(request.url, Buffer.concat(pieces).toString()) : 404;
    const answer = status === 200 ? '{"ok":true}' : '{"ok":false}';
    response.writeHead(status, { "Content-Type": "application/json", "Content-Length": answer.length });
    response.end(answer);
  });
});

const io = new Server(http, {
  pingInterval: 25_000,
  pingTimeout: 20_000,
  serveClient: false,
  ...(process.env.RECOVERY ? { connectionStateRecovery: {} } : {}),
});
io.engine.on("connection", (raw) => {
  raw.request = null;
});
io.on("connection", (socket) => {
  socket.on("register", (id, acknowledge) => {
    socket.join(`u:${id}`);
    if (typeof acknowledge === "function") acknowledge();
  });
  socket.on("echo", (x) => socket.emit("echo", x));
  socket.on("echo-ack", (x, acknowledge) => acknowledge(x));
  socket.on("broadcast", (x) => io.emit("broadcast", x));
});

http.listen(Number(process.argv[2]), "127.0.0.1", 4096);
process.on("SIGTERM", () => process.exit(0));
