// `npm run dev`: the page from Vite, requests and the socket passed on to a running server.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { bubble, launch, row, signIn, standsAt, write } from "../lib/browser.mjs";
import { freePort } from "../lib/free_port.mjs";
import { Simulator, Tickwire, until } from "../lib/programs.mjs";

let server, simulator, browser, vite, url;
before(async () => {
  const port = await freePort();
  simulator = await Simulator.start(port);
  server = await Tickwire.start({ graph: simulator.url, port });
  const devPort = await freePort();
  const web = new URL("../../web", import.meta.url).pathname;
  vite = spawn(process.execPath, ["node_modules/vite/bin/vite.js", "--host", "127.0.0.1", "--port", String(devPort), "--strictPort"], { cwd: web, env: { ...process.env, TICKWIRE_URL: server.url }, stdio: "ignore" });
  url = `http://127.0.0.1:${devPort}`;
  await until(() => fetch(url).then((answer) => answer.ok, () => false), "Vite to listen", { timeout: 30_000 });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  vite?.kill();
  simulator?.stop();
  await server?.kill();
});

test("log in, send, receive, and reload at a chat's address, through the development server", async () => {
  await simulator.inbound({ from: "15550000101", name: "Sofia Conti", text: "Buongiorno!" });
  const page = await signIn(browser, url, "Ana");
  await row(page, "15550000101").click();
  await write(page, "Sent through Vite");
  await standsAt(page, "Sent through Vite", "read");
  await simulator.inbound({ from: "15550000101", text: "And back" });
  await bubble(page, "And back").waitFor();
  await page.reload();
  await bubble(page, "And back").waitFor();
  assert.equal(new URL(page.url()).pathname, "/c/15550000101");
});
