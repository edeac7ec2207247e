// Bundles the dashboard into dist/: node build.mjs. With --test it bundles and runs the unit tests instead.
import { build } from "esbuild";
import { copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";

/** What a page load may cost, in bytes, gzip. */
const BUDGET_BYTES = 60 * 1024;
const common = { bundle: true, minify: true, target: "es2022", logLevel: "warning", legalComments: "none" };

if (process.argv.includes("--test")) {
  await rm("dist-test", { recursive: true, force: true });
  const tests = (await readdir("test")).filter(name => name.endsWith(".test.ts")).map(name => `test/${name}`);
  await build({ ...common, minify: false, entryPoints: tests, outdir: "dist-test", platform: "node", format: "esm", outExtension: { ".js": ".mjs" } });
  process.exit(spawnSync(process.execPath, ["--test", "dist-test/"], { stdio: "inherit" }).status ?? 1);
}

await rm("dist", { recursive: true, force: true });
await mkdir("dist", { recursive: true });
await build({ ...common, entryPoints: { app: "src/main.tsx", diag: "src/diag.tsx" }, outdir: "dist", format: "iife" });
await copyFile("src/icon.svg", "dist/icon.svg");
await copyFile("src/index.html", "dist/index.html");
await copyFile("src/diag.html", "dist/diag.html");

// Each page is loaded alone: the node's, and that of diag serve.
for (const [page, mine] of [["dashboard", /^(?!diag\.)/], ["diag serve", /^(diag|icon)\./]]) {
  let total = 0;
  for (const name of await readdir("dist")) {
    if (mine.test(name)) total += gzipSync(await readFile(`dist/${name}`)).length;
  }
  console.log(`${page}: ${(total / 1024).toFixed(1)} KiB gzip of ${BUDGET_BYTES / 1024}`);
  if (total > BUDGET_BYTES) {
    console.error(`${page}: over its budget; something large was imported`);
    process.exit(1);
  }
}
