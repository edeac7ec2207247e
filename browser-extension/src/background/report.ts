// What the popup shows of a page.

import type { PageReport } from "../shared/messages";
import type { Receipt, Resource, Status } from "../shared/node";
import { load } from "../shared/settings";
import { percentages, shareOf } from "../shared/share";
import { get } from "./api";
import { mediaOf } from "./boost";
import { isTaken } from "./browser-proxy";
import { look } from "./health";

/** How many of the last receipts are looked through for those of this page. */
const RECEIPTS = 200;

export async function reportOn(tabId: number): Promise<PageReport> {
  const node = await look();
  const settings = await load();
  const tab = await chrome.tabs.get(tabId);
  const url = tab.url === undefined ? null : new URL(tab.url);
  const host = url !== null && /^https?:$/.test(url.protocol) ? url.hostname : null;
  const pattern = `${url?.protocol ?? ""}//${host ?? ""}/*`;
  const media = mediaOf(tabId);
  const urls = new Set(media.map(m => m.playhead.url));
  const report: PageReport = {
    node, control: settings.control, host, origin: url?.origin ?? "", pattern, media,
    on: host !== null && settings.sites.includes(host) && await chrome.permissions.contains({ origins: [pattern] }),
    share: null, peers: 0, proxyTaken: await isTaken(), hostNotListed: false,
  };
  if (node === "ok" && urls.size > 0) {
    const [status, resources, receipts] = await Promise.all([
      get<Status>(settings, "/api/v1/status"), get<Resource[]>(settings, "/api/v1/resources"), get<Receipt[]>(settings, `/api/v1/receipts?limit=${RECEIPTS}`),
    ]);
    const own = (resources.body ?? []).filter(r => urls.has(r.url));
    const since = Math.min(...media.map(m => m.pageSinceMs));
    report.share = percentages(shareOf(urls, own, receipts.body ?? [], since));
    report.peers = own.reduce((sum, r) => sum + r.peers, 0);
    const listed = status.body?.swarm_hosts ?? ["*"];
    report.hostNotListed = !listed.includes("*") && [...urls].some(u => !listed.includes(new URL(u).hostname));
  }
  return report;
}
