// Which of the browser's permissions are given back when a site is switched off: its own and its media's, where no other site needs them.

import { own } from "../shared/own";
import type { Settings } from "../shared/settings";

/** Required by the manifest: it cannot be given back. */
const OWN_HOST = "127.0.0.1";

/** Both ways to a host: the user decides about hosts. */
export const patternsOf = (host: string): string[] => [`http://${host}/*`, `https://${host}/*`];

/**
 * @param before what held while the site was on
 * @param granted all that the browser has granted, by which wish ever: what was given for all sites stays
 */
export function noLongerNeeded(site: string, before: Pick<Settings, "sites" | "mediaHosts">, granted: string[]): string[] {
  const others = before.sites.filter(other => other !== site);
  const needed = new Set([OWN_HOST, ...others, ...others.flatMap(other => own(before.mediaHosts, other) ?? [])]);
  const left = new Set([site, ...own(before.mediaHosts, site) ?? []].filter(host => !needed.has(host)).flatMap(patternsOf));
  return granted.filter(pattern => left.has(pattern));
}
