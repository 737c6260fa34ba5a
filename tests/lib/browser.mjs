// Headless Chromium, Debian's, driven by playwright-core.
import { chromium } from "playwright-core";

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });

// `init` runs in every page before its own scripts.
export async function signIn(browser, url, name, { init, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  if (init) await context.addInitScript(init);
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (said) => said.type() === "error" && /Content.Security|Uncaught/.test(said.text()) && page.problems.push(said.text()));
  await page.goto(url);
  await page.getByLabel("Username").fill(name);
  await page.getByLabel("Password").fill(`password-of-${name.toLowerCase()}`);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
  return page;
}

export const row = (page, chatId) => page.locator(`[data-testid="chat-row"][data-chat-id="${chatId}"]`);
export const bubble = (page, text) => page.getByTestId("message").filter({ hasText: text });

export async function write(page, text) {
  await page.getByTestId("composer").fill(text);
  await page.keyboard.press("Enter");
}

export async function standsAt(page, text, status, timeout = 10_000) {
  await page.locator(`[data-testid="message"][data-status="${status}"]`).filter({ hasText: text }).first().waitFor({ timeout });
}
