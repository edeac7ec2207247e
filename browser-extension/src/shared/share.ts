import type { BySource, Receipt, Resource } from "./node";

export interface Share { originBytes: number; peerBytes: number; otherBytes: number }

/** Where the bytes of these URLs came from: answers under way, and those that ended since the page began. */
export function shareOf(urls: ReadonlySet<string>, resources: Resource[], receipts: Receipt[], sinceMs: number): Share {
  const share: Share = { originBytes: 0, peerBytes: 0, otherBytes: 0 };
  const add = (by: BySource): void => {
    share.originBytes += by.origin;
    share.peerBytes += by.peer;
    share.otherBytes += by.mirror + by.webseed + by.store;
  };
  for (const resource of resources) {
    if (urls.has(resource.url)) {
      add(resource.bytes_by_source);
    }
  }
  for (const receipt of receipts) {
    if (urls.has(receipt.url) && Date.parse(receipt.timings.finished) >= sinceMs) {
      add(receipt.bytes_by_source);
    }
  }
  return share;
}

export interface Percentages { origin: number; peers: number; other: number }

/** Whole percents that add up to 100; null while nothing came. */
export function percentages(share: Share): Percentages | null {
  const total = share.originBytes + share.peerBytes + share.otherBytes;
  if (total === 0) {
    return null;
  }
  const peers = Math.round(100 * share.peerBytes / total);
  const other = Math.min(100 - peers, Math.round(100 * share.otherBytes / total));
  return { peers, other, origin: 100 - peers - other };
}
