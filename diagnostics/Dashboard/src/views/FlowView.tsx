// One resource close up: where each byte came from, where the players stand, how many seconds lie ready.

import { rate, share, size, span } from "../format";
import { flow, readerTracks, resources } from "../model";
import { route, to } from "../route";
import { speed } from "../ring";
import { givers } from "../sums";
import { Mix } from "../parts/Mix";
import { Strip } from "../parts/Strip";
import { Table } from "../parts/Table";
import type { Reader } from "../types";

export function FlowView() {
  const id = route.value.id, list = resources.value;
  if (!id) return <Pick />;
  const resource = list?.find(r => r.id === id), f = flow.value;
  if (list && !resource) return <section><h2>Flow</h2><p>This resource is not known any more. <a href={to("flow")}>Choose another</a>.</p></section>;
  if (!resource || !f || f.id !== id) return <p class="soft">Asking the node…</p>;
  return (
    <>
      <section aria-labelledby="flow-name">
        <h2 id="flow-name" class="wrap">{resource.name}</h2>
        <p class="soft wrap">{resource.url}</p>
        <Strip flow={f} />
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
      <section aria-labelledby="readers"><h2 id="readers">Who reads it</h2>
        <Table caption="Readers" rows={f.readers} id={r => String(r.id)} empty="No response is open on it now." columns={[
          { name: "Range", cell: r => `${size(r.first_byte)} – ${size(r.end)}`, by: r => r.first_byte },
          { name: "Playhead", cell: r => `${share(r.position, f.length)} (${size(r.position)})`, by: r => r.position },
          { name: "Ready ahead", cell: ready, by: r => r.ahead_bytes },
          { name: "Takes", cell: r => { const v = takes(r); return v === null ? "measuring" : rate(v); }, by: r => takes(r) ?? 0 },
          { name: "Stalls", cell: r => r.stalls === 0 ? (r.waiting ? "none; waits now" : "none") : `${r.stalls} (${span(r.stalled_ms)})`, by: r => r.stalls },
          { name: "First byte", cell: r => r.first_byte_ms === null ? "not yet" : span(r.first_byte_ms), by: r => r.first_byte_ms ?? 0 },
        ]} />
      </section>
      <section aria-labelledby="givers"><h2 id="givers">Who gave it, to these readers</h2>
        <Table caption="Sources" rows={givers(f.readers)} id={g => `${g.kind} ${g.address}`} empty="No byte yet." sort={{ column: "Bytes", down: true }} columns={[
          { name: "Source", cell: g => g.kind, by: g => g.kind },
          { name: "Address", cell: g => g.address ?? "–", by: g => g.address ?? "" },
          { name: "Bytes", cell: g => size(g.bytes), by: g => g.bytes },
        ]} />
      </section>
    </>
  );
}

const takes = (r: Reader): number | null => { const ring = readerTracks.get(r.id); return ring ? speed(ring) : null; };

/** Seconds at the pace the client takes it: what a player could lose its sources for. */
function ready(r: Reader): string {
  const v = takes(r);
  return v && v > 0 ? `${size(r.ahead_bytes)}, ${span(r.ahead_bytes / v * 1000)} at its pace` : size(r.ahead_bytes);
}

function Fact({ name, value }: { name: string; value: string }) {
  return <div><dt>{name}</dt><dd>{value}</dd></div>;
}

function Pick() {
  const list = resources.value;
  return (
    <section aria-labelledby="pick"><h2 id="pick">Choose a resource</h2>
      {list === null ? <p class="soft">Asking the node…</p>
        : list.length === 0 ? <p class="soft">Nothing is open. Fetch something of 1 MiB or more through the proxy, and look again.</p>
        : <ul class="wrap">{list.map(r => <li key={r.id}><a href={to("flow", r.id)}>{r.name}</a> <span class="soft">{size(r.length)} · {r.readers > 0 ? "open" : "kept"}</span></li>)}</ul>}
    </section>
  );
}
