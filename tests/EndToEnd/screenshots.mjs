// Every view of a live demo, both themes, two widths: node screenshots.mjs [FOLDER]. Without Chromium there is nothing to see.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openPage, withBrowser } from "./browser.mjs";
import { start, until } from "./program.mjs";

const folder = process.argv[2] ?? "screenshots";
const VIEWS = ["home", "flow", "tcp", "swarm", "origins", "settings", "log"];
const problems = [];
await mkdir(folder, { recursive: true });
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
        const look = async (name, page) => {
          await page.screenshot({ path: join(folder, `${name}-${scheme}-${width}.png`), fullPage: true });
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
        await page.context().close();
        const film = await openPage(browser, { width, height: width === 375 ? 800 : 900, scheme, problems });
        await film.goto(`${demo.page}#${demo.token}`, { waitUntil: "commit" });
        await until("it plays", () => film.evaluate(() => document.querySelector("video").currentTime > 2));
        await look("demo", film);
        await film.context().close();
      }
    }
  });
} finally {
  await demo.stop();
}

for (const problem of new Set(problems)) console.log(problem);
console.log(`screenshots: ${folder}`);
