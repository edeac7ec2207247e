// The control API of the node. Its answers are values: nothing here throws because a node is gone.

import type { Settings } from "../shared/settings";

export interface Answer<T> {
  /** Null when nobody answered. */
  status: number | null;
  body: T | null;
  /** Nobody answered, but nobody refused either: a node that hangs, or a busy machine. */
  late: boolean;
}

/** A node on this machine answers within milliseconds; one that does not is treated as gone, so that a page never waits for it. */
const PATIENCE_MS = 2000;

/** A magnet's metadata has to be found among peers first: the node itself waits a minute. */
const MAGNET_PATIENCE_MS = 65_000;

export const get = <T>(settings: Settings, path: string, patienceMs = PATIENCE_MS): Promise<Answer<T>> => call<T>(settings, "GET", path, null, null, patienceMs);

export const post = <T>(settings: Settings, path: string, body: object): Promise<Answer<T>> =>
  call<T>(settings, "POST", path, JSON.stringify(body), "application/json", PATIENCE_MS);

export const addMagnet = <T>(settings: Settings, magnet: string): Promise<Answer<T>> =>
  call<T>(settings, "POST", "/api/v1/torrents?keep=false", magnet, "application/x-bittorrent", MAGNET_PATIENCE_MS);

async function call<T>(settings: Settings, method: string, path: string, body: string | null, type: string | null, patienceMs: number): Promise<Answer<T>> {
  const headers: Record<string, string> = { "X-Swarm": "1" };
  if (settings.token !== null) {
    headers["Authorization"] = `Bearer ${settings.token}`;
  }
  if (type !== null) {
    headers["Content-Type"] = type;
  }
  try {
    const response = await fetch(settings.control + path, { method, body, headers, cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(patienceMs) });
    const text = await response.text();
    return { status: response.status, body: response.ok ? read<T>(text) : null, late: false };
  } catch (e) {
    return { status: null, body: null, late: e instanceof DOMException && e.name === "TimeoutError" };
  }
}

/** Null for nothing, and for what is not JSON: another program answers at that port. */
function read<T>(text: string): T | null {
  try {
    return text === "" ? null : JSON.parse(text) as T;
  } catch {
    return null;
  }
}
