// Switching a site on and off: its content script comes and goes with it, and the browser's permission goes. It comes in the popup, by the click.

import type { Command } from "../shared/messages";
import { own } from "../shared/own";
import { load, save } from "../shared/settings";
import { noLongerNeeded, patternsOf } from "./granted";

const idOf = (host: string): string => `site ${host}`;

export async function switchOn(host: string, tabId: number): Promise<void> {
  const settings = await load();
  await save({ sites: [...new Set([...settings.sites, host])].sort() });
  await register(host);
  await chrome.scripting.executeScript({ target: { tabId, allFrames: true }, files: ["content.js"] })
    .catch(() => { /* an error page, or a frame that takes no scripts: its next document has it registered */ });
  await tell(tabId, "again");
}

export async function switchOff(host: string): Promise<void> {
  const before = await load();
  const { [host]: _, ...mediaHosts } = before.mediaHosts;
  await save({ sites: before.sites.filter(h => h !== host), unreachable: before.unreachable.filter(h => h !== host), mediaHosts });
  await chrome.scripting.unregisterContentScripts({ ids: [idOf(host)] }).catch(() => { /* it was not registered */ });
  // First the pages, while they may still be found.
  for (const tab of await chrome.tabs.query({ url: patternsOf(host) })) {
    await tell(tab.id!, "leave");
  }
  const origins = noLongerNeeded(host, before, (await chrome.permissions.getAll()).origins ?? []);
  if (origins.length > 0) {
    await chrome.permissions.remove({ origins }).catch(() => { /* an administrator gave it */ });
  }
}

/** The user allowed another host for this site's media: remembered, so that it goes with the site. */
export async function allowed(site: string, host: string): Promise<void> {
  const { mediaHosts } = await load();
  await save({ mediaHosts: { ...mediaHosts, [site]: [...new Set([...own(mediaHosts, site) ?? [], host])] } });
}

export async function tell(tabId: number, command: Command): Promise<void> {
  await chrome.tabs.sendMessage(tabId, command).catch(() => { /* no script of ours in that page */ });
}

/**
 * Whether the site answers by the way that was just set. The node refuses addresses of the local network, and a name does not show that it
 * leads to one: then the browser would show the node's refusal in the page's place.
 */
export async function isReachable(origin: string): Promise<boolean> {
  try {
    const response = await fetch(`${origin}/`, { method: "HEAD", credentials: "omit", cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(5000) });
    return !/\berror=/.test(response.headers.get("proxy-status") ?? "");
  } catch {
    return false; // a tunnel that was refused
  }
}

export async function goStraight(host: string): Promise<void> {
  await save({ unreachable: [...new Set([...(await load()).unreachable, host])] });
}

/** Once more for all: an update of the extension forgets what was registered. */
export async function registerAll(): Promise<void> {
  for (const host of (await load()).sites) {
    await register(host);
  }
}

async function register(host: string): Promise<void> {
  const id = idOf(host);
  if ((await chrome.scripting.getRegisteredContentScripts({ ids: [id] })).length === 0) {
    await chrome.scripting.registerContentScripts([{ id, matches: patternsOf(host), js: ["content.js"], runAt: "document_start", allFrames: true, persistAcrossSessions: true }]);
  }
}
