// How the node stands, as the popup says it; and the few JSON bodies of /api/v1 that are read here.

export type NodeState = "ok" | "off" | "unpaired" | "refused" | "starting" | "other";

export type BySource = Record<"origin" | "mirror" | "webseed" | "peer" | "store", number>;
export interface Status { schema: string; started: string; proxy: string; control: string; swarm_hosts: string[]; intercepted_hosts?: string[] }
export interface Resource { url: string; bytes_by_source: BySource; readers: number; peers: number; state: string; reason: string | null }
export interface Receipt { url: string; bytes_by_source: BySource; timings: { finished: string } }
export interface Torrent { infohash: string; files: { path: string; length: number; url: string }[] }
export interface Capability { url: string; expires: string }

/** What an answer to GET /api/v1/status says about the node; null status for no answer at all. */
export function stateOf(status: number | null, schema: string | null): NodeState {
  if (status === null) {
    return "off";
  }
  if (status === 401) {
    return "refused";
  }
  if (status === 503) {
    return "starting";
  }
  return status === 200 && schema?.startsWith("swarmstream.status/") ? "ok" : "other";
}

/** What a pasted dashboard link says, http://127.0.0.1:7977/#TOKEN; null if it is none. */
export function pairingOf(text: string): { control: string; token: string } | null {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  const token = url.hash.slice(1);
  return url.protocol === "http:" && url.hostname === "127.0.0.1" && /^[A-Za-z0-9_-]{43}$/.test(token) ? { control: url.origin, token } : null;
}
