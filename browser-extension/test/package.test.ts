import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
// The tests run bundled, from beside the sources.
const source = new URL("../src/", import.meta.url);
const { PERMISSIONS, manifestFor } = await import(new URL("manifest.mjs", source).href) as typeof import("../src/manifest.mjs");

const read = (path: string): Promise<string> => readFile(new URL(path, source), "utf8");

test("both browsers get the same permissions, and no site before it is switched on", () => {
  for (const browser of ["chromium", "firefox"] as const) {
    const manifest = manifestFor(browser, "1.2.3");
    assert.deepEqual(manifest.permissions, PERMISSIONS);
    assert.deepEqual(manifest.host_permissions, ["http://127.0.0.1/*"]);
    assert.equal("content_scripts" in manifest, false);
    assert.equal("web_accessible_resources" in manifest, false);
    assert.equal(manifest.version, "1.2.3");
  }
});

test("every permission is used", async () => {
  const names = (await readdir(source, { recursive: true })).filter(name => name.endsWith(".ts"));
  const code = (await Promise.all(names.map(read))).join("\n");
  const uses: Record<string, RegExp> = { activeTab: /tab\.url/ };
  for (const permission of PERMISSIONS) {
    assert.match(code, uses[permission] ?? new RegExp(`chrome\\.${permission}\\.`), permission);
  }
});

test("each language says everything, with the same values in it", async () => {
  const [english, ...others] = await Promise.all(["en", "de", "zh_CN"].map(async name => JSON.parse(await read(`locales/${name}.json`)) as Record<string, string>));
  const values = (words: string): string[] => [...new Set(words.match(/\$\d/g) ?? [])].sort();
  for (const other of others) {
    assert.deepEqual(Object.keys(other!), Object.keys(english!));
    for (const [key, words] of Object.entries(other!)) {
      assert.deepEqual(values(words), values(english![key]!), key);
      assert.notEqual(words, "");
    }
  }
});

test("every message that is asked for exists, and none is left over", async () => {
  const known = Object.keys(JSON.parse(await read("locales/en.json")) as object);
  const names = (await readdir(source, { recursive: true })).filter(name => /\.(ts|html|mjs)$/.test(name));
  const code = (await Promise.all(names.map(read))).join("\n");
  const asked = [...code.matchAll(/\btext\("(\w+)"|\? "(\w+)" : `node_|data-text="(\w+)"|__MSG_(\w+)__/g)].map(m => m[1] ?? m[2] ?? m[3] ?? m[4]!);
  assert.deepEqual(asked.filter(key => !known.includes(key)), []);
  const states = [...(await read("shared/node.ts")).matchAll(/NodeState = (.*);/g)][0]![1]!.match(/\w+/g)!.map(state => `node_${state}`);
  const reasons = [...(await read("shared/eligible.ts")).matchAll(/Why =\s+([^;]*);/g)][0]![1]!.match(/\w+/g)!.map(why => `why_${why}`);
  assert.deepEqual([...states, ...reasons].filter(key => !known.includes(key)), []);
  assert.deepEqual(known.filter(key => ![...asked, ...states, ...reasons, "why_starting"].includes(key)), []);
});
