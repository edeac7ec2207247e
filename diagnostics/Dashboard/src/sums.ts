// Sums over readers and receipts. Pure.

import { hostOf, nameOf } from "./format";
import type { Gone } from "./gone";
import { SOURCES, type BySource, type Peer, type Player, type Reader, type Receipt } from "./types";

/** One source of a resource: what it gave to who reads now, and how it stands. Null where that is not said of its kind. */
export interface SourceRow { kind: string; address: string | null; bytes: number; state: string | null; reason: string | null; rate: number | null; has: number | null }

/** Who gave, and who is there to give or was until a moment ago. */
export function sources(readers: readonly Reader[], infohash: string | null, peers: readonly Peer[], gone: readonly Gone[]): SourceRow[] {
  const rows = new Map<string, SourceRow>();
  const stand = (p: Peer, state: string): void => { rows.set(`${p.kind} ${p.address}`, { kind: p.kind, address: p.address, bytes: 0, state, reason: p.reason, rate: p.bytes_per_second, has: p.have_ratio }); };
  for (const g of gone) if (g.peer.infohash === infohash) stand(g.peer, "gone");
  for (const p of peers) if (p.infohash === infohash) stand(p, p.state);
  for (const g of givers(readers)) {
    const known = rows.get(`${g.kind} ${g.address}`);
    if (known) known.bytes = g.bytes; else rows.set(`${g.kind} ${g.address}`, { ...g, state: null, reason: null, rate: null, has: null });
  }
  return [...rows.values()].map(r => r.state === "gone" ? { ...r, rate: 0 } : r);
}

/** Where players stand so many seconds after they were asked: what plays goes on, up to what it has buffered. Pure. */
export const playedOn = (players: readonly Player[], seconds: number): Player[] => players.map(p => {
  const played = p.paused ? 0 : Math.max(0, Math.min(seconds, p.buffered_seconds, p.duration_seconds - p.seconds));
  return { ...p, seconds: p.seconds + played, buffered_seconds: p.buffered_seconds - played };
});

/** What the sources gave to all readers together. */
export function givers(readers: readonly Reader[]): { kind: string; address: string | null; bytes: number }[] {
  const all = new Map<string, { kind: string; address: string | null; bytes: number }>();
  for (const s of readers.flatMap(r => r.released)) {
    const key = `${s.kind} ${s.address}`, known = all.get(key);
    if (known) known.bytes += s.bytes; else all.set(key, { ...s });
  }
  return [...all.values()];
}

export interface Ban { address: string; client: string | null; block: number; reason: string; name: string }

/** Who sent what failed its hash, by the receipts; each once a block. Pure. */
export function bans(list: readonly Receipt[]): Ban[] {
  const all = new Map<string, Ban>();
  for (const r of list) for (const s of r.sources) for (const b of s.blame) {
    const address = s.address ?? hostOf(r.url);
    all.set(`${address} ${b.block} ${r.url}`, { address, client: s.client, block: b.block, reason: b.reason, name: nameOf(r.url) });
  }
  return [...all.values()];
}

export interface Site { host: string; downloads: number; failed: number; by: BySource }

/** Finished downloads by the host of their URL. Pure. */
export function sites(list: readonly Receipt[]): Site[] {
  const all = new Map<string, Site>();
  for (const r of list) {
    const host = hostOf(r.url);
    let site = all.get(host);
    if (!site) all.set(host, site = { host, downloads: 0, failed: 0, by: { origin: 0, peer: 0, webseed: 0, mirror: 0, store: 0 } });
    site.downloads++;
    if (r.outcome !== "complete") site.failed++;
    for (const s of SOURCES) site.by[s.kind] += r.bytes_by_source[s.kind] ?? 0;
  }
  return [...all.values()];
}
