// The first sentence of the page: is it working, and what is it doing. Pure.

import { plural, share, size } from "./format";
import { total, type Receipt, type Resource, type Status } from "./types";

export type Mood = "good" | "busy" | "look";

export function sentence(status: Status, resources: readonly Resource[], receipts: readonly Receipt[]): { mood: Mood; text: string } {
  if (status.notices.length > 0) return { mood: "look", text: status.notices[0]! };
  const open = resources.filter(r => r.readers > 0);
  if (open.length > 0) {
    const first = open[0]!;
    const all = total(first.bytes_by_source);
    const mix = all === 0 ? "starting" : first.bytes_by_source.peer > 0
      ? `${share(first.bytes_by_source.peer, all)} from ${plural(first.peers, "peer")}`
      : "all from the origin";
    const more = open.length > 1 ? `, and ${open.length - 1} more` : "";
    return { mood: "busy", text: `Delivering ${first.name}: ${mix}${more}.` };
  }
  if (status.tunnels.some(t => t.open > 0)) {
    return { mood: "look", text: `Not accelerated: https tunnel. What comes from ${names(status.tunnels.map(t => t.host))} passes this node unread; what helps stands below.` };
  }
  if (status.swarm_hosts.length === 0 && status.torrents === 0) {
    return { mood: "look", text: "Working as a plain proxy. It joins swarms only for hosts you name: start it with --swarm-host HOST, or add a torrent." };
  }
  const saved = savedBytes(receipts);
  return { mood: "good", text: saved > 0 ? `Ready. Peers spared the origins ${size(saved)} so far.` : "Ready. Send a request through the proxy." };
}

const names = (hosts: readonly string[]): string => hosts.length < 3 ? hosts.join(" and ") : `${hosts[0]!} and ${hosts.length - 1} more`;

/** What did not come from an origin in the finished downloads. */
export const savedBytes = (receipts: readonly Receipt[]): number =>
  receipts.reduce((sum, r) => sum + total(r.bytes_by_source) - r.bytes_by_source.origin, 0);
