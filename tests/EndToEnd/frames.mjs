// How smooth the dashboard stays with 1,000 connections and 100,000 pieces, beside an empty page: node frames.mjs
import { openPage, withBrowser } from "./browser.mjs";
import { answerFor } from "./hostile.mjs";
import { start } from "./program.mjs";

const SECONDS = 10;
const node = await start(["demo"]);
try {
  await withBrowser(async browser => {
    const measure = async page => await page.evaluate(async seconds => {
      const frames = [], end = performance.now() + seconds * 1000;
      for (let last = performance.now(); last < end;) {
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - last);
        last = now;
      }
      frames.sort((a, b) => a - b);
      const part = p => Number(frames[Math.floor(frames.length * p)].toFixed(1));
      return { median: part(0.5), p95: part(0.95), longest: part(0.9999) };
    }, SECONDS);
    const page = await openPage(browser, {});
    await page.goto("about:blank");
    console.log(JSON.stringify({ page: "empty", ...await measure(page) }));
    await answerFor(page, { connections: 1000, cells: 1200 });
    await page.goto(node.dashboard);
    for (const view of ["home", "tcp", "swarm", "flow/r0"]) {
      await page.goto(`${node.control}/#/${view}`);
      await page.getByRole("heading", { level: 2 }).first().waitFor();
      const frames = await measure(page);
      console.log(JSON.stringify({ page: view, ...frames }));
      if (!(frames.median <= 17)) process.exitCode = 1; // 16 ms, as a clock of 60 frames a second ticks
    }
  });
} finally {
  await node.stop();
}
