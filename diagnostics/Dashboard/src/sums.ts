// Sums over readers and receipts. Pure.

import { hostOf } from "./format";
import { SOURCES, type BySource, type Reader, type Receipt } from "./types";

/** What the sources gave to all readers together. */
export function givers(readers: readonly Reader[]): { kind: string; address: string | null; bytes: number }[] {
  const all = new Map<string, { kind: string; address: string | null; bytes: number }>();
  for (const s of readers.flatMap(r => r.released)) {
    const key = `${s.kind} ${s.address}`, known = all.get(key);
    if (known) known.bytes += s.bytes; else all.set(key, { ...s });
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
