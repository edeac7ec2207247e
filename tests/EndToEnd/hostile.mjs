// Answers of a node whose every name was chosen by an attacker, for a page that is asked through a route of the browser.
const NAMES = ['"><img src=x onerror="window.caught=1">', "\u202Egpj.exe\u202C مرحبا بالعالم", "x".repeat(10_000), "<script>window.caught=1</script>", "a\u0000b\nc"];
const name = i => NAMES[i % NAMES.length];
const by = { origin: 1e6, peer: 2e6, webseed: 0, mirror: 0, store: 0 };
const end = i => ({ local_address: "127.0.0.1", local_port: 7976, remote_address: `10.${i >> 16 & 255}.${i >> 8 & 255}.${i & 255}`, remote_port: 1024 + i % 60000 });

export const TCP = count => ({
  connections: Array.from({ length: count }, (_, i) => ({
    ...end(i), role: "peer", subject: name(i), rmem_alloc: i * 4096, rcvbuf: 4 << 20, payload: i * 1024, tier: "exact", reclaimable_inferred: 0, bloat_ratio: 4,
    read_bytes_per_second: 1000, collapses_bracketed: 0, collapse_microseconds_bracketed: 0, sent_bytes: 1, acked_bytes: 1, consumed_bytes: 1, waiting_at_other_end_bytes: 0, verdicts: i === 0 ? ["STALLED READER"] : [],
  })),
  findings: [{ verdict: "STALLED READER", scope: "connection", ...end(0), role: "peer", subject: name(0), process: name(1), cause: name(2), evidence: [{ name: "rmem_alloc", value: 5, unit: "bytes", tier: "exact" }], advice: [name(0)] }],
  tiers: [{ name: "T1 inet_diag", present: true, absent_because: null }], collapse_histogram: { le_seconds: [0.001], counts: [1, 0] }, sweeps: 5, connection_count: count, cost_share_of_a_core: 0.001, problem: null,
});

const resource = i => ({
  id: `r${i}`, url: `http://h/${name(i)}`, name: name(i), length: 100_000 * 16384, authority: "L5c", cleartext: true, infohash: "a".repeat(64), state: "joined", reason: name(i),
  readers: 1, have_bytes: 5e8, bytes_by_source: by, bytes_per_second: 1e6, peers: 3,
});
const receipt = i => ({
  id: `c${i}`, url: `http://h/${name(i)}`, total_bytes: 3e6, bytes_by_source: by, bytes_verified_16k: 2e6, authority: "L5c", cleartext: true, outcome: "complete", duplicate_bytes: 0, rejected_bytes: 0,
  timings: { finished: "2026-01-01T00:00:00Z", duration_ms: 5, ttfb_ms: 1 }, stalls: { count: 0, total_ms: 0 },
  sources: [{ kind: "peer", address: "10.0.0.1:1", client: name(i), bytes: 5, banned: true, blame: [{ block: 1, reason: name(i) }] }],
});
const status = {
  version: "0", uptime_ms: 1, proxy: "http://127.0.0.1:1", control: "http://127.0.0.1:2", peer: null, share: "off", swarm_hosts: [name(0), name(2)], open_requests: 1, resources: 5, torrents: 5,
  peers: { connecting: 0, choked: 0, unchoked: 5, banned: 1 }, received_bytes: by, sent_bytes: { client: 1, peer: 1 }, duplicate_bytes: 0, rejected_bytes: 0, stalls: 0,
  store: { directory: name(2), used_bytes: 1, quota_bytes: null, writable: true }, notices: [name(0), name(2)], tunnels: [0, 1, 2, 3].map(i => ({ host: name(i), bytes: 5e6, open: i })),
};

/** What a picture of so many cells costs, changing with each call. */
export const flow = (cells, turn = 0) => ({
  id: "r0", length: 100_000 * 16384, block_bytes: 16384,
  picture: { blocks_per_cell: Math.ceil(100_000 / cells), kinds: Array.from({ length: cells }, (_, i) => "opsh."[(i + turn) % 5]).join(""), fill: Array.from({ length: cells }, (_, i) => String((i + turn) % 9 + 1)).join("") },
  availability: Array.from({ length: cells }, (_, i) => String((i + turn) % 10)).join(""),
  readers: Array.from({ length: 20 }, (_, i) => ({ id: i, first_byte: 0, end: 1e9, position: (i + 1) * 1e7 + turn * 1e6, ahead_bytes: 5e6, waiting: false, stalls: 0, stalled_ms: 0, open_ms: 1, first_byte_ms: 1, released: [{ kind: "peer", address: "10.0.0.1:1", bytes: 5 }] })),
  players: [{ player: name(0), url: name(2), seconds: 10 + turn, duration_seconds: 600, buffered_seconds: 5, paused: false }],
});

/** Answers the page's questions instead of the node. */
export async function answerFor(page, { connections = 20, cells = 1200 } = {}) {
  let turn = 0;
  const peers = Array.from({ length: Math.min(connections, 1000) }, (_, i) => ({
    infohash: "a".repeat(64), kind: i % 7 ? "peer" : "webseed", address: `10.0.${i >> 8}.${i & 255}:6881`, client: name(i), state: i % 5 ? "unchoked" : "banned", reason: i % 5 ? null : name(i),
    have_ratio: 0.5, received_bytes: i, sent_bytes: 0, rejected_bytes: 0, bytes_per_second: i, rtt_ms: 5,
  }));
  const lists = [0, 1, 2, 3, 4];
  const answers = {
    "/api/v1/resources": () => lists.map(resource), "/api/v1/peers": () => peers, "/api/v1/receipts": () => lists.map(receipt),
    "/api/v1/torrents": () => lists.map(i => ({ infohash: String(i).repeat(64), name: name(i), total_bytes: 5, have_bytes: 5, state: "idle", peers: 1, files: [{ path: name(i), length: 5, url: "http://127.0.0.1:1/x" }] })),
    "/api/v1/resources/r0/flow": () => flow(cells, turn++), "/api/v1/tcp": () => TCP(connections),
  };
  await page.route("**/api/v1/**", route => {
    const path = new URL(route.request().url()).pathname;
    if (path === "/api/v1/events") {
      return route.fulfill({ contentType: "text/event-stream", body: `event: status\ndata: ${JSON.stringify(status)}\n\nevent: peer-joined\ndata: ${JSON.stringify({ at: "2026-01-01T00:00:00Z", subject: name(0), bytes: 1, detail: name(2) })}\n\n` });
    }
    return answers[path] ? route.fulfill({ json: answers[path]() }) : route.abort();
  });
}
