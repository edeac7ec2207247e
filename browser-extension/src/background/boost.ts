// Media of switched-on sites: which of them the node may fetch, where they stand, and what a failure means.

import { type MediaFacts, whyNot } from "../shared/eligible";
import type { BoostAnswer, MediaState, PlayingAnswer, Request } from "../shared/messages";
import type { Capability } from "../shared/node";
import { usesProxy } from "../shared/routing";
import { load, routesOf } from "../shared/settings";
import { post } from "./api";
import { badgeOf, show } from "./badge";
import { become, current } from "./health";
import { isPublic } from "./publicness";

/** A host whose media failed this often through the node is left alone until the browser starts again. */
const FAILURES_MAX = 2;

/** What is known of each tab's media. Lost when the background sleeps; the popup then asks the page again. */
const media = new Map<number, Map<string, MediaState>>();

export const mediaOf = (tabId: number): MediaState[] => [...media.get(tabId)?.values() ?? []];

export function forget(tabId: number): void {
  media.delete(tabId);
}

/** A URL of the node for the element, or why there is none. */
export async function boost(facts: MediaFacts): Promise<BoostAnswer> {
  const why = whyNot(facts);
  if (why !== null) {
    return { why };
  }
  if (await current() !== "ok") {
    return { why: "node" };
  }
  const settings = await load();
  const url = new URL(facts.url);
  if (url.protocol === "http:" && usesProxy(facts.url, url.hostname, routesOf(settings))) {
    return { proxied: true };
  }
  if (((await failures())[url.host] ?? 0) >= FAILURES_MAX) {
    return { why: "failed" };
  }
  if (!await chrome.permissions.contains({ origins: [`${url.protocol}//${url.hostname}/*`] })) {
    return { why: "permission" };
  }
  if (!await isPublic(facts.url)) {
    return { why: "private" };
  }
  const answer = await post<Capability>(settings, "/api/v1/capabilities", { url: facts.url });
  return answer.body === null ? { why: "node" } : { url: answer.body.url, expiresMs: Date.parse(answer.body.expires) };
}

/** Passes the playhead on. The node uses it for urgency alone. */
export async function playing(tabId: number, told: Extract<Request, { kind: "playing" }>): Promise<PlayingAnswer> {
  const tab = media.get(tabId) ?? new Map<string, MediaState>();
  media.set(tabId, tab);
  tab.set(told.playhead.url, { playhead: told.playhead, boosted: told.boosted, why: told.why, pageSinceMs: told.pageSinceMs, atMs: Date.now() });
  if (!told.boosted) {
    const state = await current();
    await show(tabId, badgeOf(mediaOf(tabId), state));
    return { nodeGone: state === "off" };
  }
  const { url, positionSeconds, durationSeconds, bufferedUntilSeconds, rate, paused } = told.playhead;
  const answer = await post<null>(await load(), "/api/v1/playhead", {
    url, position_seconds: positionSeconds, duration_seconds: durationSeconds, buffered_until_seconds: bufferedUntilSeconds, rate, paused,
  });
  // 404: the node has nothing open under this URL at the moment, which is no trouble.
  const state = await become(answer.status === null ? "off" : answer.status === 401 ? "refused" : answer.status === 503 ? "starting" : "ok");
  await show(tabId, badgeOf(mediaOf(tabId), state));
  return { nodeGone: state === "off" };
}

export async function fellBack(url: string): Promise<void> {
  const host = new URL(url).host;
  const all = await failures();
  await chrome.storage.session.set({ failures: { ...all, [host]: (all[host] ?? 0) + 1 } });
}

export async function forgive(): Promise<void> {
  await chrome.storage.session.remove("failures");
}

async function failures(): Promise<Record<string, number>> {
  return (await chrome.storage.session.get("failures"))["failures"] as Record<string, number> | undefined ?? {};
}
