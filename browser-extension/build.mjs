// Bundles the extension for both browsers into dist/chromium and dist/firefox: node build.mjs.
// --package puts each into a file that the stores take; --test bundles and runs the unit tests instead.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { iconPng } from "./src/icon.mjs";
import { manifestFor } from "./src/manifest.mjs";
import { zip } from "./src/zip.mjs";

const BROWSERS = ["chromium", "firefox"];
// Readable on purpose: stores and users look at what they get.
const common = { bundle: true, target: "es2022", logLevel: "warning", legalComments: "none", charset: "utf8" };
const { version } = JSON.parse(await readFile("package.json", "utf8"));

if (process.argv.includes("--test")) {
  await rm("dist-test", { recursive: true, force: true });
  const tests = (await readdir("test")).filter(name => name.endsWith(".test.ts")).map(name => `test/${name}`);
  await build({ ...common, entryPoints: tests, outdir: "dist-test", platform: "node", format: "esm", outExtension: { ".js": ".mjs" } });
  process.exit(spawnSync(process.execPath, ["--test", "dist-test/"], { stdio: "inherit" }).status ?? 1);
}

await rm("dist", { recursive: true, force: true });
for (const browser of BROWSERS) {
  const folder = `dist/${browser}`;
  await mkdir(folder, { recursive: true });
  await build({
    ...common, outdir: folder, format: "iife",
    entryPoints: { background: "src/background/main.ts", content: "src/page/content.ts", popup: "src/pages/popup.ts", options: "src/pages/options.ts", play: "src/pages/play.ts" },
  });
  const manifest = manifestFor(browser, version);
  await writeFile(`${folder}/manifest.json`, JSON.stringify(manifest, null, 2) + "\n");
  for (const size of Object.keys(manifest.icons)) {
    await writeFile(`${folder}/icon-${size}.png`, iconPng(Number(size)));
  }
  for (const name of await readdir("src/pages")) {
    if (/\.(html|css)$/.test(name)) {
      await copyFile(`src/pages/${name}`, `${folder}/${name}`);
    }
  }
  for (const name of await readdir("src/locales")) {
    const words = JSON.parse(await readFile(`src/locales/${name}`, "utf8"));
    const messages = Object.fromEntries(Object.entries(words).map(([key, message]) => [key, { message }]));
    await mkdir(`${folder}/_locales/${name.replace(".json", "")}`, { recursive: true });
    await writeFile(`${folder}/_locales/${name.replace(".json", "")}/messages.json`, JSON.stringify(messages, null, 1) + "\n");
  }
  await copyFile("PRIVACY.md", `${folder}/PRIVACY.md`);
  if (process.argv.includes("--package")) {
    const file = `dist/swarm-${browser}-${version}.${browser === "firefox" ? "xpi" : "zip"}`;
    const bytes = await zip(folder);
    await writeFile(file, bytes);
    console.log(`${file}: ${(bytes.length / 1024).toFixed(1)} KiB`);
  }
}
