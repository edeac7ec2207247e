// The JSON of /api/v1, as openapi.json describes it.

export type SourceKind = "origin" | "peer" | "webseed" | "mirror" | "store";
export type BySource = Record<SourceKind, number>;

export interface Status {
  version: string; uptime_ms: number; proxy: string; control: string; peer: string | null; share: string;
  swarm_hosts: string[]; open_requests: number; resources: number; torrents: number;
  peers: { connecting: number; choked: number; unchoked: number; banned: number };
  received_bytes: BySource; sent_bytes: { client: number; peer: number };
  duplicate_bytes: number; rejected_bytes: number; stalls: number;
  store: { directory: string | null; used_bytes: number; quota_bytes: number | null; writable: boolean; checked_bytes: number; damaged_blocks: number };
  notices: string[];
  /** Hosts of which much passed unread of late, the most first. */
  tunnels: { host: string; bytes: number; open: number }[];
}
export interface Resource {
  id: string; url: string; name: string; length: number; authority: string; cleartext: boolean; infohash: string | null;
  state: string; reason: string | null; readers: number; have_bytes: number; bytes_by_source: BySource; bytes_per_second: number; peers: number;
}
export interface Peer {
  infohash: string; kind: string; address: string; client: string | null; state: string; reason: string | null; have_ratio: number;
  received_bytes: number; sent_bytes: number; rejected_bytes: number; bytes_per_second: number; rtt_ms: number | null;
}
export interface Torrent {
  infohash: string; name: string; total_bytes: number; have_bytes: number; state: string; peers: number;
  files: { path: string; length: number; url: string }[];
}
export interface Receipt {
  id: string; url: string; total_bytes: number; bytes_by_source: BySource; bytes_verified_16k: number; authority: string; cleartext: boolean;
  outcome: string; duplicate_bytes: number; rejected_bytes: number;
  timings: { finished: string; duration_ms: number; ttfb_ms: number | null };
  stalls: { count: number; total_ms: number };
  sources: { kind: SourceKind; address: string | null; client: string | null; bytes: number; banned: boolean; blame: { block: number; reason: string }[] }[];
}
export interface Reader {
  id: number; first_byte: number; end: number; position: number; ahead_bytes: number; waiting: boolean;
  stalls: number; stalled_ms: number; open_ms: number; first_byte_ms: number | null;
  released: { kind: SourceKind; address: string | null; bytes: number }[];
}
export interface Flow {
  id: string; length: number; block_bytes: number;
  picture: { blocks_per_cell: number; kinds: string; fill: string };
  availability: string | null;
  readers: Reader[];
  players: Player[];
}
/** Where a player stands, as it said itself. */
export interface Player { player: string; url: string; seconds: number; duration_seconds: number; buffered_seconds: number; paused: boolean }
export interface NodeEvent { type: string; at: string; subject: string | null; bytes: number | null; detail: string | null }

export const SOURCES: { kind: SourceKind; label: string; letter: string }[] = [
  { kind: "origin", label: "origin", letter: "o" },
  { kind: "peer", label: "peers", letter: "p" },
  { kind: "webseed", label: "web seeds", letter: "w" },
  { kind: "mirror", label: "mirrors", letter: "m" },
  { kind: "store", label: "own store", letter: "s" },
];

export const total = (by: BySource): number => SOURCES.reduce((sum, s) => sum + (by[s.kind] ?? 0), 0);

export interface Finding {
  verdict: string; scope: string; local_address?: string; local_port?: number; remote_address?: string; remote_port?: number; process?: string | null;
  role?: string; subject?: string; cause: string; evidence: { name: string; value: number; unit: string; tier: string }[]; advice: string[];
}
export interface Connection {
  local_address: string; local_port: number; remote_address: string; remote_port: number; rmem_alloc: number; rcvbuf: number; payload: number; tier: string;
  reclaimable_inferred: number; bloat_ratio: number | null; read_bytes_per_second: number | null;
  collapses_bracketed: number | null; collapse_microseconds_bracketed: number | null;
  role?: string; subject?: string; process?: string | null; sent_bytes?: number | null; acked_bytes?: number | null; consumed_bytes?: number | null; waiting_at_other_end_bytes?: number | null;
  verdicts: string[];
  /** Of a recording; null where the connection never held enough to be worth it. */
  history?: { from_us: number; to_us: number; rmem_alloc: number[]; rcvbuf: number[]; payload: number[] } | null;
}
export interface Tcp {
  connections: Connection[]; findings: Finding[]; tiers: { name: string; present: boolean; absent_because: string | null }[];
  collapse_histogram: Histogram; sweeps: number; connection_count: number;
  cost_share_of_a_core?: number; problem?: string | null;
}
export interface Histogram { le_seconds: number[]; counts: number[] }
/** A recording, judged by the node. */
export interface Recording extends Tcp { kernel: string; started: string; elapsed_seconds: number; end: string }
