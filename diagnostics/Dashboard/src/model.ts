// What the page knows of the node: one stream for status and events, and lists that are asked again while someone looks.

import { batch, effect, signal } from "@preact/signals";
import { ApiError, forgetToken, get, stream, token } from "./api";
import { Ring } from "./ring";
import { route } from "./route";
import { remember, type Held } from "./tcp";
import { keepGone, recent, type Gone } from "./gone";
import type { Flow, NodeEvent, Peer, Receipt, Recording, Resource, SourceKind, Status, Tcp, Torrent } from "./types";

export type Link = "no token" | "wrong token" | "connecting" | "live" | "lost";

export const link = signal<Link>(token() ? "connecting" : "no token");
export const status = signal<Status | null>(null);
export const resources = signal<Resource[] | null>(null);
export const peers = signal<Peer[] | null>(null);
/** Sources that were here and left, for a while. */
export const gone = signal<Gone[]>([]);
let peersAt = 0;
export const torrents = signal<Torrent[] | null>(null);
export const receipts = signal<Receipt[] | null>(null);
export const flow = signal<Flow | null>(null);
/** When the flow was asked for, by performance.now(). */
export let flowAt = 0;
/** Null until asked; the text when the node has no such view (it is not on Linux, or cannot read its sockets). */
export const tcp = signal<Tcp | string | null>(null);
export const tcpHistory = new Map<string, Ring<Held>>();
/** A recording that was dropped here: its view stands instead of the live one. */
export const recording = signal<{ name: string; tcp: Recording } | null>(null);
export const events = signal<NodeEvent[]>([]);
export const paused = signal(false);

/** Bytes a second by source over the last five minutes, one sample a second. */
export const history = new Ring<Record<SourceKind, number>>(300);
export const historyAt = signal(0);
/** Where each reader of the open flow stood, to tell how fast its client plays. */
export const readerTracks = new Map<number, Ring<number>>();

const LOOK_MS = 1000;
const EVENTS_KEPT = 500;
let last: { at: number; received: Record<SourceKind, number> } | null = null;

function onEvent(name: string, data: unknown): void {
  if (name === "status") {
    status.value = { ...(status.value ?? {}), ...(data as Partial<Status>) } as Status;
  } else if (name !== "ping") {
    const happened = data as NodeEvent;
    events.value = [{ ...happened, type: happened.type ?? name }, ...events.value].slice(0, EVENTS_KEPT);
  }
}

/** Keeps one stream open while the page is seen; a hidden page costs the node nothing. */
export async function run(): Promise<never> {
  for (let wait = 500; ; wait = Math.min(wait * 2, 8000)) {
    if (token() && !document.hidden) {
      const stop = new AbortController();
      const hide = (): void => { if (document.hidden) stop.abort(); };
      document.addEventListener("visibilitychange", hide);
      try {
        await stream("/api/v1/events", (name, data) => { link.value = "live"; wait = 500; onEvent(name, data); }, stop.signal);
        link.value = "lost";
      } catch (e) {
        if (e instanceof ApiError && e.status === 401) { forgetToken(); link.value = "wrong token"; }
        else if (!document.hidden) link.value = "lost";
      } finally {
        document.removeEventListener("visibilitychange", hide);
      }
    }
    await new Promise(done => { setTimeout(done, wait); });
  }
}

/** Asks for what the open view shows, once a second. */
export async function look(): Promise<never> {
  for (;;) {
    if (token() && !document.hidden && link.value !== "wrong token") {
      try { await lookOnce(); } catch { /* the stream says what is the matter */ }
    }
    await new Promise(done => { setTimeout(done, LOOK_MS); });
  }
}

async function lookOnce(): Promise<void> {
  const { view, id } = route.value, asked = performance.now();
  const wants = (...views: string[]): boolean => views.includes(view);
  const [r, p, t, c, f, k] = await Promise.all([
    wants("home", "flow", "origins") ? get<Resource[]>("/api/v1/resources") : null,
    wants("home", "swarm", "flow") ? get<Peer[]>("/api/v1/peers") : null,
    wants("home", "swarm", "tcp") ? get<Torrent[]>("/api/v1/torrents") : null,
    wants("home", "flow", "origins", "swarm") ? get<Receipt[]>("/api/v1/receipts?limit=100") : null,
    view === "flow" && id ? get<Flow>(`/api/v1/resources/${encodeURIComponent(id)}/flow?cells=1200`).catch(() => null) : null,
    wants("tcp") ? get<Tcp>("/api/v1/tcp").catch((e: Error) => e.message) : null,
  ]);
  // One update, which a view paints once.
  batch(() => {
    sample();
    if (paused.value) return;
    if (r) resources.value = r;
    if (p) { gone.value = keepGone(gone.value, peers.value ?? [], p, peersAt, Date.now()); peers.value = p; peersAt = Date.now(); }
    if (t) torrents.value = t;
    if (c) receipts.value = c;
    if (k) { tcp.value = k; if (typeof k !== "string") remember(tcpHistory, k, performance.now() / 1000); }
    if (view === "flow") { flowAt = asked; flow.value = f; track(f); }
  });
}

function sample(): void {
  const s = status.value;
  if (!s) return;
  const at = performance.now();
  if (last && at - last.at > 0) {
    const seconds = (at - last.at) / 1000;
    const rates = Object.fromEntries(Object.entries(s.received_bytes).map(([kind, bytes]) =>
      [kind, Math.max(0, bytes - (last!.received[kind as SourceKind] ?? 0)) / seconds])) as Record<SourceKind, number>;
    history.add(Date.now() / 1000, rates);
    historyAt.value++;
  }
  last = { at, received: { ...s.received_bytes } };
}

function track(f: Flow | null): void {
  const open = new Set(f?.readers.map(r => r.id));
  for (const id of readerTracks.keys()) if (!open.has(id)) readerTracks.delete(id);
  for (const reader of f?.readers ?? []) {
    let ring = readerTracks.get(reader.id);
    if (!ring) readerTracks.set(reader.id, ring = new Ring(30));
    ring.add(performance.now() / 1000, reader.position);
  }
}

effect(() => { if (route.value.view !== "flow") flow.value = null; });
// A view that is opened again shows nobody who left long ago, not even until the next answer.
effect(() => { if (route.value.view) gone.value = recent(gone.peek(), Date.now()); });
