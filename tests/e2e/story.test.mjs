// The whole story in a real browser, with the simulated WhatsApp.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bubble, launch, row, signIn, standsAt, write } from "../lib/browser.mjs";
import { freePort } from "../lib/free_port.mjs";
import { Simulator, Tickwire, until } from "../lib/programs.mjs";

let server, simulator, browser, ana;
const sofia = "15550000101";
before(async () => {
  const port = await freePort();
  simulator = await Simulator.start(port);
  server = await Tickwire.start({ graph: simulator.url, port });
  browser = await launch();
  await simulator.inbound({ from: sofia, name: "Sofia Conti", text: "Buongiorno!" });
  ana = await signIn(browser, server.url, "Ana");
});
after(async () => {
  await browser?.close();
  simulator?.stop();
  await server?.kill();
});

test("send, ticks move to blue, the customer answers, other tab and colleague see it", async () => {
  await row(ana, sofia).click();
  await bubble(ana, "Buongiorno!").waitFor();
  const tab = await ana.context().newPage();
  await tab.goto(`${server.url}/c/${sofia}`);
  const ben = await signIn(browser, server.url, "Ben");
  await row(ben, sofia).getByText("Buongiorno!").waitFor();
  assert.equal(await row(ben, sofia).locator(".badge").count(), 1, "unread for Ben");

  await write(ana, "Buongiorno Sofia, how can we help?");
  await standsAt(ana, "how can we help", "read");
  await standsAt(tab, "how can we help", "read");
  await row(ben, sofia).click();
  await standsAt(ben, "how can we help", "read");
  await bubble(ben, "how can we help").getByText("Ana").waitFor();

  await simulator.inbound({ from: sofia, text: "Do you have TW-2081?" });
  for (const page of [ana, tab, ben]) await bubble(page, "TW-2081").waitFor();
  await tab.close();
  await ben.context().close();
  assert.deepEqual(ana.problems, []);
});

test("a failed message says why and retries in its place; doubt says so", async () => {
  await simulator.set({ nextSend: { outcome: "error", code: 131042 } });
  await write(ana, "This one fails first");
  await standsAt(ana, "This one fails first", "failed");
  await ana.getByText("Meta could not charge").waitFor();
  await ana.getByRole("button", { name: "Retry" }).click();
  await standsAt(ana, "This one fails first", "read");
  assert.equal(await bubble(ana, "This one fails first").count(), 1);
  await simulator.set({ nextSend: { outcome: "reset" } });
  await write(ana, "Nobody knows about this one");
  await ana.locator('[data-unconfirmed="true"]').waitFor();
  await ana.getByRole("button", { name: "Send again" }).click();
  await standsAt(ana, "Nobody knows about this one", "read");
});

test("the server is killed while messages go both ways, and the page catches up by itself", async () => {
  const sends = [];
  const arriving = [];
  for (let i = 0; i < 12; i++) {
    if (i === 4) await server.kill("SIGKILL");
    if (i === 8) await server.launch();
    await write(ana, `out ${i} of the storm`);
    sends.push(`out ${i} of the storm`);
    await simulator.inbound({ from: sofia, text: `in ${i} of the storm` });
    arriving.push(`in ${i} of the storm`);
  }
  await ana.locator('[data-testid="connection"][data-state="live"]').waitFor({ timeout: 30_000 });
  for (const text of arriving) await bubble(ana, text).waitFor({ timeout: 30_000 });
  // Sent, or in doubt where the kill fell between the attempt and its answer; never lost, never doubled.
  await until(async () => (await ana.locator('[data-testid="message"][data-status="sending"][data-unconfirmed="false"]').count()) === 0, "nothing on its way", { timeout: 40_000 });
  // Ticks rest: WhatsApp has told every status, and the page has what came after them and has marked it as read.
  await simulator.call("GET", "/simulator/idle?timeout=40000");
  await simulator.inbound({ from: sofia, text: "after the storm" });
  await standsAt(ana, "after the storm", "read");
  for (const text of [...sends, ...arriving]) assert.equal(await bubble(ana, text).count(), 1, text);
  const before = await ana.getByTestId("message").evaluateAll((all) => all.map((e) => [e.dataset.messageId, e.dataset.status, e.dataset.unconfirmed]));
  await ana.reload();
  await bubble(ana, "after the storm").waitFor();
  const reloaded = await ana.getByTestId("message").evaluateAll((all) => all.map((e) => [e.dataset.messageId, e.dataset.status, e.dataset.unconfirmed]));
  assert.deepEqual(before.slice(-reloaded.length), reloaded.slice(-before.length), "state by events is state by reload");
});

test("an idle page asks for nothing but its socket's heartbeat", async () => {
  const asked = [];
  const listener = (request) => asked.push(`${request.method()} ${request.url()}`);
  ana.on("request", listener);
  await new Promise((done) => setTimeout(done, process.env.FULL ? 60_000 : 3_000)); // the observation itself
  ana.off("request", listener);
  assert.deepEqual(asked, []);
});

test("new chat by number, on a phone's width", async () => {
  const page = await signIn(browser, server.url, "Ben", { viewport: { width: 390, height: 844 } });
  await page.getByRole("button", { name: "New chat" }).click();
  await page.getByLabel("Phone number").fill("call me");
  await page.getByRole("button", { name: "Open chat" }).click();
  await page.getByRole("alert").getByText("no phone number").waitFor();
  await page.getByLabel("Phone number").fill("+1 555 000 0177");
  await page.getByRole("button", { name: "Open chat" }).click();
  await write(page, "Hello, this is Casa Ladrilho");
  await standsAt(page, "Hello, this is Casa Ladrilho", "read");
  await page.getByRole("button", { name: "Back to chats" }).click();
  await row(page, "15550000177").waitFor();
  await page.context().close();
});

test("how long it takes, reported", async () => {
  await row(ana, sofia).click();
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const toSent = [];
  const toScreen = [];
  for (let i = 0; i < 15; i++) {
    // Both ends are measured inside the page by one clock.
    await ana.getByTestId("composer").fill(`stopwatch ${i}`);
    await ana.evaluate(
      (text) => {
        let start;
        document.addEventListener("keydown", () => (start = performance.now()), { once: true, capture: true });
        window.stopwatch = new Promise((done) => {
          const look = () => {
            for (const element of document.querySelectorAll('[data-testid="message"]'))
              if (element.textContent.includes(text) && /sent|delivered|read/.test(element.dataset.status)) {
                observer.disconnect();
                return done(performance.now() - start);
              }
          };
          const observer = new MutationObserver(look);
          observer.observe(document.body, { subtree: true, childList: true, attributes: true });
        });
      },
      `stopwatch ${i} `,
    );
    await ana.keyboard.press("Enter");
    toSent.push(await ana.evaluate(() => window.stopwatch));
    const seen = ana.evaluate(
      (text) =>
        new Promise((done) => {
          const observer = new MutationObserver(() => {
            if (document.querySelector('[role="log"]')?.textContent.includes(text)) {
              observer.disconnect();
              done(performance.timeOrigin + performance.now());
            }
          });
          observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        }),
      `clock ${i} `,
    );
    const start = performance.timeOrigin + performance.now();
    await simulator.inbound({ from: sofia, text: `clock ${i} ` });
    toScreen.push((await seen) - start);
  }
  console.log(`click to sent: median ${median(toSent).toFixed(1)} ms; webhook to screen: median ${median(toScreen).toFixed(1)} ms`);
});
