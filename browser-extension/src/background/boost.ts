// Media of switched-on sites: which of them the node may fetch, where they stand, and what a failure means.

import { type MediaFacts, whyNot } from "../shared/eligible";
import type { BoostAnswer, PlayingAnswer, Request } from "../shared/messages";
import type { Capability } from "../shared/node";
import { own } from "../shared/own";
import { usesProxy } from "../shared/routing";
import { load, routesOf } from "../shared/settings";
import { post } from "./api";
import { badgeOf, show } from "./badge";
import { current, heard } from "./health";
import { isPublic } from "./publicness";
import { TabMedia } from "./tab-media";

/** A host whose media failed this often through the node is left alone until the browser starts again. */
const FAILURES_MAX = 2;

export const media = new TabMedia();

/** The tab shows something else now. */
export async function forget(tabId: number): Promise<void> {
  media.forget(tabId);
  await show(tabId, badgeOf([], "ok"));
}

/**
 * A URL of the node for the element, or why there is none.
 * @param askers the hosts of the frame and of its tab's page, as the browser tells them
 */
export async function boost(facts: MediaFacts, askers: (string | null)[]): Promise<BoostAnswer> {
  const settings = await load();
  if (!askers.some(host => host !== null && settings.sites.includes(host))) {
    return { why: "off" }; // the script of a page that was open when its site was switched off
  }
  const why = whyNot(facts);
  if (why !== null) {
    return { why };
  }
  if (await current() !== "ok") {
    return { why: "node" };
  }
  const url = new URL(facts.url);
  if (settings.proxy !== null && url.origin === new URL(settings.proxy).origin) {
    return { proxied: true }; // a page that gave its media the node's address itself, as the demo does
  }
  if (url.protocol === "http:" && usesProxy(facts.url, url.hostname, routesOf(settings))) {
    return { proxied: true };
  }
  if ((own(await failures(), url.host) ?? 0) >= FAILURES_MAX) {
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
export async function playing(tabId: number, frameId: number, told: Extract<Request, { kind: "playing" }>): Promise<PlayingAnswer> {
  media.tell(tabId, `${frameId} ${told.element}`, { playhead: told.playhead, boosted: told.boosted, why: told.why, pageSinceMs: told.pageSinceMs, atMs: Date.now() });
  if (!told.boosted) {
    const state = await current();
    await show(tabId, badgeOf(media.of(tabId), state));
    return { nodeGone: state === "off" };
  }
  const { url, positionSeconds, durationSeconds, bufferedUntilSeconds, rate, paused } = told.playhead;
  const answer = await post<null>(await load(), "/api/v1/playhead", {
    url, position_seconds: positionSeconds, duration_seconds: durationSeconds, buffered_until_seconds: bufferedUntilSeconds, rate, paused,
  });
  const state = await heard(answer);
  await show(tabId, badgeOf(media.of(tabId), state));
  return { nodeGone: state === "off" };
}

export async function fellBack(url: string, pageSinceMs: number): Promise<void> {
  const host = new URL(url).host;
  const all = await failures();
  if (pageSinceMs < (await forgivenMs())) {
    return; // a page that was open before its site was switched on did not come through the node: browsers may keep it from this machine
  }
  await chrome.storage.session.set({ failures: { ...all, [host]: (own(all, host) ?? 0) + 1 } });
}

/** A site was switched: what failed before is no sign any more. */
export async function forgive(): Promise<void> {
  await chrome.storage.session.set({ failures: {}, forgivenMs: Date.now() });
}

async function forgivenMs(): Promise<number> {
  return (await chrome.storage.session.get("forgivenMs"))["forgivenMs"] as number | undefined ?? 0;
}

async function failures(): Promise<Record<string, number>> {
  return (await chrome.storage.session.get("failures"))["failures"] as Record<string, number> | undefined ?? {};
}
