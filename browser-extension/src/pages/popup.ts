// The popup: how the node stands, this site's switch, and where the bytes of this page came from.

import { type Command, type MediaState, type PageReport, ask } from "../shared/messages";
import { hostOf, nameOf } from "../shared/name";
import type { NodeState } from "../shared/node";
import { element, fillIn, text } from "../shared/text";

const REFRESH_MS = 1000;

/** Opened as a page of its own (Firefox for Android does so), it is told which tab it speaks of. */
async function tabId(): Promise<number> {
  const named = new URLSearchParams(location.search).get("tab");
  return named !== null ? Number(named) : (await chrome.tabs.query({ active: true, currentWindow: true }))[0]?.id ?? -1;
}

function sentenceOf(media: MediaState): string {
  const name = nameOf(media.playhead.url) || text("noName");
  const ahead = Math.max(0, Math.floor(media.playhead.bufferedUntilSeconds - media.playhead.positionSeconds));
  return media.boosted ? text("mediaBoosted", name, String(ahead)) : text("mediaDirect", name, text(`why_${media.why ?? "starting"}`));
}

/** Written only where it changed, so that a screen reader is not told the same each second. */
function write(id: string, words: string): void {
  if (element(id).textContent !== words) {
    element(id).textContent = words;
  }
}

function list(id: string, lines: string[]): void {
  const items = element(id);
  if ([...items.children].map(c => c.textContent).join("\n") !== lines.join("\n")) {
    items.replaceChildren(...lines.map(line => Object.assign(document.createElement("li"), { textContent: line })));
  }
}

/** The first other host that media wait for, and what the browser is asked for; null if none does. */
function toAllow(report: PageReport): { host: string; pattern: string } | null {
  const waiting = report.on ? report.media.find(m => m.why === "permission") : undefined;
  const host = hostOf(waiting?.playhead.url);
  return host === null ? null : { host, pattern: `${new URL(waiting!.playhead.url).protocol}//${host}/*` };
}

/** One sentence for each thing that is not as it could be. */
function notesOf(report: PageReport, refused: string | null): string[] {
  return [
    ...report.host === null ? [text("noSite")] : [],
    ...refused !== null ? [text("notPermitted", refused)] : [],
    ...report.proxyTaken ? [text("proxyTaken")] : [],
    ...report.tunnelled ? [text("tunnelled", report.host ?? "")] : [],
    ...report.hostNotListed !== null ? [text("hostNotListed", report.hostNotListed)] : [],
  ];
}

function draw(report: PageReport, refused: string | null): void {
  write("node", text(`node_${report.node}`, report.control));
  element("pair").hidden = report.node === "ok" || report.node === "starting";
  element("site").hidden = report.host === null;
  element<HTMLInputElement>("on").checked = report.on;
  write("site-label", text("siteSwitch", report.host ?? ""));
  const { share } = report;
  const elsewhere = share !== null && share.other > 0 ? text("shareOther", String(share.other)) : "";
  write("share", share !== null ? text("share", String(share.peers), String(report.peers), String(share.origin)) + elsewhere : report.on ? text("shareNone") : text("siteOff"));
  element("mix").hidden = share === null;
  element("mix-peers").style.width = `${share?.peers ?? 0}%`;
  element("mix-other").style.width = `${share?.other ?? 0}%`;
  element("mix").setAttribute("aria-label", element("share").textContent ?? "");
  list("media", report.on ? report.media.map(sentenceOf) : []);
  list("notes", notesOf(report, refused));
  const waiting = toAllow(report);
  element("allow").hidden = waiting === null;
  write("allow", text("allowHost", waiting?.host ?? ""));
  const dashboard = element<HTMLAnchorElement>("dashboard");
  dashboard.hidden = report.node !== "ok";
  dashboard.href = `${report.control}/`;
}

async function main(): Promise<void> {
  fillIn(document);
  const tab = await tabId();
  let shown: PageReport | null = null;
  let refused: string | null = null;
  // Asked within the click, as browsers demand; before anything else is awaited.
  const mayAsk = async (pattern: string, host: string): Promise<boolean> => {
    const granted = await chrome.permissions.request({ origins: [pattern] });
    refused = granted ? null : host;
    return granted;
  };
  const tell = (command: Command): Promise<unknown> => chrome.tabs.sendMessage(tab, command).catch(() => { /* no script of ours in that page */ });
  const refresh = async (): Promise<void> => {
    await tell("tell");
    const report = await ask<PageReport | null>({ kind: "page", tabId: tab });
    if (report !== null) {
      shown = report;
      draw(report, refused);
    }
  };
  element("pair").addEventListener("click", async () => {
    const state = await ask<NodeState>({ kind: "pair", link: null });
    await refresh();
    if (state !== "ok") {
      write("node", text(state === "unpaired" ? "pairNoDashboard" : `node_${state}`, "127.0.0.1"));
    }
  });
  element("on").addEventListener("change", async event => {
    const on = (event.target as HTMLInputElement).checked;
    if (shown?.host == null) {
      return;
    }
    if (!on || await mayAsk(shown.pattern, shown.host)) {
      await ask({ kind: "switch", host: shown.host, origin: shown.origin, on, tabId: tab });
    }
    await refresh();
  });
  element("allow").addEventListener("click", async () => {
    const waiting = shown === null ? null : toAllow(shown);
    if (shown?.host != null && waiting !== null && await mayAsk(waiting.pattern, waiting.host)) {
      await ask({ kind: "allowed", site: shown.host, host: waiting.host });
      await tell("again");
    }
    await refresh();
  });
  await refresh();
  setInterval(() => void refresh(), REFRESH_MS);
}

void main();
