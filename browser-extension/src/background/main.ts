// The background: every listener is registered here, at once, since the browser wakes a sleeping background for them alone.

import type { Request } from "../shared/messages";
import { hostOf } from "../shared/name";
import type { NodeState } from "../shared/node";
import { load, routesOf } from "../shared/settings";
import * as boost from "./boost";
import * as browserProxy from "./browser-proxy";
import * as health from "./health";
import { isHeard } from "./heard";
import * as menus from "./menus";
import { pair } from "./pairing";
import { reportOn } from "./report";
import * as sites from "./sites";

const ALARM = "health";

/** The shortest period that alarms have; pages that play ask every second besides. */
const ALARM_MINUTES = 0.5;

/** Where requests go now: nothing goes through a node that is not there. */
async function way(): Promise<browserProxy.Way | null> {
  const settings = await load();
  return await health.current() === "ok" && settings.proxy !== null
    ? { proxy: settings.proxy, routes: routesOf(settings) } : null;
}

async function onNode(state: NodeState): Promise<void> {
  await browserProxy.apply(state === "ok" ? await way() : null);
}

async function start(): Promise<void> {
  menus.install();
  await sites.registerAll();
  await chrome.alarms.create(ALARM, { periodInMinutes: ALARM_MINUTES });
  await health.look();
}

async function answer(request: Request, sender: chrome.runtime.MessageSender): Promise<unknown> {
  switch (request.kind) {
    case "boost": return await boost.boost(request.media, [hostOf(sender.url), hostOf(sender.tab?.url)]);
    case "playing": return await boost.playing(sender.tab?.id ?? -1, sender.frameId ?? 0, request);
    case "fell-back": return await boost.fellBack(request.url, request.pageSinceMs);
    case "page": return await reportOn(request.tabId);
    case "allowed": return await sites.allowed(request.site, request.host);
    case "pair": return await pair(request.link);
    case "play": return await menus.playable(request.url);
    case "switch":
      await boost.forgive();
      await (request.on ? sites.switchOn(request.host, request.tabId) : sites.switchOff(request.host));
      await browserProxy.apply(await way());
      if (request.on && !await sites.isReachable(request.origin)) {
        await sites.goStraight(request.host);
        await browserProxy.apply(await way());
      }
      return null;
    case "refresh":
      await browserProxy.apply(await way());
      return (await health.look()).state;
  }
}

// The node's token is for the background and the extension's own pages, not for scripts that run in pages.
void chrome.storage.local.setAccessLevel?.({ accessLevel: "TRUSTED_CONTEXTS" });
health.watch(onNode);
browserProxy.listen(way);
chrome.runtime.onInstalled.addListener(() => void start());
chrome.runtime.onStartup.addListener(() => void start());
chrome.alarms.onAlarm.addListener(() => void health.look());
chrome.contextMenus.onClicked.addListener(info => void menus.clicked(info));
chrome.tabs.onRemoved.addListener(tabId => boost.media.forget(tabId));
chrome.tabs.onUpdated.addListener((tabId, change) => {
  // Another page, or another address of a page that changes without loading: what plays there still says so again.
  if (change.status === "loading" || change.url !== undefined) {
    void boost.forget(tabId);
    if (change.status !== "loading") {
      void sites.tell(tabId, "tell");
    }
  }
});
chrome.runtime.onMessage.addListener((request: Request, sender, respond) => {
  if (sender.id !== chrome.runtime.id) {
    return false;
  }
  if (!isHeard(request.kind, sender.documentLifecycle)) {
    return false;
  }
  // What only the extension's own pages may ask is refused to scripts in pages.
  const fromExtension = sender.url?.startsWith(chrome.runtime.getURL("")) === true;
  if (!fromExtension && !["boost", "playing", "fell-back"].includes(request.kind)) {
    return false;
  }
  answer(request, sender).then(respond, () => respond(null));
  return true; // the answer comes later
});
