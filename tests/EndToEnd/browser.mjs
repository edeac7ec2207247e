// Debian's Chromium, headless, that asks nobody outside this machine.
import { chromium } from "playwright-core";

export const CHROMIUM = "/usr/bin/chromium";
// As root Chromium runs only without its sandbox; the rest keeps it from calling home.
export const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
  "--disable-default-apps", "--metrics-recording-only", "--mute-audio", "--autoplay-policy=no-user-gesture-required",
];

/** Starts it, and hands `use` a way to open pages; it ends with `use`. */
export async function withBrowser(use) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? CHROMIUM, headless: true, args: FLAGS, chromiumSandbox: false });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/** Drops a file on a part of the page, as from the desktop. */
export async function drop(part, name, bytes) {
  const dropped = await part.evaluateHandle((_, [data, file]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(data), c => c.charCodeAt(0))], file));
    return transfer;
  }, [bytes.toString("base64"), name]);
  await part.dispatchEvent("drop", { dataTransfer: dropped });
}

/** A page of a size and a scheme; `problems` gathers what it complained of. */
export async function openPage(browser, { width = 1280, height = 900, scheme = "light", problems = [], ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on("pageerror", error => problems.push(`an error in the page: ${error.message}`));
  page.on("console", message => { if (message.type() === "error") problems.push(`the page complained: ${message.text()}`); });
  return page;
}
