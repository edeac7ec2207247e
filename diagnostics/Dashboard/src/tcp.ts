// Receive memory of connections: who is who, and how it grew. Pure.

import { Ring } from "./ring";
import type { Connection, Tcp } from "./types";

const KEPT = 120;

export const keyOf = (c: { local_address: string; local_port: number; remote_address: string; remote_port: number }): string =>
  `${end(c.local_address, c.local_port)} ${end(c.remote_address, c.remote_port)}`;

export const end = (address: string, port: number): string => address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

/** Adds one sample of held memory a connection, and forgets those that are gone. */
export function remember(history: Map<string, Ring<number>>, tcp: Tcp, at: number): void {
  const here = new Set(tcp.connections.map(keyOf));
  for (const key of history.keys()) if (!here.has(key)) history.delete(key);
  for (const c of tcp.connections) {
    const key = keyOf(c);
    let ring = history.get(key);
    if (!ring) history.set(key, ring = new Ring(KEPT));
    ring.add(at, c.rmem_alloc);
  }
}

/** Points of a small line chart, `width` × `height`, the largest value at the top. */
export function sparkline(values: readonly number[], width: number, height: number): string {
  const top = Math.max(1, ...values), last = Math.max(1, values.length - 1);
  return values.map((v, i) => `${(i / last * width).toFixed(1)},${(height - v / top * height).toFixed(1)}`).join(" ");
}

/** What the other program has not taken yet, as far as it is known: acknowledged is in its kernel, not in its hands. */
export function behind(c: Connection): number | null {
  return c.acked_bytes == null || c.consumed_bytes == null ? null : Math.max(0, c.acked_bytes - c.consumed_bytes);
}
