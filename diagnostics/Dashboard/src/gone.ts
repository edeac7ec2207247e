// Who left: a peer that is killed does not vanish without a word. Pure.

import type { Peer } from "./types";

const KEPT_MS = 120_000, MOST = 50;

export interface Gone { peer: Peer; at: number }

const keyOf = (p: Peer): string => `${p.infohash} ${p.kind} ${p.address}`;

/**
 * Who was here before and is not now joins who left; who came back, or left long ago, leaves that list.
 * @param seen when those of before were asked for: views without peers do not ask, so that it may be long ago
 */
export function keepGone(gone: readonly Gone[], before: readonly Peer[], now: readonly Peer[], seen: number, at: number): Gone[] {
  const here = new Set(now.map(keyOf)), listed = new Set(gone.map(g => keyOf(g.peer)));
  const left = before.filter(p => !here.has(keyOf(p)) && !listed.has(keyOf(p))).map(peer => ({ peer, at: seen }));
  return recent([...left, ...gone].filter(g => !here.has(keyOf(g.peer))), at).slice(0, MOST);
}

/** Without those who left long ago. */
export const recent = (gone: readonly Gone[], at: number): Gone[] => gone.filter(g => at - g.at < KEPT_MS);
