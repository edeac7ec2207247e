// What the page's script, the popup and the background say to each other.

import type { MediaFacts, Why } from "./eligible";
import type { NodeState } from "./node";
import type { Percentages } from "./share";

/** Where a media element stands. Its URL is the site's own, whatever the element loads it by. */
export interface Playhead {
  url: string;
  positionSeconds: number;
  durationSeconds: number | null;
  bufferedUntilSeconds: number;
  rate: number;
  paused: boolean;
}

export interface MediaState { playhead: Playhead; boosted: boolean; why: Why | null; atMs: number; pageSinceMs: number }

export type Request =
  | { kind: "boost"; media: MediaFacts }
  | { kind: "playing"; element: number; playhead: Playhead; boosted: boolean; why: Why | null; pageSinceMs: number }
  | { kind: "fell-back"; url: string; pageSinceMs: number }
  | { kind: "page"; tabId: number }
  | { kind: "switch"; host: string; origin: string; on: boolean; tabId: number }
  | { kind: "allowed"; site: string; host: string }
  | { kind: "pair"; link: string | null }
  | { kind: "play"; url: string }
  | { kind: "refresh" };

/** To the scripts of a page: say again where your media stand; look again what may go through the node; leave the node. */
export type Command = "tell" | "again" | "leave";

export type BoostAnswer = { url: string; expiresMs: number } | { why: Why } | { proxied: true };

export interface PlayingAnswer { nodeGone: boolean }

export interface PageReport {
  node: NodeState;
  control: string;
  /** Null for a page that cannot be switched on (the browser's own). */
  host: string | null;
  origin: string;
  /** What the browser is asked for to switch it on. */
  pattern: string;
  on: boolean;
  media: MediaState[];
  share: Percentages | null;
  peers: number;
  /** Another program or extension decides the browser's proxy. */
  proxyTaken: boolean;
  /** A host of this page's media for which no peer may be asked: the node joins swarms for hosts that its user lists. */
  hostNotListed: string | null;
  /** The page came by https that the node does not read: what its own player puts together stays in the tunnel. */
  tunnelled: boolean;
}

export const ask = <T>(request: Request): Promise<T> => chrome.runtime.sendMessage(request) as Promise<T>;
