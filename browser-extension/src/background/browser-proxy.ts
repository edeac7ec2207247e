// The browser's proxy setting: Chromium takes a PAC file, Firefox asks for each request. The one place where the two differ.

import { type Routes, pacText, usesProxy } from "../shared/routing";

/** Firefox's own interface; Chromium has none of this. */
interface FirefoxProxy {
  onRequest: {
    addListener(listener: (request: { url: string }) => object | Promise<object>, filter: { urls: string[] }): void;
  };
}

export interface Way { proxy: string; routes: Routes }

const firefox = (chrome.proxy as unknown as Partial<FirefoxProxy>).onRequest;

/** Must be called when the background starts: Firefox wakes it for requests. */
export function listen(way: () => Promise<Way | null>): void {
  firefox?.addListener(async ({ url }) => {
    const { hostname: host } = new URL(url);
    // Before anything is asked: the question whether the node is there is itself a request that may come by here.
    const now = usesProxy(url, host, { hosts: [host], allHttp: true }) ? await way() : null;
    if (now === null || !usesProxy(url, host, now.routes)) {
      return { type: "direct" };
    }
    const { hostname, port } = new URL(now.proxy);
    return [{ type: "http", host: hostname, port: Number(port) }, { type: "direct" }];
  }, { urls: ["http://*/*", "https://*/*"] });
}

/** Null leaves the browser's proxy as it would be without this extension. */
export async function apply(way: Way | null): Promise<void> {
  if (firefox !== undefined) {
    return;
  }
  // Cleared in any case: Chromium goes around a proxy that once failed for five minutes, unless its settings change.
  await chrome.proxy.settings.clear({ scope: "regular" });
  if (way === null || (way.routes.hosts.length === 0 && !way.routes.allHttp)) {
    return;
  }
  await chrome.proxy.settings.set({ scope: "regular", value: { mode: "pac_script", pacScript: { data: pacText(way.proxy, way.routes), mandatory: false } } });
}

/** True if another extension or the administrator decides it: then it is left alone. */
export async function isTaken(): Promise<boolean> {
  if (firefox !== undefined) {
    return false;
  }
  const { levelOfControl } = await chrome.proxy.settings.get({});
  return levelOfControl === "controlled_by_other_extensions" || levelOfControl === "not_controllable";
}
