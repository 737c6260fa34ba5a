// The page's manners: login, windows side by side, no network, slow servers, keys, narrow screens, names for screen readers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { bubble, launch, row, signIn, standsAt, write } from "../lib/browser.mjs";
import { freePort } from "../lib/free_port.mjs";
import { Simulator, Tickwire, textMessage, until } from "../lib/programs.mjs";

const sofia = "15550000101";
const omar = "15550000102";
let server, simulator, browser, ana;

before(async () => {
  const port = await freePort();
  simulator = await Simulator.start(port);
  server = await Tickwire.start({ graph: simulator.url, port });
  browser = await launch();
  await simulator.inbound({ from: omar, name: "Omar Al-Khatib", text: "Good morning" });
  await simulator.inbound({ from: sofia, name: "Sofia Conti", text: "Buongiorno!" });
  ana = await signIn(browser, server.url, "Ana");
});
after(async () => {
  await browser?.close();
  simulator?.stop();
  await server?.kill();
});

const live = (page) => page.locator('[data-testid="connection"][data-state="live"]').waitFor({ timeout: 30_000 });
const composer = (page) => page.getByTestId("composer");
const sends = async (text) => (await simulator.call("GET", "/simulator/journal?kind=request&limit=20000")).entries.filter((entry) => entry.body?.text?.body === text).length;
const focused = (page) => page.evaluate(() => `${document.activeElement.tagName} ${document.activeElement.getAttribute("aria-label") ?? document.activeElement.id}`);

test("a message that WhatsApp could not pass on at first appears in its place by itself", async () => {
  const wamid = "wamid.not.yet";
  await server.webhook(textMessage(wamid, omar, "", { type: "unsupported", text: undefined, errors: [{ code: 131060 }] }));
  await row(ana, omar).click();
  const instead = ana.getByText("This message is not available here.").first();
  await instead.waitFor();
  await server.webhook(textMessage(wamid, omar, "Here it is after all"));
  await bubble(ana, "Here it is after all").waitFor();
  assert.equal(await ana.getByText("This message is not available here.").count(), 0);
});

describe("logging in", () => {
  test("wrong password: one sentence, which goes when one types; Enter logs in", async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(server.url);
    await until(async () => (await focused(page)) === "INPUT user", "the first field to have the focus");
    await page.getByLabel("Username").fill("Ana");
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").waitFor();
    assert.match(await page.getByRole("alert").innerText(), /password|name/i);
    await page.getByLabel("Password").fill("password-of-ana");
    assert.equal(await page.getByRole("alert").count(), 0);
    await page.keyboard.press("Enter");
    await live(page);
    await page.context().close();
  });

  test("logged out in one window: the other says so, and keeps what was being written", async () => {
    const page = await signIn(browser, server.url, "Ben");
    await row(page, sofia).click();
    await composer(page).fill("half a thought of Ben");
    const other = await page.context().newPage();
    await other.goto(server.url);
    await live(other);
    await other.getByRole("button", { name: "Log out" }).click();
    await other.getByRole("button", { name: "Log in" }).waitFor();
    await page.getByText("You have been logged out").waitFor();
    assert.equal(await page.title(), "Tickwire");
    await page.getByLabel("Username").fill("Ben");
    await page.getByLabel("Password").fill("password-of-ben");
    await page.getByRole("button", { name: "Log in" }).click();
    await live(page);
    await until(async () => (await composer(page).inputValue()) === "half a thought of Ben", "the draft");
    await composer(page).fill("");
    await page.context().close();
  });

  test("an address that is no address, and a chat that is not there", async () => {
    for (const path of ["/c/%E0%A4%A", "/c/4915550000999"]) {
      await ana.goto(server.url + path);
      await live(ana);
    }
    await ana.getByText("There is no such chat").waitFor();
    await ana.getByRole("button", { name: "All chats" }).click();
    await ana.getByText("Choose a chat").waitFor();
  });
});

describe("sending", () => {
  test("a double click sends once, and the field keeps the focus", async () => {
    await row(ana, sofia).click();
    assert.equal(await ana.getByRole("button", { name: "Send", exact: true }).isDisabled(), true);
    await composer(ana).fill("Once, please");
    await ana.getByRole("button", { name: "Send", exact: true }).dblclick();
    await standsAt(ana, "Once, please", "read");
    assert.equal(await bubble(ana, "Once, please").count(), 1);
    assert.equal(await sends("Once, please"), 1);
    assert.equal(await focused(ana), "TEXTAREA draft");
    await bubble(ana, "Once, please").getByRole("img", { name: "Read" }).waitFor();
  });

  test("the clock, one tick, two ticks, blue: each has its name", async () => {
    await simulator.set({ stepDelay: 100, latency: 100 });
    await ana.evaluate(() => {
      window.names = [];
      new MutationObserver(() => {
        const message = [...document.querySelectorAll('[data-testid="message"]')].find((one) => one.textContent.includes("Step by step"));
        const name = message?.querySelector('[role="img"]')?.getAttribute("aria-label");
        if (name && window.names[window.names.length - 1] !== name) window.names.push(name);
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    await write(ana, "Step by step");
    await standsAt(ana, "Step by step", "read");
    assert.deepEqual(await ana.evaluate(() => window.names), ["Sending", "Sent", "Delivered", "Read"]);
    await simulator.set({ stepDelay: 0, latency: 0 });
  });

  test("Shift+Enter is a new line; Enter during the writing of a character is not a send", async () => {
    await composer(ana).fill("first line");
    await ana.keyboard.press("Shift+Enter");
    await ana.keyboard.type("second line");
    await composer(ana).dispatchEvent("keydown", { key: "Enter", isComposing: true });
    assert.equal(await composer(ana).inputValue(), "first line\nsecond line");
    await ana.keyboard.press("Enter");
    await standsAt(ana, "second line", "read");
    assert.match(await bubble(ana, "second line").innerText(), /first line\nsecond line/);
  });

  test("4,096 characters, not halves of them, and a sentence for more", async () => {
    await composer(ana).fill("🙂".repeat(4097));
    await ana.getByRole("alert").getByText("4,097 of 4,096").waitFor();
    await ana.keyboard.press("Enter");
    assert.equal(await ana.getByRole("button", { name: "Send", exact: true }).isDisabled(), true);
    await composer(ana).fill("🙂".repeat(4096));
    await ana.getByText("4,096 of 4,096 characters").waitFor();
    await ana.keyboard.press("Enter");
    await standsAt(ana, "🙂🙂🙂", "read");
    assert.equal(await sends("🙂".repeat(4096)), 1);
  });

  test("without a network messages wait with a clock, survive a reload, and go once and in order", async () => {
    await ana.context().setOffline(true);
    await ana.getByText("You are offline").waitFor();
    for (const text of ["waits 1", "waits 2", "waits 3"]) await write(ana, text);
    await bubble(ana, "waits 3").getByRole("img", { name: /^Sending/ }).waitFor();
    await ana.getByText("3 messages wait here").waitFor();
    await row(ana, sofia).getByText("waits 3").waitFor();
    await ana.context().setOffline(false);
    await ana.getByText("Live again").waitFor({ timeout: 20_000 });
    for (const text of ["waits 1", "waits 2", "waits 3"]) {
      await standsAt(ana, text, "read", 20_000);
      assert.equal(await sends(text), 1, text);
    }
    const shown = await ana.getByTestId("message").evaluateAll((all) => all.map((e) => e.textContent.match(/waits \d/)?.[0]).filter(Boolean));
    assert.deepEqual(shown, ["waits 1", "waits 2", "waits 3"]);
  });

  test("the server is away while one writes, the page is loaded again, and nothing is lost or doubled", async () => {
    await ana.route("**/send-message", (route) => route.abort());
    for (const text of ["kept 1", "kept 2"]) await write(ana, text);
    await bubble(ana, "kept 2").waitFor();
    await ana.reload();
    await bubble(ana, "kept 2").waitFor();
    await ana.unroute("**/send-message");
    await ana.reload();
    for (const text of ["kept 1", "kept 2"]) {
      await standsAt(ana, text, "read", 20_000);
      assert.equal(await sends(text), 1, text);
      assert.equal(await bubble(ana, text).count(), 1, text);
    }
  });

  test("a server that is busy is asked again by itself, although the line is live", async () => {
    let refused = 0;
    await ana.route("**/send-message", (route) => (refused++ < 2 ? route.fulfill({ status: refused === 1 ? 503 : 429, headers: { "retry-after": "1" }, contentType: "text/html", body: "<h1>busy</h1>" }) : route.continue()));
    await write(ana, "Patience");
    await standsAt(ana, "Patience", "read", 20_000);
    assert.equal(refused, 3);
    assert.equal(await sends("Patience"), 1);
    await ana.unroute("**/send-message");
  });

  test("an answer that was lost does not double the message", async () => {
    let lost = false;
    await ana.route("**/send-message", async (route) => {
      if (lost) return route.continue();
      lost = true;
      await route.fetch(); // the server takes it
      await route.abort();
    });
    await write(ana, "The answer is lost");
    await standsAt(ana, "The answer is lost", "read", 20_000);
    assert.equal(await bubble(ana, "The answer is lost").count(), 1);
    assert.equal(await sends("The answer is lost"), 1);
    await ana.unroute("**/send-message");
  });

  test("what the server will not take says why and can be removed", async () => {
    await ana.route("**/send-message", (route) => route.fulfill({ status: 422, contentType: "application/problem+json", body: JSON.stringify({ code: "no", detail: "The text is not to the server’s liking." }) }));
    await write(ana, "Not to be taken");
    await bubble(ana, "Not to be taken").getByText("not to the server’s liking").waitFor();
    await bubble(ana, "Not to be taken").getByRole("button", { name: "Remove" }).click();
    await bubble(ana, "Not to be taken").waitFor({ state: "detached" });
    await ana.unroute("**/send-message");
  });

  test("Send again twice in a row is one more attempt", async () => {
    await simulator.set({ nextSend: { outcome: "reset" } });
    await write(ana, "In doubt");
    await bubble(ana, "In doubt").getByRole("img", { name: "Unconfirmed" }).waitFor();
    await bubble(ana, "In doubt").getByRole("button", { name: "Send again" }).dblclick();
    await standsAt(ana, "In doubt", "read");
    assert.equal(await sends("In doubt"), 2);
    assert.equal(await ana.getByRole("alert").count(), 0);
  });
});

describe("side by side", () => {
  before(() => row(ana, sofia).click());

  test("two windows of one person share the draft and what waits", async () => {
    const other = await ana.context().newPage();
    await other.goto(`${server.url}/c/${sofia}`);
    await live(other);
    await composer(ana).fill("begun in one window");
    await until(async () => (await composer(other).inputValue()) === "begun in one window", "the draft in the other");
    await write(ana, "and sent from it");
    await until(async () => (await composer(other).inputValue()) === "", "an empty field in the other");
    await standsAt(other, "and sent from it", "read");
    // Without a network each keeps its own, and both see all of it.
    await ana.context().setOffline(true);
    await ana.getByText("You are offline").waitFor();
    await write(ana, "from window one");
    await write(other, "from window two");
    await bubble(ana, "from window two").waitFor();
    await bubble(other, "from window one").waitFor();
    await ana.context().setOffline(false);
    for (const page of [ana, other]) for (const text of ["from window one", "from window two"]) await standsAt(page, text, "read", 20_000);
    for (const text of ["from window one", "from window two"]) assert.equal(await sends(text), 1, text);
    await other.close();
  });

  test("colleagues see who looks and who writes; it ends when the keys rest or the line breaks", async () => {
    const ben = await signIn(browser, server.url, "Ben");
    await row(ben, sofia).click();
    await ana.getByRole("img", { name: "Also looking at this chat: Ben" }).waitFor();
    await ben.getByRole("img", { name: "Also looking at this chat: Ana" }).waitFor();
    await composer(ben).pressSequentially("I am wri");
    await ana.getByText("Ben is writing a reply").waitFor();
    await row(ana, sofia).getByText("Ben is writing").waitFor();
    await ana.getByText("Ben is writing a reply").waitFor({ state: "detached", timeout: 9000 });
    await composer(ben).pressSequentially("ting");
    await ana.getByText("Ben is writing a reply").waitFor();
    await ben.context().close();
    await ana.getByText("Ben is writing a reply").waitFor({ state: "detached" });
    await ana.getByRole("img", { name: "Also looking at this chat: Ben" }).waitFor({ state: "detached" });
  });

  test("unread: in the row, in the title, said once, sounded once of two windows, gone when read", async () => {
    const listen = () => {
      window.tones = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...values) {
        window.tones++;
        return start.apply(this, values);
      };
    };
    const one = await signIn(browser, server.url, "Ben", { init: listen });
    const two = await one.context().newPage();
    await two.goto(server.url);
    await live(two);
    await row(one, omar).click();
    // The other window knows it from the server, so that the reload finds it read.
    for (const page of [one, two]) await until(async () => (await row(page, omar).locator(".badge").count()) === 0, "read");
    await one.goto(server.url);
    await live(one);
    const unreadBefore = Number(/^\((\d+)\)/.exec(await one.title())?.[1] ?? 0);
    await simulator.inbound({ from: omar, text: "Has it left the port?" });
    await row(one, omar).getByText("1 unread").waitFor({ state: "attached" });
    assert.equal(Number(/^\((\d+)\)/.exec(await one.title())?.[1] ?? 0), unreadBefore + 1);
    await one.getByTestId("announcements").getByText("New message from Omar").waitFor({ state: "attached" });
    const tones = async () => (await one.evaluate(() => window.tones)) + (await two.evaluate(() => window.tones));
    await until(async () => (await tones()) > 0, "a sound");
    assert.equal(await tones(), 2, "two tones are one sound");
    await row(one, omar).click();
    await bubble(one, "Has it left the port?").waitFor();
    for (const page of [one, two]) await until(async () => (await row(page, omar).locator(".badge").count()) === 0, "no longer unread");
    await one.context().close();
  });

  test("what comes into the chat one looks at is never shown as unread, and is read for the server too", async () => {
    const page = await signIn(browser, server.url, "Ben");
    await row(page, omar).click();
    await bubble(page, "Good morning").waitFor();
    await page.bringToFront();
    await until(async () => (await row(page, omar).locator(".badge").count()) === 0, "read");
    await page.evaluate((id) => {
      window.badges = [];
      const title = document.title;
      new MutationObserver(() => {
        const badge = document.querySelector(`[data-chat-id="${id}"] .badge`)?.textContent;
        if (badge || document.title !== title) window.badges.push(`${badge} ${document.title}, was ${title}`);
      }).observe(document.documentElement, { subtree: true, childList: true, characterData: true });
    }, omar);
    for (let i = 0; i < 5; i++) await simulator.inbound({ from: omar, text: `looked at ${i}` });
    await bubble(page, "looked at 4").waitFor();
    assert.deepEqual(await page.evaluate(() => window.badges), []);
    const ben = await server.login("Ben");
    await until(async () => (await server.get("/chats", ben.token)).body.chats.find((chat) => chat.id === omar).unread === 0, "read on the server");
    await page.context().close();
  });

  test("more than a thousand changes are missed: the page is right again without going blank", async () => {
    await row(ana, omar).click();
    await bubble(ana, "Good morning").waitFor();
    await ana.context().setOffline(true);
    await ana.getByText("You are offline").waitFor();
    for (let i = 0; i < 11; i++) {
      const body = textMessage("", omar, "");
      const one = body.entry[0].changes[0].value.messages[0];
      body.entry[0].changes[0].value.messages = Array.from({ length: 100 }, (_, k) => ({ ...one, id: `wamid.missed.${i}.${k}`, text: { body: `missed ${i * 100 + k}.` } }));
      assert.equal((await server.webhook(body)).status, 200);
    }
    await ana.evaluate(() => {
      window.blank = 0;
      new MutationObserver(() => (window.blank += document.querySelectorAll('[data-testid="message"]').length === 0 ? 1 : 0)).observe(document.body, { childList: true, subtree: true });
    });
    await ana.context().setOffline(false);
    await bubble(ana, "missed 1099.").waitFor({ timeout: 20_000 });
    assert.equal(await ana.evaluate(() => window.blank), 0);
    await row(ana, sofia).click();
  });
});

describe("loading", () => {
  test("a chat whose messages cannot be loaded is asked for again by itself", async () => {
    const page = await signIn(browser, server.url, "Ben");
    let asked = 0;
    await page.route("**/messages?*", (route) => (asked++ < 2 ? route.abort() : route.continue()));
    await row(page, sofia).click();
    await page.getByRole("log").getByText("The server does not answer").waitFor();
    await bubble(page, "Buongiorno!").waitFor({ timeout: 20_000, state: "attached" });
    await page.context().close();
  });

  test("so is the list of chats, and who is logged in", async () => {
    const page = await signIn(browser, server.url, "Ben");
    let chats = 0;
    let me = 0;
    await page.route("**/chats?*", (route) => (chats++ < 1 ? route.fulfill({ status: 503, body: "" }) : route.continue()));
    await page.route("**/me", (route) => (me++ < 1 ? route.fulfill({ status: 502, body: "bad gateway" }) : route.continue()));
    await page.goto(server.url);
    await page.getByText("Tickwire does not answer").waitFor();
    await row(page, sofia).waitFor({ timeout: 20_000 });
    assert.ok(chats >= 2 && me >= 2);
    await page.context().close();
  });

  test("where WebSockets do not get through, polling does", async () => {
    const page = await signIn(browser, server.url, "Ben", {
      init: () => {
        window.WebSocket = class {
          constructor() {
            setTimeout(() => this.onerror?.(new Event("error")));
          }
          close() {}
        };
      },
    });
    await simulator.inbound({ from: omar, text: "by polling" });
    await row(page, omar).getByText("by polling").waitFor();
    await page.context().close();
  });

  test("people in groups keep their names after a reload", async () => {
    await simulator.call("POST", "/simulator/customers", { phone: "15550000105", name: "Rui Tavares" });
    await simulator.call("POST", "/simulator/groups", { id: "120363000000000001", subject: "Kitchen", participants: ["15550000105", sofia] });
    await simulator.inbound({ from: "15550000105", groupId: "120363000000000001", text: "As medidas estão prontas" });
    await row(ana, "120363000000000001").locator(".name").getByText("Group").waitFor();
    await ana.reload();
    await live(ana);
    await row(ana, "120363000000000001").getByText("Rui Tavares").waitFor();
    await row(ana, "120363000000000001").click();
    await bubble(ana, "As medidas").getByText("Rui Tavares").waitFor();
  });
});

describe("keys", () => {
  test("the list, the search, the neighbour, the messages, and out again", async () => {
    await ana.goto(server.url);
    await live(ana);
    await row(ana, sofia).waitFor();
    await ana.keyboard.press("/");
    assert.equal(await focused(ana), "INPUT search");
    await ana.keyboard.type("sofia");
    await until(async () => (await ana.getByTestId("chat-row").count()) === 1, "one chat found");
    await ana.keyboard.press("ArrowDown");
    await ana.keyboard.press("Enter");
    await ana.getByRole("heading", { name: "Sofia Conti" }).waitFor();
    assert.equal(await focused(ana), "TEXTAREA draft");
    await ana.getByLabel("Search chats").fill("");
    await composer(ana).focus();
    await ana.keyboard.press("Alt+ArrowUp");
    await ana.getByRole("heading", { name: "Sofia Conti" }).waitFor({ state: "detached" });
    await ana.keyboard.press("Alt+ArrowDown");
    await ana.getByRole("heading", { name: "Sofia Conti" }).waitFor();
    await bubble(ana, "In doubt").first().waitFor();
    await ana.getByRole("log").focus();
    await ana.keyboard.press("ArrowUp");
    await ana.keyboard.press("ArrowUp");
    assert.match(await focused(ana), /^ARTICLE /);
    await ana.keyboard.press("Tab");
    assert.equal(await focused(ana), "BUTTON Reply");
    await ana.keyboard.press("Tab");
    await ana.keyboard.press("Enter");
    await ana.getByRole("region", { name: "Message info" }).waitFor();
    assert.equal(await focused(ana), "BUTTON Close");
    await ana.keyboard.press("Escape");
    await ana.getByRole("region", { name: "Message info" }).waitFor({ state: "detached" });
    assert.equal(await focused(ana), "BUTTON Message info");
    await ana.getByRole("log").focus();
    await ana.keyboard.type("typed anywhere");
    assert.equal(await composer(ana).inputValue(), "typed anywhere");
    await composer(ana).fill("");
  });

  test("a quote: chosen, left with Esc, sent", async () => {
    const target = bubble(ana, "In doubt").first();
    await target.hover();
    await target.getByRole("button", { name: "Reply" }).click();
    assert.equal(await focused(ana), "TEXTAREA draft");
    await ana.getByRole("button", { name: "Do not quote" }).waitFor();
    await ana.keyboard.press("Escape");
    await ana.getByRole("button", { name: "Do not quote" }).waitFor({ state: "detached" });
    await target.hover();
    await target.getByRole("button", { name: "Reply" }).click();
    await write(ana, "About that one");
    await bubble(ana, "About that one").getByText("In doubt").waitFor();
    await standsAt(ana, "About that one", "read");
  });
});

describe("looks", () => {
  test("links open elsewhere, marks are drawn, nothing is markup", async () => {
    await simulator.inbound({ from: sofia, text: "See https://example.com/a?b=1. *Bold* <img src=x onerror=alert(1)>" });
    const message = bubble(ana, "See https://example.com");
    const link = message.getByRole("link", { name: "https://example.com/a?b=1" });
    assert.equal(await link.getAttribute("href"), "https://example.com/a?b=1");
    assert.equal(await link.getAttribute("target"), "_blank");
    assert.match(await link.getAttribute("rel"), /noopener/);
    assert.equal(await message.locator("strong").innerText(), "Bold");
    assert.equal(await message.locator("img").count(), 0);
  });

  for (const width of [390, 834, 1280])
    test(`at ${width} px nothing is wider than the screen`, async () => {
      const page = await signIn(browser, server.url, "Ben", { viewport: { width, height: 844 } });
      await simulator.inbound({ from: sofia, text: `${"x".repeat(600)} ${"ש".repeat(200)} https://example.com/${"long".repeat(80)}` });
      await simulator.inbound({ from: sofia, text: "هل يمكن أن نضيف ٢٠ بلاطة احتياطية؟" });
      await row(page, sofia).click();
      await bubble(page, "احتياطية").last().waitFor();
      const wider = await page.evaluate(() => [...document.querySelectorAll("body, .app, .msgs, .list, .conv")].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.className || e.tagName));
      assert.deepEqual(wider, []);
      assert.equal(await bubble(page, "احتياطية").last().locator(".text").evaluate((e) => getComputedStyle(e).direction), "rtl");
      await page.context().close();
    });

  test("on a phone: list, chat, info, and the browser's own way back", async () => {
    const page = await signIn(browser, server.url, "Ben", { viewport: { width: 390, height: 844 }, hasTouch: true });
    assert.equal(await page.getByRole("log").count(), 0);
    await row(page, sofia).tap();
    await bubble(page, "See https://example.com").locator("time").tap();
    await bubble(page, "See https://example.com").getByRole("button", { name: "Message info" }).tap();
    await page.getByRole("region", { name: "Message info" }).waitFor();
    assert.equal(await page.getByRole("log").isVisible(), false);
    await page.goBack();
    await page.getByRole("log").waitFor();
    await page.getByRole("button", { name: "Back to chats" }).tap();
    await row(page, sofia).waitFor();
    assert.equal(new URL(page.url()).pathname, "/");
    await page.context().close();
  });

  test("dark and light by choice, kept, without a flash", async () => {
    const background = () => ana.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const before = await background();
    await ana.getByRole("button", { name: /^Theme/ }).click();
    await ana.getByRole("button", { name: /^Theme/ }).click();
    const dark = await background();
    assert.notEqual(dark, before);
    await ana.reload();
    assert.equal(await background(), dark);
    await ana.getByRole("button", { name: /^Theme/ }).click();
  });

  for (const scheme of ["light", "dark"])
    test(`axe finds nothing against WCAG 2.2 A and AA, ${scheme}`, async () => {
      const page = await signIn(browser, server.url, "Ben", { colorScheme: scheme, bypassCSP: true });
      const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
      const check = async (what) => {
        await page.addScriptTag({ content: axe });
        await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))).then(() => {}), undefined).catch(() => {});
        const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
        assert.deepEqual(violations.map((one) => `${what}: ${one.id} ${one.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`), []);
      };
      await check("list");
      await row(page, sofia).click();
      await bubble(page, "In doubt").first().waitFor({ state: "attached" });
      await check("chat");
      await bubble(page, "See https://example.com").hover();
      await bubble(page, "See https://example.com").getByRole("button", { name: "Message info" }).click();
      await page.getByRole("region", { name: "Message info" }).waitFor();
      await check("info");
      await page.getByRole("button", { name: "New chat" }).click();
      await check("dialog");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Log out" }).click();
      await page.getByRole("button", { name: "Log in" }).waitFor();
      await check("login");
      await page.context().close();
    });
});

test("who could not be logged out is told so, and stays", async () => {
  const page = await signIn(browser, server.url, "Ben");
  await page.route("**/logout", (route) => route.abort());
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("alert").getByText("You are still logged in").waitFor();
  await live(page);
  await page.unroute("**/logout");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Log in" }).waitFor();
  await page.context().close();
});

describe("many chats", () => {
  test("an old chat opens by its address, and is named when somebody writes in it again", async () => {
    const body = textMessage("wamid.old", "15550009999", "the oldest chat of all");
    body.entry[0].changes[0].value.contacts[0].profile.name = "Old Friend";
    await server.webhook(body);
    for (let i = 0; i < 120; i++) await server.webhook(textMessage(`wamid.many.${i}`, String(15550001000 + i), "one of many"));
    const page = await signIn(browser, server.url, "Ben");
    assert.equal(await row(page, "15550009999").count(), 0);
    await page.getByLabel("Search chats").fill("old friend");
    await row(page, "15550009999").getByText("the oldest chat of all").waitFor();
    await page.getByLabel("Search chats").fill("nobody of this name");
    await page.getByText("No chat has “nobody of this name”").waitFor();
    await page.goto(server.url);
    await live(page);
    await server.webhook(textMessage("wamid.old.2", "15550009999", "back again", {}));
    await row(page, "15550009999").getByText("back again").waitFor();
    await until(async () => (await row(page, "15550009999").locator(".badge").innerText()).startsWith("2"), "both of its messages unread");
    const other = await signIn(browser, server.url, "Ben");
    for (let i = 0; i < 110; i++) await server.webhook(textMessage(`wamid.more.${i}`, String(15550001000 + i), "one of many again"));
    await other.goto(`${server.url}/c/15550009999`);
    await bubble(other, "the oldest chat of all").waitFor();
    await page.context().close();
    await other.context().close();
  });

  test("nothing broke on the way", () => assert.deepEqual(ana.problems, []));
});
