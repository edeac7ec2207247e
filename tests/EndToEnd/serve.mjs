// The page of `diag serve`, in Chromium: a connection of another program that nobody reads is found by looking. Prints a line of JSON a statement,
// and exits 0 only if all hold: node serve.mjs
import { serious } from "./axe.mjs";
import { openPage, withBrowser } from "./browser.mjs";
import { start } from "./program.mjs";

let failed = 0;
const problems = [];

function tell(what, holds, detail = "") {
  if (!holds) failed++;
  console.log(JSON.stringify({ what, holds: Boolean(holds), detail: String(detail) }));
}

const idle = await start(["diag", "lab", "idle-reader", "--for", "10m"]);
let serve;
try {
  serve = await start(["diag", "serve", "--listen", "127.0.0.1:0"]);
  const port = /explain ':?(\d+)'|explain :(\d+)/.exec(idle.seen().out + idle.seen().errors).slice(1).find(Boolean);
  await withBrowser(async browser => {
    const page = await openPage(browser, { problems });
    const sees = async (what, locator) => {
      try { await locator.first().waitFor({ timeout: 60_000 }); tell(what, true, ((await locator.first().textContent()) || "").replace(/\s+/g, " ").slice(0, 120)); }
      catch { tell(what, false, "not to be found"); }
    };
    await page.goto(serve.dashboard);
    await sees("it is live", page.getByText("● live"));
    tell("the token has left the address bar", !page.url().includes("#"), page.url());
    await sees("the sick connection is found, by its port", page.getByRole("region", { name: "Findings" }).getByText(new RegExp(`:${port}\\b`)));
    await sees("with what is wrong", page.getByRole("region", { name: "Findings" }).getByText(/BLOATED|STALLED READER|RAISED/));
    await page.getByRole("region", { name: "Findings" }).locator("summary").first().click();
    await sees("and what to do", page.getByRole("region", { name: "Findings" }).getByText(/^→ /));
    await sees("its program is named", page.getByRole("region", { name: "Connections of this machine" }).getByRole("row", { name: new RegExp(`(dotnet|swarmstream).*:${port}\\b`) }));
    await sees("its memory goes on over time", page.getByRole("img", { name: /held at most/ }));
    tell("nothing is asked of a node", problems.length === 0, problems.join("; "));
    tell("axe finds nothing serious", ...await serious(page));
    await page.setViewportSize({ width: 375, height: 800 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    tell("375 px: the layout holds", over <= 0, `${over} px too wide`);

    const stranger = await openPage(browser, {});
    await stranger.goto(`${serve.api}/`);
    await sees("without the token it asks for it", stranger.getByRole("heading", { name: "This page needs the token" }));
    await stranger.getByRole("textbox", { name: "Token" }).fill("wrong");
    await stranger.getByRole("button", { name: "Show" }).click();
    await sees("and says that one is wrong", stranger.getByRole("heading", { name: /not this program's/ }));

    await serve.stop();
    await sees("when the program has ended, the page says so", page.getByRole("status").getByText(/the program does not answer/));
  });
} finally {
  await serve?.stop();
  await idle.stop();
}
process.exitCode = failed > 0 ? 1 : 0;
