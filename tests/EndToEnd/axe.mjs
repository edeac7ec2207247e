// What axe-core finds serious on a page.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Whether there is nothing, and what there is. */
export async function serious(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await axe.run()).violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => `${v.id}: ${v.nodes.map(n => n.target).join(" ").slice(0, 200)}`));
  return [found.length === 0, found.join("; ")];
}
