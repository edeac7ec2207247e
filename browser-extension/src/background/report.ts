// What the popup shows of a page.

import type { MediaState, PageReport } from "../shared/messages";
import { hostOf } from "../shared/name";
import type { Receipt, Resource, Status } from "../shared/node";
import { isOpened, usesProxy } from "../shared/routing";
import { load, routesOf } from "../shared/settings";
import { percentages, shareOf } from "../shared/share";
import { get } from "./api";
import { media } from "./boost";
import { isTaken } from "./browser-proxy";
import { look } from "./health";

/** How many of the last receipts are looked through for those of this page. */
const RECEIPTS = 200;

export async function reportOn(tabId: number): Promise<PageReport> {
  const { state: node, status } = await look();
  const settings = await load();
  const tab = await chrome.tabs.get(tabId);
  const url = tab.url === undefined ? null : new URL(tab.url);
  const host = url !== null && /^https?:$/.test(url.protocol) ? url.hostname : null;
  const pattern = `${url?.protocol ?? ""}//${host ?? ""}/*`;
  const on = host !== null && settings.sites.includes(host) && await chrome.permissions.contains({ origins: [pattern] });
  const seen = media.of(tabId);
  const report: PageReport = {
    node, control: settings.control, host, origin: url?.origin ?? "", pattern, on, media: seen,
    share: null, peers: 0, proxyTaken: await isTaken(), hostNotListed: null, tunnelled: false,
  };
  if (status !== null && on) {
    report.hostNotListed = notListed(seen, status);
    const way = url!.protocol === "https:" && usesProxy(url!.href, host, routesOf(settings));
    report.tunnelled = way && !isOpened(status.intercepted_hosts ?? [], host) && seen.some(isHidden);
  }
  if (status !== null && seen.length > 0) {
    const urls = new Set(seen.map(m => m.playhead.url));
    const [resources, receipts] = await Promise.all([
      get<Resource[]>(settings, "/api/v1/resources"), get<Receipt[]>(settings, `/api/v1/receipts?limit=${RECEIPTS}`),
    ]);
    const own = (resources.body ?? []).filter(r => urls.has(r.url));
    report.share = percentages(shareOf(urls, own, receipts.body ?? [], Math.min(...seen.map(m => m.pageSinceMs))));
    report.peers = own.reduce((sum, r) => sum + r.peers, 0);
  }
  return report;
}

/** True for what only a node that reads the page's https could help with: it cannot be asked for by its address. */
const isHidden = ({ boosted, why }: MediaState): boolean => !boosted && (why === "stream" || why === "blocked");

/** The first host of media that the node could serve, but asks no peer for. */
function notListed(seen: MediaState[], { swarm_hosts: listed }: Status): string | null {
  const hosts = seen.filter(m => m.boosted).map(m => hostOf(m.playhead.url)).filter(host => host !== null);
  return hosts.find(host => !listed.includes("*") && !listed.includes(host)) ?? null;
}
