// Who gives us what, who gets what from us, and who was caught lying.

import { plural, rate, share, size, span } from "../format";
import { peers, status, torrents } from "../model";
import { Table } from "../parts/Table";

export function SwarmView() {
  const s = status.value, list = peers.value, all = torrents.value;
  if (!s || !list || !all) return <p class="soft">Asking the node…</p>;
  const names = new Map(all.map(t => [t.infohash, t.name]));
  return (
    <>
      <section aria-labelledby="sharing"><h2 id="sharing">Sharing</h2>
        <p>{s.share === "off" ? "Sharing is off: this node gives nothing to peers." : `Sharing is on (${s.share}): ${size(s.sent_bytes.peer)} given so far.`} Peers reach it at {s.peer ?? "no address: only peers that it calls itself"}.</p>
        <p class="soft">Joins swarms for: {s.swarm_hosts.length ? s.swarm_hosts.join(", ") : "no host; only for torrents that were given to it"}. Switches: <code>--share off|reading|seed</code>, <code>--swarm-host HOST</code>.</p>
      </section>
      <section aria-labelledby="peers"><h2 id="peers">{plural(list.length, "peer")}</h2>
        <Table caption="Peers" rows={list} id={p => p.infohash + p.address} empty="No peer is connected." sort={{ column: "Received", down: true }} columns={[
          { name: "Peer", cell: p => p.address, by: p => p.address },
          { name: "Client", cell: p => p.client ?? "unknown", by: p => p.client ?? "" },
          { name: "Swarm", cell: p => names.get(p.infohash) ?? p.infohash.slice(0, 8), by: p => names.get(p.infohash) ?? p.infohash },
          { name: "State", cell: p => p.state === "banned" ? "✕ banned: sent wrong bytes" : p.state === "unchoked" ? "✓ serves" : p.state === "choked" ? "… makes us wait" : p.state, by: p => p.state },
          { name: "Has", cell: p => share(p.have_ratio, 1), by: p => p.have_ratio },
          { name: "Received", cell: p => size(p.received_bytes), by: p => p.received_bytes },
          { name: "Sent", cell: p => size(p.sent_bytes), by: p => p.sent_bytes },
          { name: "Rejected", cell: p => size(p.rejected_bytes), by: p => p.rejected_bytes },
          { name: "Rate", cell: p => rate(p.bytes_per_second), by: p => p.bytes_per_second },
          { name: "Round trip", cell: p => p.rtt_ms === null ? "–" : span(p.rtt_ms), by: p => p.rtt_ms ?? 0 },
        ]} />
      </section>
      <section aria-labelledby="torrents"><h2 id="torrents">Torrents</h2>
        <Table caption="Torrents" rows={all} id={t => t.infohash} empty="None. Open one on the first page, or start with --torrent FILE." columns={[
          { name: "Name", cell: t => t.name, by: t => t.name },
          { name: "Size", cell: t => size(t.total_bytes), by: t => t.total_bytes },
          { name: "Here", cell: t => share(t.have_bytes, t.total_bytes), by: t => t.have_bytes / t.total_bytes },
          { name: "State", cell: t => t.state, by: t => t.state },
          { name: "Peers", cell: t => String(t.peers), by: t => t.peers },
          { name: "Files", cell: t => <details><summary>{plural(t.files.length, "file")}</summary><ul>{t.files.slice(0, 200).map(f => <li key={f.path}><a href={f.url}>{f.path}</a> {size(f.length)}</li>)}</ul></details> },
        ]} />
      </section>
    </>
  );
}
