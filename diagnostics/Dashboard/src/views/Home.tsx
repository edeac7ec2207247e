// Is it working, what is it doing, what did it save, what is wrong; and a place to paste something.

import { useState } from "preact/hooks";
import { send } from "../api";
import { commandFor } from "../command";
import { hostOf, nameOf, plural, rate, share, size, span } from "../format";
import { receipts, resources, status } from "../model";
import { to } from "../route";
import { savedBytes, sentence } from "../sentence";
import { RateChart } from "../parts/RateChart";
import { Mix } from "../parts/Mix";
import { Outside } from "../parts/Outside";
import { Table } from "../parts/Table";
import { total, type Status, type Torrent } from "../types";

export function Home() {
  const s = status.value, list = resources.value ?? [], done = receipts.value ?? [];
  if (!s) return <p class="soft">Asking the node…</p>;
  const { mood, text } = sentence(s, list, done);
  const received = total(s.received_bytes), saved = savedBytes(done);
  return (
    <>
      <section class={`lead ${mood}`} aria-label="State"><p role="status" class="row">{mood === "look" ? "⚠ " : mood === "busy" ? "▶ " : "✓ "}<Outside text={text} /></p></section>
      <section class="tiles" aria-label="In numbers">
        <Tile name="Not from an origin" value={share(received - s.received_bytes.origin, received)} detail={done.length === 0 ? "no download has ended yet" : `${size(saved)} in the last ${done.length === 1 ? "download" : plural(done.length, "download")}`} />
        <Tile name="Peers" value={String(s.peers.unchoked)} detail={`${s.peers.choked} waiting, ${s.peers.connecting} connecting, ${s.peers.banned} banned`} link={to("swarm")} />
        <Tile name="Stalls" value={String(s.stalls)} detail={`${size(s.duplicate_bytes)} duplicate, ${size(s.rejected_bytes)} rejected`} />
        <Tile name="Given to peers" value={size(s.sent_bytes.peer)} detail={s.share === "off" ? "sharing is off" : `sharing: ${s.share}`} link={to("swarm")} />
      </section>
      {s.notices.length > 0 && <section aria-labelledby="look"><h2 id="look">To look at</h2><ul>{s.notices.map(n => <li key={n}><Outside text={n} /></li>)}</ul></section>}
      {s.tunnels.length > 0 && <Tunnelled hosts={s.tunnels} />}
      <Paste proxy={s.proxy} />
      <section aria-labelledby="now"><h2 id="now">Now</h2>
        <Table caption="Resources" rows={list} id={r => r.id} empty="Nothing is open. Fetch something through the proxy, and it appears here. To see it at work at once: swarmstream demo." columns={[
          { name: "Name", cell: r => <a href={to("flow", r.id)}><Outside text={r.name} /></a>, by: r => r.name },
          { name: "Size", cell: r => size(r.length), by: r => r.length },
          { name: "Here", cell: r => share(r.have_bytes, r.length), by: r => r.have_bytes / r.length },
          { name: "From", cell: r => <Mix by={r.bytes_by_source} />, by: r => r.bytes_by_source.peer },
          { name: "Rate", cell: r => rate(r.bytes_per_second), by: r => r.bytes_per_second },
          { name: "State", cell: r => <Outside text={`${r.state}${r.cleartext ? " (cleartext)" : ""}${r.reason ? `: ${r.reason}` : ""}`} />, by: r => r.state },
        ]} />
      </section>
      <section aria-labelledby="rates"><h2 id="rates">Received, last five minutes</h2><RateChart /></section>
      <section aria-labelledby="last"><h2 id="last">Last downloads</h2>
        <Table caption="Receipts" rows={done.slice(0, 20)} id={r => r.id} empty="None yet." columns={[
          { name: "Name", cell: r => <Outside text={nameOf(r.url)} />, by: r => nameOf(r.url) },
          { name: "Host", cell: r => <Outside text={hostOf(r.url)} />, by: r => hostOf(r.url) },
          { name: "Size", cell: r => size(r.total_bytes), by: r => r.total_bytes },
          { name: "Took", cell: r => span(r.timings.duration_ms), by: r => r.timings.duration_ms },
          { name: "From", cell: r => <Mix by={r.bytes_by_source} />, by: r => r.bytes_by_source.peer },
          { name: "Verified", cell: r => `${share(r.bytes_verified_16k, r.total_bytes)} ${r.authority}`, by: r => r.bytes_verified_16k },
          { name: "Ended", cell: r => r.outcome, by: r => r.outcome },
        ]} />
      </section>
    </>
  );
}

function Tile({ name, value, detail, link }: { name: string; value: string; detail: string; link?: string }) {
  return <div class="tile"><span class="soft">{name}</span><strong>{link ? <a href={link}>{value}</a> : value}</strong><span class="soft">{detail}</span></div>;
}

/** What goes by unread, and the ways past that. */
function Tunnelled({ hosts }: { hosts: Status["tunnels"] }) {
  return (
    <section aria-labelledby="tunnelled"><h2 id="tunnelled">Not accelerated: https tunnel</h2>
      <ul>{hosts.map(t => <li key={t.host}><Outside text={t.host} />: {size(t.bytes)} passed unread, {t.open > 0 ? `${plural(t.open, "tunnel")} open` : "ended"}. For all programs: <code class="wrap">swarmstream ca create --host {t.host}</code></li>)}</ul>
      <p class="soft">The browser extension plays a site’s media through this node, without any certificate. For a single file: its URL in the box below.</p>
    </section>
  );
}

/** A URL becomes the line to type, a torrent is added. */
function Paste({ proxy }: { proxy: string }) {
  const [text, setText] = useState(""), [said, setSaid] = useState<{ good: boolean; text: string } | null>(null);
  const add = async (body: BodyInit, mediaType: string): Promise<void> => {
    try {
      const torrent = await send<Torrent>("POST", "/api/v1/torrents", body, mediaType);
      setSaid({ good: true, text: `Added ${torrent?.name ?? "the torrent"}: ${torrent?.files.map(f => f.url).slice(0, 1).join("") ?? ""}` });
    } catch (e) { setSaid({ good: false, text: (e as Error).message }); }
  };
  const command = /^https?:\/\//i.test(text.trim()) ? commandFor(proxy, text.trim()) : null;
  return (
    <section aria-labelledby="paste"><h2 id="paste">Fetch something</h2>
      <form onSubmit={e => { e.preventDefault(); if (text.trim().startsWith("magnet:")) void add(text.trim(), "text/plain"); }}>
        <label for="paste-box">URL or magnet link</label>
        <input id="paste-box" value={text} spellcheck={false} autocomplete="off" placeholder="https://… or magnet:…" onInput={e => { setText(e.currentTarget.value); setSaid(null); }} />
        {text.trim().startsWith("magnet:") && <button>Add</button>}
        <label class="button">Open a .torrent<input type="file" accept=".torrent" class="visually-hidden" onChange={e => {
          const file = e.currentTarget.files?.[0];
          if (file) void add(file, "application/x-bittorrent");
        }} /></label>
      </form>
      {command && <p>In a terminal: <code>{command}</code></p>}
      {said && <p class={said.good ? "" : "bad"} role="status">{said.text}</p>}
    </section>
  );
}
