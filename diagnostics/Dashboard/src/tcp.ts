// Receive memory of connections: who is who, and how it grew. Pure.

import { Ring } from "./ring";
import type { Connection, Histogram, Tcp } from "./types";

const KEPT = 120;

export const keyOf = (c: { local_address: string; local_port: number; remote_address: string; remote_port: number }): string =>
  `${end(c.local_address, c.local_port)} ${end(c.remote_address, c.remote_port)}`;

export const end = (address: string, port: number): string => address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

/** What one connection held at one moment. */
export interface Held { rmem: number; rcvbuf: number; payload: number }

/** Adds one sample a connection, and forgets those that are gone. */
export function remember(history: Map<string, Ring<Held>>, tcp: Tcp, at: number): void {
  const here = new Set(tcp.connections.map(keyOf));
  for (const key of history.keys()) if (!here.has(key)) history.delete(key);
  for (const c of tcp.connections) {
    const key = keyOf(c);
    let ring = history.get(key);
    if (!ring) history.set(key, ring = new Ring(KEPT));
    ring.add(at, { rmem: c.rmem_alloc, rcvbuf: c.rcvbuf, payload: c.payload });
  }
}

/** How a connection's memory went: from a recording, or as this page saw it. */
export function wentBy(c: Connection, history: Map<string, Ring<Held>>): Held[] {
  const recorded = c.history;
  return recorded
    ? recorded.rmem_alloc.map((rmem, i) => ({ rmem, rcvbuf: recorded.rcvbuf[i] ?? 0, payload: recorded.payload[i] ?? 0 }))
    : c.history === null ? [] : history.get(keyOf(c))?.values ?? [];
}

/** Connections with how their memory went and the most of it, that first; each looked through once. */
export function byMost(connections: readonly Connection[], history: Map<string, Ring<Held>>): { c: Connection; held: Held[]; most: number }[] {
  return connections.map(c => {
    const held = wentBy(c, history);
    return { c, held, most: held.reduce((most, h) => Math.max(most, h.rmem), c.rmem_alloc) };
  }).sort((a, b) => b.most - a.most);
}

/** Points of a small line chart, `width` × `height`, `top` at its upper edge. */
export function sparkline(values: readonly number[], width: number, height: number, top = Math.max(1, ...values)): string {
  const last = Math.max(1, values.length - 1);
  return values.map((v, i) => `${(i / last * width).toFixed(1)},${(height - v / top * height).toFixed(1)}`).join(" ");
}

/** What the other program has not taken yet, as far as it is known: acknowledged is in its kernel, not in its hands. */
export function behind(c: Connection): number | null {
  return c.acked_bytes == null || c.consumed_bytes == null ? null : Math.max(0, c.acked_bytes - c.consumed_bytes);
}

/** How full a buffer is, in five steps that differ in lightness: 0 nothing, 4 at or over its limit. */
export function fullness(held: Held): number {
  const part = held.rcvbuf > 0 ? held.rmem / held.rcvbuf : 0;
  return part <= 0.01 ? 0 : part < 0.25 ? 1 : part < 0.6 ? 2 : part < 0.95 ? 3 : 4;
}

/** The bars of a histogram that hold anything, with one empty on each side; bounds in words. */
export function bars(h: Histogram): { label: string; count: number }[] {
  const all = h.counts.map((count, i) => ({ label: i < h.le_seconds.length ? `≤ ${micros(h.le_seconds[i]!)}` : `> ${micros(h.le_seconds[h.le_seconds.length - 1]!)}`, count }));
  const first = h.counts.findIndex(c => c > 0), last = h.counts.findLastIndex(c => c > 0);
  return first < 0 ? [] : all.slice(Math.max(0, first - 1), last + 2);
}

const micros = (seconds: number): string => seconds < 0.001 ? `${Math.round(seconds * 1e6)} µs` : `${(seconds * 1e3).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
