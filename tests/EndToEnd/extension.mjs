// The browser extension as a person meets it: loaded from the built folder, paired, a site switched on. Photographed with a demo that runs.
import { chromium } from "playwright-core";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHROMIUM, FLAGS } from "./browser.mjs";
import { root, until } from "./program.mjs";

const FOLDER = join(root, "browser-extension/dist/chromium");
/** A name that leads to this machine for this browser alone. */
const SITE = "films.example";
const POPUP_WIDTH = 352;

/** Photographs; `look` takes a name and a page, or a part of one. */
export async function photographExtension(demo, look) {
  if (!existsSync(FOLDER)) throw new Error(`${FOLDER} is not there; build it first: cd browser-extension && npm ci && npm run package`);
  const profile = await mkdtemp(join(tmpdir(), "swarm-extension-"));
  const film = `${new URL(demo.page).origin}/film.mp4`;
  const site = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html; charset=utf-8");
    answer.end(`<!doctype html><title>A film</title><style>body{font:17px/1.5 system-ui;margin:2.5rem 3rem;color:#222;background:#fff}video{width:560px;display:block;background:#000}</style>
      <h1>A site with a film</h1><video src="${film}" muted autoplay loop></video><p>Served slower than it plays.</p>`);
  });
  await new Promise(done => { site.listen(0, "127.0.0.1", done); });
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? CHROMIUM, headless: true, chromiumSandbox: false, viewport: { width: 1000, height: 520 },
    args: [...FLAGS, `--disable-extensions-except=${FOLDER}`, `--load-extension=${FOLDER}`, `--host-resolver-rules=MAP ${SITE} 127.0.0.1:${site.address().port}`],
  });
  try {
    const worker = context.serviceWorkers()[0] ?? await context.waitForEvent("serviceworker");
    const { host: id } = new URL(worker.url());
    const settings = await context.newPage();
    await settings.goto("chrome://extensions/");
    await settings.evaluate(() => chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true }));
    await settings.getByText("Load unpacked").waitFor();
    await settings.setViewportSize({ width: 1000, height: 440 });
    await look("extension-loaded", settings);
    // What a person answers to the browser's prompt, which programs cannot press.
    await settings.evaluate(([extension, pattern]) => chrome.developerPrivate.addHostPermission(extension, pattern), [id, `http://${SITE}/*`]);

    const dashboard = await context.newPage();
    await dashboard.goto(demo.dashboard);
    await dashboard.getByText("● live").waitFor();
    const popup = await context.newPage();
    await popup.setViewportSize({ width: POPUP_WIDTH, height: 400 });
    await popup.goto(`chrome-extension://${id}/popup.html`);
    await popup.locator("#pair").click();
    await popup.locator("#node", { hasText: "Connected" }).waitFor();
    await dashboard.close();

    const page = await context.newPage();
    await page.goto(`http://${SITE}/`);
    // Allowed before, it is granted without a question.
    await popup.evaluate(pattern => chrome.permissions.request({ origins: [pattern] }), `http://${SITE}/*`);
    const tab = await popup.evaluate(url => chrome.tabs.query({ url }).then(all => all[0].id), `http://${SITE}/*`);
    await popup.goto(`chrome-extension://${id}/popup.html?tab=${tab}`);
    await popup.locator("#on").check();
    await page.bringToFront();
    const video = () => page.evaluate(() => { const { currentSrc, currentTime } = document.querySelector("video"); return { boosted: currentSrc.includes("/gateway/~"), currentTime }; });
    await until("the film plays through the node", async () => { const { boosted, currentTime } = await video(); return boosted && currentTime > 8; });
    const shown = async scheme => {
      await popup.emulateMedia({ colorScheme: scheme });
      await popup.locator("#media li", { hasText: "through the node" }).waitFor();
      return await popup.locator("body").screenshot();
    };
    await look("site-boosted", await together(context, await page.screenshot(), await shown("light")));
    await shown("dark");
    await look("popup-dark", popup.locator("body"));
  } finally {
    await context.close();
    site.close();
    await rm(profile, { recursive: true, force: true });
  }
}

const picture = bytes => `data:image/png;base64,${bytes.toString("base64")}`;

/** The page with the popup over its corner, where the browser opens it: no picture of a page has both. */
async function together(context, page, popup) {
  const both = await context.newPage();
  await both.setContent(`<style>body{margin:0;overflow:hidden}img{display:block}.popup{position:absolute;top:10px;right:16px;border-radius:10px;box-shadow:0 4px 24px rgb(0 0 0/.45)}</style>
    <img src="${picture(page)}"><img class="popup" src="${picture(popup)}">`);
  return both;
}
