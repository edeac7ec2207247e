// The badge: seconds of media ahead of the playhead while something plays with the node's help; "!" when a page wanted it and it is not there.

import type { MediaState } from "../shared/messages";
import type { NodeState } from "../shared/node";

export interface Badge { text: string; colour: string }

const NOTHING: Badge = { text: "", colour: "#5f6368" };

/** A second of playing is one report: three without one, and it plays no more. */
const QUIET_MS = 3000;

/** Less than this ahead is what a slow answer away from a stall looks like. */
const AMPLE_SECONDS = 5;

export function badgeOf(media: MediaState[], node: NodeState, nowMs: number = Date.now()): Badge {
  const now = media.filter(m => nowMs - m.atMs < QUIET_MS || m.playhead.paused);
  if (now.length === 0) {
    return NOTHING;
  }
  if (node !== "ok") {
    return { text: "!", colour: "#b3261e" };
  }
  const boosted = now.filter(m => m.boosted);
  if (boosted.length === 0) {
    return NOTHING;
  }
  const ahead = Math.min(...boosted.map(m => Math.max(0, m.playhead.bufferedUntilSeconds - m.playhead.positionSeconds)));
  return { text: `${Math.min(999, Math.floor(ahead))}s`, colour: ahead >= AMPLE_SECONDS ? "#1e6b3a" : "#8a5a00" };
}

export async function show(tabId: number, badge: Badge): Promise<void> {
  try {
    await Promise.all([chrome.action.setBadgeText({ tabId, text: badge.text }), chrome.action.setBadgeBackgroundColor({ tabId, color: badge.colour })]);
  } catch {
    // The tab was closed meanwhile.
  }
}
