// The example of a proxy before several servers, packaging/nginx.conf, as Debian's nginx takes it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { freePort } from "../lib/free_port.mjs";
import { textMessage, Tickwire, until } from "../lib/programs.mjs";
import { Redis } from "../lib/redis.mjs";

// The example with our ports, as a user who is not root.
async function startNginx(ports) {
  const folder = mkdtempSync(join(tmpdir(), "tickwire-nginx-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const listen = await freePort();
  const example = readFileSync(new URL("../../packaging/nginx.conf", import.meta.url), "utf8");
  const own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `${what}_temp_path ${folder}/${what};`).join(" ");
  const conf = example
    .replace("listen 8000", `listen 127.0.0.1:${listen}`)
    .replace("127.0.0.1:8001", `127.0.0.1:${ports[0]}`)
    .replace("127.0.0.1:8002", `127.0.0.1:${ports[1]}`)
    .replace("http {", `http { access_log off; ${own}`);
  for (const port of [listen, ...ports]) assert.ok(conf.includes(`127.0.0.1:${port}`), "the example names it");
  writeFileSync(join(folder, "nginx.conf"), conf);
  const child = spawn("nginx", ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr", "-g", `daemon off; pid ${folder}/pid;`], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (piece) => (said += piece));
  child.once("error", (error) => (said += error.message));
  process.on("exit", () => child.kill("SIGKILL"));
  after(() => child.kill("SIGTERM"));
  const url = `http://127.0.0.1:${listen}`;
  await until(() => fetch(`${url}/healthz`).then((answer) => answer.ok, () => false), "nginx to pass on").catch((error) => {
    throw new Error(`${error.message}; nginx says: ${said}. Run script/bootstrap if it is not there.`);
  });
  return url;
}

for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]])
  test(`a page behind nginx, by ${transports.join(" and then ")}, survives the loss of its server`, async () => {
    const redis = await Redis.start();
    after(() => redis.stop());
    const env = { REDIS_URL: redis.url, TRUSTED_PROXIES: "127.0.0.1" };
    const a = await Tickwire.start({ env });
    const b = await Tickwire.start({ env, beside: a });
    after(() => Promise.all([a.kill(), b.kill()]));
    const url = await startNginx([a.port, b.port]);
    const proxied = Object.assign(Object.create(Tickwire.prototype), { url });
    assert.match((await proxied.get("/")).text, /<div id="root">/);
    const ana = await proxied.login("Ana");

    let seen = {};
    const page = proxied.socket(undefined, { transports, auth: (give) => give({ token: ana.token, ...seen }) });
    const texts = () => page.named("new_message").map(({ text }) => text);
    const told = () => [...texts(), ...page.named("sync").flatMap(({ events }) => events.filter(({ event }) => event === "new_message").map(({ data }) => data.text))];
    await until(() => page.named("sync").length > 0, "sync");
    assert.equal((await proxied.webhook(textMessage("wamid.nginx.1", "15550000101", "one"))).status, 200);
    await until(() => texts().length === 1, "the first");
    seen = { epoch: page.named("sync")[0].epoch, seq: Math.max(...page.events.map(({ data }) => data?.seq ?? 0)) };

    // The one it is connected to: nginx sends all of one address to one.
    await a.metric("tickwire_log_head"); // makes the operator
    const behind = async () => (await proxied.get("/metrics", a.operator)).text.match(/^tickwire_node_sends (\d)/m)[1];
    await until(async () => (await a.metric("tickwire_node_sends")) === 1, "the first server to send");
    const [lost, left] = (await behind()) === "1" ? [a, b] : [b, a];
    await lost.kill();
    await until(() => page.named("sync").length > 1, "the page on the other server", { timeout: 30_000 });
    assert.equal(page.named("sync").at(-1).resync, undefined);
    assert.equal((await left.webhook(textMessage("wamid.nginx.2", "15550000101", "two"))).status, 200);
    await until(() => told().includes("two"), "the second");
    assert.deepEqual(told(), ["one", "two"]);
    page.close();
  });
