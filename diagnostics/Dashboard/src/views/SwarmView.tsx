// Who gives us what, who gets what from us, and who was caught lying.

import { useState } from "preact/hooks";
import { send } from "../api";
import { plural, rate, share, size, span } from "../format";
import { gone, peers, receipts, status, torrents } from "../model";
import { bans } from "../sums";
import { Outside } from "../parts/Outside";
import { StateOf } from "../parts/StateOf";
import { Table } from "../parts/Table";

const MODES: { id: string; name: string }[] = [
  { id: "off", name: "Give nothing" }, { id: "reading", name: "Give while something is read" }, { id: "seed", name: "Give always" },
];

export function SwarmView() {
  const s = status.value, list = peers.value, all = torrents.value;
  if (!s || !list || !all) return <p class="soft">Asking the node…</p>;
  const names = new Map(all.map(t => [t.infohash, t.name]));
  const rows = [...list.map(peer => ({ peer, state: peer.state })), ...gone.value.map(g => ({ peer: g.peer, state: "gone" }))];
  const ofPeers = list.filter(p => p.kind === "peer"), here = ofPeers.filter(p => p.state !== "banned");
  const banned = ofPeers.length - here.length, httpCount = list.length - ofPeers.length, caught = bans(receipts.value ?? []);
  return (
    <>
      <section aria-labelledby="sharing"><h2 id="sharing">Sharing</h2>
        <p>{s.share === "off" ? "Sharing is off: this node gives nothing to peers." : `Sharing is on (${s.share}): ${size(s.sent_bytes.peer)} given so far.`} Peers reach it at {s.peer ?? "no address: only peers that it calls itself"}.</p>
        <Switches now={s.share} />
        <p class="soft">Joins swarms for: <Outside text={s.swarm_hosts.join(", ") || "no host; only for torrents that were given to it"} />. To keep a choice: <code>--share off|reading|seed</code>, <code>--swarm-host HOST</code>.</p>
      </section>
      <section aria-labelledby="peers"><h2 id="peers">{plural(here.length, "peer")}{banned > 0 ? `, ${banned} banned` : ""}{httpCount > 0 ? `, ${plural(httpCount, "web seed or mirror", "web seeds and mirrors")}` : ""}</h2>
        <Table caption="Peers" rows={rows} id={r => `${r.state} ${r.peer.infohash} ${r.peer.kind} ${r.peer.address}`} empty="No peer is connected." sort={{ column: "Received", down: true }} columns={[
          { name: "Peer", cell: r => r.peer.address, by: r => r.peer.address },
          { name: "Client", cell: r => r.peer.kind === "webseed" ? "web seed (http)" : r.peer.kind === "mirror" ? "mirror (http)" : <Outside text={r.peer.client ?? "unknown"} />, by: r => r.peer.client ?? "" },
          { name: "Swarm", cell: r => <Outside text={names.get(r.peer.infohash) ?? r.peer.infohash.slice(0, 8)} />, by: r => names.get(r.peer.infohash) ?? r.peer.infohash },
          { name: "State", cell: r => <StateOf state={r.state} reason={r.peer.reason} />, by: r => r.state },
          { name: "Has", cell: r => share(r.peer.have_ratio, 1), by: r => r.peer.have_ratio },
          { name: "Received", cell: r => size(r.peer.received_bytes), by: r => r.peer.received_bytes },
          { name: "Sent", cell: r => size(r.peer.sent_bytes), by: r => r.peer.sent_bytes },
          { name: "Rejected", cell: r => size(r.peer.rejected_bytes), by: r => r.peer.rejected_bytes },
          { name: "Rate", cell: r => rate(r.state === "gone" ? 0 : r.peer.bytes_per_second), by: r => r.state === "gone" ? 0 : r.peer.bytes_per_second },
          { name: "Round trip", cell: r => r.peer.rtt_ms === null ? "–" : span(r.peer.rtt_ms), by: r => r.peer.rtt_ms ?? 0 },
        ]} />
      </section>
      <section aria-labelledby="bans"><h2 id="bans">Caught with wrong bytes</h2>
        <Table caption="Bans" rows={caught} id={b => `${b.address} ${b.block}`} empty="Nobody, in the downloads that have ended. A peer whose block fails its hash is banned at once; nothing of it reaches a reader." columns={[
          { name: "Source", cell: b => b.address, by: b => b.address },
          { name: "Client", cell: b => <Outside text={b.client ?? "unknown"} />, by: b => b.client ?? "" },
          { name: "Why", cell: b => <span class="bad">✕ block {b.block}: {b.reason}</span>, by: b => b.block },
          { name: "In", cell: b => <Outside text={b.name} />, by: b => b.name },
        ]} />
      </section>
      <section aria-labelledby="torrents"><h2 id="torrents">Torrents</h2>
        <Table caption="Torrents" rows={all} id={t => t.infohash} empty="None. Open one on the first page, or start with --torrent FILE." columns={[
          { name: "Name", cell: t => <Outside text={t.name} />, by: t => t.name },
          { name: "Size", cell: t => size(t.total_bytes), by: t => t.total_bytes },
          { name: "Here", cell: t => share(t.have_bytes, t.total_bytes), by: t => t.have_bytes / t.total_bytes },
          { name: "State", cell: t => t.state, by: t => t.state },
          { name: "Peers", cell: t => String(t.peers), by: t => t.peers },
          { name: "Files", cell: t => <details><summary>{plural(t.files.length, "file")}</summary><ul>{t.files.slice(0, 200).map(f => <li key={f.path}><a href={f.url}><Outside text={f.path} /></a> {size(f.length)}</li>)}</ul></details> },
        ]} />
      </section>
    </>
  );
}

function Switches({ now }: { now: string }) {
  const [trouble, setTrouble] = useState<string | null>(null);
  const change = async (share: string): Promise<void> => {
    try { await send("POST", "/api/v1/share", JSON.stringify({ share }), "application/json"); setTrouble(null); }
    catch (e) { setTrouble((e as Error).message); }
  };
  return (
    <>
      <p class="row" role="group" aria-label="What peers get">{MODES.map(m => <button key={m.id} aria-pressed={m.id === now} onClick={() => { void change(m.id); }}>{m.name}</button>)}</p>
      {trouble && <p class="bad" role="alert">{trouble}</p>}
    </>
  );
}
