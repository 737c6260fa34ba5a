// A chat with thousands of messages: what is read stays in place, only what is near the view is in the document.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bubble, launch, row, signIn, write } from "../lib/browser.mjs";
import { freePort } from "../lib/free_port.mjs";
import { Simulator, Tickwire, textMessage, until } from "../lib/programs.mjs";

const total = 3000;
const omar = "15550000102";
const sofia = "15550000101";
let server, simulator, browser, page;

// Texts of different heights, so that no guess of them is right.
const textOf = (i) => `line ${i} ${i % 7 === 0 ? "with some more words that need a second and a third line on most screens, ".repeat(1 + (i % 3)) : ""}.`;

before(async () => {
  const port = await freePort();
  simulator = await Simulator.start(port);
  server = await Tickwire.start({ graph: simulator.url, port });
  const now = Math.floor(Date.now() / 1000);
  for (let i = 0; i < total; i += 100) {
    const body = textMessage("", omar, "");
    const one = body.entry[0].changes[0].value.messages[0];
    body.entry[0].changes[0].value.messages = Array.from({ length: 100 }, (_, k) => ({ ...one, id: `wamid.long.${i + k}`, timestamp: String(now - (total - i - k) * 60), text: { body: textOf(i + k) } }));
    assert.equal((await server.webhook(body)).status, 200);
  }
  await server.webhook(textMessage("wamid.sofia", sofia, "Buongiorno!"));
  browser = await launch();
  page = await signIn(browser, server.url, "Ana");
});
after(async () => {
  await browser?.close();
  simulator?.stop();
  await server?.kill();
});

const log = () => page.getByRole("log");
const drawn = () => page.getByTestId("message").count();
// The message in the middle of the view, and where it stands.
const middle = () =>
  log().evaluate((log) => {
    const box = log.getBoundingClientRect();
    const all = [...log.querySelectorAll('[data-testid="message"]')].map((e) => ({ id: e.dataset.messageId, top: e.getBoundingClientRect().top - box.top }));
    return { ...all.reduce((best, one) => (Math.abs(one.top - box.height / 2) < Math.abs(best.top - box.height / 2) ? one : best)), from: log.scrollTop, height: log.scrollHeight };
  });
const topOf = (id) => log().evaluate((log, id) => document.getElementById(id)?.getBoundingClientRect().top - log.getBoundingClientRect().top, id);
const settled = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

test("it opens at the newest when hundreds are unread", async () => {
  await row(page, omar).click();
  await bubble(page, `line ${total - 1} `).waitFor();
  const gap = await log().evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  assert.ok(gap < 2, `stands ${gap} px above the end`);
});

test("scrolling back through all of it: older messages come in above without a jump", async () => {
  await log().hover();
  let jumps = 0;
  let most = 0;
  let loads = 0;
  for (let turns = 0; turns < 700; turns++) {
    const before = await middle();
    // Not through the wheel: its animation would be measured with it.
    await log().evaluate((log) => (log.scrollTop -= 400));
    await settled();
    const after = await topOf(before.id);
    const now = await middle();
    if (now.height > before.height + 1000) loads++;
    // It moved by what was scrolled, up to where the list began; never by what came in above.
    if (after !== undefined && after !== null && before.from >= 400 && Math.abs(after - before.top - 400) > 2) jumps++;
    most = Math.max(most, await drawn());
    if ((await bubble(page, /^line 0 /).count()) > 0 && now.from === 0) break;
    if (now.from === 0) await until(async () => (await middle()).from > 0 || (await bubble(page, /^line 0 /).count()) > 0, "older messages", { timeout: 5000 });
  }
  await bubble(page, /^line 0 /).waitFor();
  assert.equal(jumps, 0, "jumps");
  assert.ok(loads > 20, `${loads} loads seen`);
  assert.ok(most < 320, `${most} messages in the document of ${total}`);
});

test("what comes in while one reads above is counted, nothing moves, the button leads to it", async () => {
  const before = await middle();
  for (let i = 0; i < 3; i++) await simulator.inbound({ from: omar, text: `while you read above ${i}` });
  const button = page.getByRole("button", { name: "Jump to latest message, 3 new" });
  await button.waitFor();
  assert.ok(Math.abs((await topOf(before.id)) - before.top) < 1, "what is read stays in place");
  await button.click();
  await bubble(page, "while you read above 2").waitFor();
  await button.waitFor({ state: "detached" });
  assert.ok((await drawn()) < 320);
});

test("the place is kept when another chat is opened, and a message of one's own leads to the end", async () => {
  await log().evaluate((log) => (log.scrollTop -= 5000));
  await settled();
  const before = await middle();
  await row(page, sofia).click();
  await bubble(page, "Buongiorno!").waitFor();
  await row(page, omar).click();
  await until(async () => Math.abs(((await topOf(before.id)) ?? 1e6) - before.top) < 3, "the same place");
  await write(page, "An answer from the middle of it");
  await bubble(page, "An answer from the middle of it").waitFor();
  await until(() => log().evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2), "the end");
});

test("a focused message that is scrolled out of the document does not take the place with it", async () => {
  await bubble(page, "An answer from the middle of it").click();
  for (let i = 0; i < 20; i++) {
    const before = await middle();
    await log().evaluate((log) => (log.scrollTop -= 1500));
    await settled();
    const moved = before.from - (await middle()).from;
    assert.ok(Math.abs(moved - 1500) < 300, `moved by ${moved}`);
  }
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "log");
  await page.getByTestId("jump-to-latest").click();
});

test("a quoted message that is not loaded is fetched and shown", async () => {
  await simulator.inbound({ from: omar, message: { type: "text", text: { body: "I mean this one" }, context: { from: "15550001000", id: "wamid.long.1500" } } });
  await page.reload();
  await bubble(page, "I mean this one").waitFor();
  await bubble(page, "I mean this one").locator(".quote").click();
  await bubble(page, /^line 1500 /).waitFor();
  const top = await bubble(page, /^line 1500 /).evaluate((e) => e.getBoundingClientRect().top);
  assert.ok(top > 60 && top < 700, `in view: ${top}`);
  assert.deepEqual(page.problems, []);
});
