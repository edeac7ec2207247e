// Every view of a live demo, both themes, two widths, and the browser extension: node screenshots.mjs [--readme] [FOLDER].
// --readme puts those that documents show into their places, in few colours. Without Chromium there is nothing to see.
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drop, openPage, withBrowser } from "./browser.mjs";
import { photographExtension } from "./extension.mjs";
import { root, run, start, until } from "./program.mjs";

const { values: options, positionals: [folder = "screenshots"] } = parseArgs({ options: { readme: { type: "boolean" } }, allowPositionals: true });
/** What documents show, and where it lies for them. */
const SHOWN = {
  "demo-light-1280": "diagnostics/docs/demo.png", "flow-dark-1280": "diagnostics/docs/flow.png", "home-light-375": "diagnostics/docs/home-375.png", "recording-light-1280": "diagnostics/docs/tcp-memory.png",
  ...Object.fromEntries(["extension-loaded", "site-boosted", "popup-dark"].map(name => [name, `browser-extension/screenshots/${name}.png`])),
};
const VIEWS = ["home", "flow", "tcp", "swarm", "origins", "settings", "log"];
const problems = [];
const fileOf = name => join(folder, `${name}.png`);
await mkdir(folder, { recursive: true });
const recording = await recordIdleReader();
const demo = await start(["demo"]);
try {
  await withBrowser(async browser => {
    const player = await openPage(browser, { problems });
    await player.goto(`${demo.page}#${demo.token}`);
    await until("the film plays", () => player.evaluate(() => document.querySelector("video").currentTime > 8));
    // Something to see: a peer that is gone, one that was caught, and a reader that does not read.
    for (const what of ["Kill a peer", "Poison a peer", "Stop a reader"]) await player.getByRole("button", { name: what }).click();
    await until("the liar is caught", () => player.getByText("✕ banned").isVisible());
    for (const scheme of ["light", "dark"]) {
      for (const width of [1280, 375]) {
        const look = async (name, page, fullPage = true) => {
          await page.screenshot({ path: fileOf(`${name}-${scheme}-${width}`), fullPage });
          const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          if (over > 0) problems.push(`${name}, ${width} px: ${over} px too wide`);
        };
        const page = await openPage(browser, { width, height: width === 375 ? 800 : 900, scheme, problems });
        await page.goto(demo.dashboard);
        await page.getByText("● live").waitFor();
        await page.waitForTimeout(3000); // charts need samples
        for (const view of VIEWS) {
          await page.goto(`${demo.control}/#/${view}`);
          await page.getByRole("heading", { level: 2 }).first().waitFor();
          if (view === "flow") {
            await page.getByRole("link", { name: /film\.mp4/ }).first().click();
            await page.getByRole("img", { name: /Pieces/ }).waitFor();
          }
          await page.waitForTimeout(1500);
          await look(view, page);
        }
        await page.getByRole("navigation").getByRole("link", { name: "TCP memory" }).click();
        await drop(page.locator(".drop"), "idle.swd", recording);
        await page.getByRole("region", { name: "Findings" }).waitFor();
        // Whose machine it was is nobody's business: of its kernel the version is enough.
        await page.getByRole("region", { name: "Recording", exact: true }).locator("p").evaluate(p => { for (const text of p.childNodes) if (text.nodeType === Node.TEXT_NODE) text.data = text.data.replace(/(Linux \d+\.\d+)\S*/, "$1"); });
        await look("recording", page, false); // a busy machine's list of connections has no end
        await page.context().close();
        const film = await openPage(browser, { width, height: width === 375 ? 800 : 900, scheme, problems });
        await film.goto(`${demo.page}#${demo.token}`, { waitUntil: "commit" });
        await until("it plays", () => film.evaluate(() => document.querySelector("video").currentTime > 2));
        await look("demo", film);
        await film.context().close();
      }
    }
  });
  await photographExtension(demo, (name, what) => what.screenshot({ path: fileOf(name) }));
} finally {
  await demo.stop();
}
if (options.readme) {
  for (const [name, place] of Object.entries(SHOWN)) {
    // 256 colours are as good for an interface, and a fifth of the bytes.
    execFileSync("ffmpeg", ["-v", "error", "-y", "-i", fileOf(name), "-vf", "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=dither=none", "-frames:v", "1", "-update", "1", join(root, place)]);
  }
}

for (const problem of new Set(problems)) console.log(problem);
console.log(`screenshots: ${folder}`);

/** A connection that is read by nobody, as a recorder saw it for three seconds. */
async function recordIdleReader() {
  const idle = await start(["diag", "lab", "idle-reader", "--for", "10m"]), place = await mkdtemp(join(tmpdir(), "swarm-recording-"));
  try {
    await run(["diag", "record", join(place, "idle.swd"), "--for", "3s"]);
    return await readFile(join(place, "idle.swd"));
  } finally {
    await idle.stop();
    await rm(place, { recursive: true, force: true });
  }
}
