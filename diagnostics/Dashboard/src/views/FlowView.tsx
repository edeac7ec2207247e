// One resource close up: where each byte came from, where the players stand, how many seconds lie ready.

import { useEffect, useState } from "preact/hooks";
import { clock, nameOf, rate, share, size, span } from "../format";
import { flow, flowAt, gone, peers, readerTracks, receipts, resources } from "../model";
import { route, to } from "../route";
import { speed } from "../ring";
import { playedOn, sources, type SourceRow } from "../sums";
import { Mix } from "../parts/Mix";
import { Outside } from "../parts/Outside";
import { StateOf } from "../parts/StateOf";
import { Strip } from "../parts/Strip";
import { Table } from "../parts/Table";
import type { Reader } from "../types";

/** Between two answers of the node the playhead goes on. */
const TICK_MS = 250;

export function FlowView() {
  const [, tick] = useState(0), plays = flow.value?.players.some(p => !p.paused) ?? false;
  useEffect(() => {
    const timer = plays ? setInterval(() => tick(n => n + 1), TICK_MS) : undefined;
    return () => clearInterval(timer);
  }, [plays]);
  const id = route.value.id, list = resources.value;
  if (!id) return <Pick />;
  const resource = list?.find(r => r.id === id), f = flow.value;
  if (list && !resource) return <section><h2>Flow</h2><p>This resource is not known any more. <a href={to("flow")}>Choose another</a>.</p></section>;
  if (!resource || !f || f.id !== id) return <p class="soft">Asking the node…</p>;
  const players = playedOn(f.players, (performance.now() - flowAt) / 1000), mine = receipts.value?.filter(r => r.url === resource.url) ?? [];
  return (
    <>
      <section aria-labelledby="flow-name">
        <h2 id="flow-name"><Outside text={resource.name} /></h2>
        <p class="soft"><Outside text={resource.url} /></p>
        <Strip flow={{ ...f, players }} pace={takes} />
        {resource.readers > 0 && <p><Mix by={resource.bytes_by_source} /></p>}
        <dl>
          <Fact name="Size" value={size(resource.length)} />
          <Fact name="Here" value={`${share(resource.have_bytes, resource.length)} (${size(resource.have_bytes)})`} />
          <Fact name="Rate" value={rate(resource.bytes_per_second)} />
          <Fact name="Peers" value={String(resource.peers)} />
          <Fact name="Authority" value={`${resource.authority}${resource.cleartext ? ", cleartext" : ""}`} />
          <Fact name="State" value={resource.state + (resource.reason ? `: ${resource.reason}` : "")} />
        </dl>
      </section>
      {players.length > 0 && <section aria-labelledby="players"><h2 id="players">Players</h2>
        <Table caption="Players" rows={players} id={p => p.player} empty="" columns={[
          { name: "Player", cell: p => <Outside text={p.player} />, by: p => p.player },
          { name: "Stands at", cell: p => <span data-seconds={p.seconds.toFixed(2)}>{clock(p.seconds)} of {clock(p.duration_seconds)}{p.paused ? ", paused" : ""}</span>, by: p => p.seconds },
          { name: "Has buffered", cell: p => span(p.buffered_seconds * 1000), by: p => p.buffered_seconds },
        ]} /></section>}
      <section aria-labelledby="readers"><h2 id="readers">Who reads it</h2>
        <Table caption="Readers" rows={f.readers} id={r => String(r.id)} empty="No response is open on it now." columns={[
          { name: "Range", cell: r => `${size(r.first_byte)} – ${size(r.end)}`, by: r => r.first_byte },
          { name: "Read position", cell: r => `${share(r.position, f.length)} (${size(r.position)})`, by: r => r.position },
          { name: "Ready ahead", cell: ready, by: r => r.ahead_bytes },
          { name: "Next missing byte", cell: due, by: r => r.ahead_bytes },
          { name: "Takes", cell: r => { const v = takes(r); return v === null ? "measuring" : rate(v); }, by: r => takes(r) ?? 0 },
          { name: "Waited", cell: r => r.stalls === 0 ? (r.waiting ? "waits now" : "never") : `${r.stalls} (${span(r.stalled_ms)})`, by: r => r.stalls },
          { name: "First byte", cell: r => r.first_byte_ms === null ? "not yet" : span(r.first_byte_ms), by: r => r.first_byte_ms ?? 0 },
        ]} />
      </section>
      <section aria-labelledby="givers"><h2 id="givers">Where the bytes come from</h2>
        <Table caption="Sources" rows={sources(f.readers, resource.infohash, peers.value ?? [], gone.value)} id={keyOf} empty="No byte yet." sort={{ column: "To these readers", down: true }} columns={[
          { name: "Source", cell: s => s.kind === "webseed" ? "web seed" : s.kind === "store" ? "own store" : s.kind, by: s => s.kind },
          { name: "Address", cell: s => s.address ?? "–", by: s => s.address ?? "" },
          { name: "State", cell: s => s.state === null ? "–" : <StateOf state={s.state} reason={s.reason} />, by: s => s.state ?? "" },
          { name: "To these readers", cell: s => size(s.bytes), by: s => s.bytes },
          { name: "Rate", cell: s => s.rate === null ? "–" : rate(s.rate), by: s => s.rate ?? 0 },
          { name: "Has", cell: s => s.has === null ? "–" : share(s.has, 1), by: s => s.has ?? 0 },
        ]} />
      </section>
      <section aria-labelledby="receipts"><h2 id="receipts">Receipts</h2>
        <Table caption="Receipts of this resource" rows={mine.slice(0, 20)} id={r => r.id} empty="No answer has ended yet." columns={[
          { name: "Ended", cell: r => `${new Date(r.timings.finished).toLocaleTimeString()}, ${r.outcome}`, by: r => r.timings.finished },
          { name: "Took", cell: r => span(r.timings.duration_ms), by: r => r.timings.duration_ms },
          { name: "From", cell: r => <Mix by={r.bytes_by_source} />, by: r => r.bytes_by_source.peer },
          { name: "Verified", cell: r => `${share(r.bytes_verified_16k, r.total_bytes)} ${r.authority}`, by: r => r.bytes_verified_16k },
          { name: "Sources", cell: r => <details><summary>{r.sources.length}</summary><ul>{r.sources.map(s => <li key={`${s.kind} ${s.address}`}>{s.kind} {s.address ?? nameOf(r.url)}: {size(s.bytes)}{s.banned ? <span class="bad"> ✕ banned: {s.blame.map(b => `block ${b.block}, ${b.reason}`).join("; ")}</span> : null}</li>)}</ul></details> },
        ]} />
      </section>
    </>
  );
}

const keyOf = (s: SourceRow): string => `${s.kind} ${s.address}`;

const takes = (r: Reader): number | null => { const ring = readerTracks.get(r.id); return ring ? speed(ring) : null; };

/** Seconds at the pace the client takes it: what a player could lose its sources for. */
function ready(r: Reader): string {
  const v = takes(r);
  return v && v > 0 ? `${size(r.ahead_bytes)}, ${span(r.ahead_bytes / v * 1000)} at its pace` : size(r.ahead_bytes);
}

/** The deadline of what is to come next. */
function due(r: Reader): string {
  const v = takes(r);
  return r.position + r.ahead_bytes >= r.end ? "none: all is here" : r.ahead_bytes === 0 ? (r.waiting ? "due now" : "none is here yet") : v && v > 0 ? `due in ${span(r.ahead_bytes / v * 1000)}` : "measuring";
}

function Fact({ name, value }: { name: string; value: string }) {
  return <div><dt>{name}</dt><dd><Outside text={value} /></dd></div>;
}

function Pick() {
  const list = resources.value;
  return (
    <section aria-labelledby="pick"><h2 id="pick">Choose a resource</h2>
      {list === null ? <p class="soft">Asking the node…</p>
        : list.length === 0 ? <p class="soft">Nothing is open. Fetch something of 1 MiB or more through the proxy, and look again.</p>
        : <ul class="wrap">{list.map(r => <li key={r.id}><a href={to("flow", r.id)}><Outside text={r.name} /></a> <span class="soft">{size(r.length)} · {r.readers > 0 ? "open" : "kept"}</span></li>)}</ul>}
    </section>
  );
}
