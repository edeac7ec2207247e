// What the user decided. Kept on this computer; nothing of it is synchronised.

import type { Routes } from "./routing";

export interface Settings {
  /** Where the node's control port is. */
  control: string;
  /** The node's word that this extension may ask it; null until paired. */
  token: string | null;
  /** Where the node's proxy is, as it said when paired. */
  proxy: string | null;
  /** Hosts of pages that the user switched on. */
  sites: string[];
  /** Other hosts that the user allowed for a site's media, by site. */
  mediaHosts: Record<string, string[]>;
  /** Those of them that the node may not reach (a name of the local network): they go straight. */
  unreachable: string[];
  /** All plain http through the proxy, as the node's own /proxy.pac does. */
  allHttp: boolean;
}

export const DEFAULTS: Settings = { control: "http://127.0.0.1:7977", token: null, proxy: null, sites: [], mediaHosts: {}, unreachable: [], allHttp: false };

export async function load(): Promise<Settings> {
  return await chrome.storage.local.get<Settings>(DEFAULTS);
}

export const routesOf = (settings: Settings): Routes => ({ hosts: settings.sites.filter(host => !settings.unreachable.includes(host)), allHttp: settings.allHttp });

export async function save(change: Partial<Settings>): Promise<void> {
  await chrome.storage.local.set(change);
}
