// What a person sees and does, tried in Chromium: the demo's film, its dashboard beside it. Prints a line of JSON a statement, and exits 0 only if all hold.
//   node dashboard.mjs [--recording FILE:PORT] [--small]
// FILE of diag record, in which the connection with PORT is an idle reader's; small: one scheme, and fewer hostile pages
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { serious } from "./axe.mjs";
import { drop, openPage, withBrowser } from "./browser.mjs";
import { answerFor } from "./hostile.mjs";
import { start, until } from "./program.mjs";

const VIEWS = ["home", "flow", "tcp", "swarm", "origins", "settings", "log"];
/** The dashboard's playhead beside the video's. */
const PLAYHEAD_SECONDS = 0.5;
const LOOK_MS = 1200;
const { values: options } = parseArgs({ options: { recording: { type: "string" }, small: { type: "boolean" } } });
const recorded = options.recording ? /^(.*):(\d+)$/.exec(options.recording) : null;
let failed = 0;

function tell(what, holds, detail = "") {
  if (!holds) failed++;
  console.log(JSON.stringify({ what, holds: Boolean(holds), detail: String(detail) }));
}

const problems = [];
const demo = await start(["demo"]);
try {
  await withBrowser(async browser => {
    const film = await openPage(browser, { problems });
    await film.goto(`${demo.page}#${demo.token}`);
    const at = () => film.evaluate(() => document.querySelector("video").currentTime);
    await until("the film plays", async () => await at() > 1);
    tell("the film plays", true, `${(await at()).toFixed(1)} s`);

    const board = await openPage(browser, { problems });
    await board.goto(demo.dashboard);
    const view = name => board.getByRole("navigation").getByRole("link", { name, exact: true }).click();
    const sees = async (what, locator) => {
      try { await locator.first().waitFor({ timeout: 30_000 }); tell(what, true, ((await locator.first().textContent()) || "").replace(/\s+/g, " ").slice(0, 120)); }
      catch { tell(what, false, "not to be found"); }
    };

    // Eight questions of a newcomer.
    await sees("1. is it working?", board.getByRole("region", { name: "State" }).getByText(/Delivering film\.mp4: .*from 4.peers/));
    await sees("2. what did it save?", board.getByText("Not from an origin").locator("..").getByText(/\d+.%/));
    await view("Flow");
    await board.getByRole("link", { name: "film.mp4" }).click();
    await sees("3. where do these bytes come from?", board.getByRole("table", { name: "Sources" }).getByRole("row", { name: /peer 127\.0\.0\.\d:\d+ ✓ serves/ }));
    await sees("4. how long can I go on watching?", board.getByRole("table", { name: "Players" }).getByRole("row", { name: /of 3:00.* \d+(\.\d)?.(s|ms)/ }));

    // The playhead here and there, and after a seek by clicking.
    const apart = async () => {
      const before = await at(), shown = Number(await board.locator("[data-seconds]").getAttribute("data-seconds")), after = await at();
      return shown < before ? before - shown : shown > after ? shown - after : 0;
    };
    await board.locator("[data-seconds]").waitFor();
    const spread = [];
    for (let i = 0; i < 8; i++) { spread.push(await apart()); await board.waitForTimeout(250); }
    tell(`the dashboard's playhead is the video's, within ${PLAYHEAD_SECONDS} s`, median(spread) <= PLAYHEAD_SECONDS, `median ${median(spread).toFixed(2)} s, worst ${Math.max(...spread).toFixed(2)} s`);
    const strip = film.locator("#strip"), box = await strip.boundingBox();
    await strip.click({ position: { x: box.width * 0.5, y: box.height / 2 } });
    await until("it plays on after the click", async () => await at() > 91.5, 60_000);
    tell("a click seeks, and it plays on from there", await at() < 120, `${(await at()).toFixed(1)} s`);
    await until("the dashboard follows", async () => await apart() <= PLAYHEAD_SECONDS, 20_000);

    // A peer is killed, another poisoned.
    const from = await at();
    await film.getByRole("button", { name: "Kill a peer" }).click();
    const gone = board.getByRole("table", { name: "Sources" }).getByText("✕ gone");
    await sees("a killed peer is shown as gone", gone);
    tell("and it is red", await gone.evaluate(e => { const [r, g, b] = getComputedStyle(e).color.match(/\d+/g).map(Number); return r > 1.5 * g && r > 1.5 * b; }), await gone.evaluate(e => getComputedStyle(e).color));
    await film.getByRole("button", { name: "Poison a peer" }).click();
    await sees("5. who lied to me?", board.getByRole("table", { name: "Sources" }).getByText(/✕ banned: block \d+/));
    await until("it plays on without them", async () => await at() > from + 3, 60_000);
    tell("the film goes on without the killed and the poisoned peer", true, `${(await at() - from).toFixed(1)} s further`);

    await view("Swarm");
    await sees("6. who gets what from me, and how do I stop it?", board.getByRole("group", { name: "What peers get" }).getByRole("button", { name: "Give nothing", pressed: true }));
    await view("Origins");
    await sees("7. why is it not faster?", board.getByRole("region", { name: "Not accelerated, and why" }).getByText(/Nothing: every open resource has its swarm|https/));
    await view("TCP memory");
    await sees("8. which connection wastes memory?", board.getByRole("region", { name: "State" }).getByText(/connections? holds? .* of receive memory/));
    if (recorded) await recording(board, sees);

    await everyView(browser, demo, problems);
    await hostile(browser, demo);
    const status = await (await fetch(`${demo.control}/api/v1/status`, { headers: { Authorization: `Bearer ${demo.token}` } })).json();
    console.log(JSON.stringify({ bytes: status.sent_bytes.client }));
    await demo.stop();
    await sees("when the node is gone, the page says so", board.getByRole("status").getByText(/the node does not answer/));
  });
} finally {
  await demo.stop();
}
// The browser's own words about a node that is gone, and about answers that were cut for the purpose, are no complaint of the page.
const own = [...new Set(problems)].filter(p => !/net::ERR_|Failed to load resource/.test(p));
tell("no page complained", own.length === 0, own.join("; "));
process.exitCode = failed > 0 ? 1 : 0;

async function recording(board, sees) {
  const [, file, port] = recorded, bytes = await readFile(file);
  await drop(board.locator(".drop"), "idle.swd", bytes);
  await sees("a recording is judged where it is dropped", board.getByRole("region", { name: "Recording", exact: true }).getByText(/idle\.swd/));
  await sees("its bloated socket is named", board.getByRole("region", { name: "Findings" }).getByText(new RegExp(`:${port} .*`)));
  await sees("with what is wrong", board.getByRole("region", { name: "Findings" }).getByText(/BLOATED|STALLED READER|RAISED/));
  await sees("and what it held over time", board.getByRole("img", { name: /held at most/ }));
  await board.getByRole("button", { name: "Back to live" }).click();
}

async function everyView(browser, demo, problems) {
  for (const scheme of options.small ? ["light"] : ["light", "dark"]) {
    const page = await openPage(browser, { scheme, reducedMotion: "reduce", problems });
    await page.goto(demo.dashboard);
    await page.getByText("● live").waitFor();
    for (const name of VIEWS) {
      await page.goto(`${demo.control}/#/${name}`);
      await page.getByRole("heading", { level: 2 }).first().waitFor();
      tell(`${name}, ${scheme}: axe finds nothing serious`, ...await serious(page));
    }
    await page.context().close();
    const film = await openPage(browser, { scheme, problems });
    await film.goto(`${demo.page}#${demo.token}`, { waitUntil: "commit" });
    await film.getByRole("button", { name: "Kill a peer" }).waitFor();
    tell(`the demo's page, ${scheme}: axe finds nothing serious`, ...await serious(film));
    await film.context().close();
  }
  const keys = await openPage(browser, { problems });
  await keys.goto(demo.dashboard);
  await keys.getByText("● live").waitFor();
  const met = [];
  for (let i = 0; i < 10; i++) { await keys.keyboard.press("Tab"); met.push(await keys.evaluate(() => document.activeElement.textContent)); }
  tell("the keyboard reaches every view", ["Skip to the content", "Home", "Flow", "TCP memory", "Swarm", "Origins", "Settings", "Log"].every(n => met.includes(n)), met.join(", ").slice(0, 120));
}

async function hostile(browser, demo) {
  for (const width of options.small ? [375] : [375, 1280]) {
    const page = await openPage(browser, { width });
    await answerFor(page);
    await page.goto(demo.dashboard);
    // Narrow, tables are cards; every view is tried so.
    for (const name of width === 375 && !options.small ? [...VIEWS, "flow/r0"] : ["home", "tcp", "swarm", "flow/r0"]) {
      await page.goto(`${demo.control}/#/${name}`);
      await page.getByRole("heading", { level: 2 }).first().waitFor();
      await page.waitForTimeout(LOOK_MS); // the page asks once a second
      const [caught, images, over, tall] = await page.evaluate(() => [window.caught, document.querySelectorAll("main img, main script").length, document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight]);
      tell(`hostile names, ${name}, ${width} px: text, and the layout holds`, !caught && images === 0 && over <= 0 && tall < 30_000, `${over} px too wide, ${tall} px tall`);
    }
    await page.context().close();
  }
}

function median(values) { return [...values].sort((a, b) => a - b)[values.length >> 1]; }
