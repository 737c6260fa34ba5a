// The page's own session (connection, loaded lists, reducers) without a browser: what it holds is what a person would see.
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { io } from "socket.io-client";

const web = new URL("../../web/", import.meta.url).pathname;

async function bundled() {
  const { build } = createRequire(join(web, "package.json"))("esbuild"); // vite brings it
  const folder = mkdtempSync(join(tmpdir(), "tickwire-page-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, "session.mjs");
  await build({ entryPoints: [join(web, "src/hooks/inboxSession.ts")], bundle: true, format: "esm", platform: "node", outfile, alias: { "@": join(web, "src") }, logLevel: "error" });
  return import(pathToFileURL(outfile).href);
}

const nowhere = { addEventListener() {}, removeEventListener() {}, visibilityState: "visible", hasFocus: () => true };
const memory = () => {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key), key: (at) => [...kept.keys()][at] ?? null, get length() { return kept.size; } };
};

// One process, one page: requests of the session go to this server as this person.
export async function openPage(server, login) {
  const { InboxSession } = await bundled();
  globalThis.document ??= nowhere;
  Object.assign(globalThis, { addEventListener() {}, removeEventListener() {} });
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
  const ask = globalThis.fetch;
  globalThis.fetch = (path, options = {}) =>
    String(path).startsWith("/") ? ask(server.url + path, { ...options, headers: { ...options.headers, authorization: `Bearer ${login.token}` } }) : ask(path, options);
  let socket;
  const session = new InboxSession(login.user, (auth) => {
    socket = io(server.url, { auth: (give) => auth((seen) => give({ ...seen, token: login.token })), transports: ["websocket"], autoConnect: false, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200 });
    return socket;
  }, memory());
  session.start();
  return { session, cut: () => socket.io.engine?.close() };
}
