// Receive buffers of this node's own connections: what they hold, what of it is payload, what is wrong and what to do.

import { plural, rate, share, size } from "../format";
import { tcp, tcpHistory } from "../model";
import { behind, end, keyOf, sparkline } from "../tcp";
import { Table } from "../parts/Table";
import type { Connection, Finding } from "../types";

const WIDTH = 90, HEIGHT = 20;

export function TcpView() {
  const t = tcp.value;
  if (t === null) return <p class="soft">Asking the node…</p>;
  if (typeof t === "string") return <section><h2>TCP memory</h2><p>{t}</p><p class="soft">For the connections of any program on a Linux machine: <code>swarmstream diag top</code>.</p></section>;
  const held = t.connections.reduce((sum, c) => sum + c.rmem_alloc, 0), payload = t.connections.reduce((sum, c) => sum + c.payload, 0);
  return (
    <>
      <section class={`lead ${t.findings.length > 0 ? "look" : "good"}`} aria-label="State"><p role="status">
        {t.findings.length > 0 ? `⚠ ${plural(t.findings.length, "finding")}.` : "✓ Nothing is wrong."} {plural(t.connections.length, "connection")} hold {size(held)} of receive memory for {size(payload)} of payload.</p></section>
      {t.problem && <p class="bad">{t.problem}</p>}
      {t.findings.length > 0 && <section aria-labelledby="findings"><h2 id="findings">Findings</h2>{t.findings.map((f, i) => <FindingText key={i} finding={f} />)}</section>}
      <section aria-labelledby="connections"><h2 id="connections">Connections of this node</h2>
        <Table caption="Connections" rows={t.connections} id={keyOf} empty="None is open." sort={{ column: "Held", down: true }} columns={[
          { name: "Role", cell: c => c.role ?? "other", by: c => c.role ?? "" },
          { name: "Other end", cell: c => end(c.remote_address, c.remote_port), by: c => c.remote_address },
          { name: "For", cell: c => c.subject || "–", by: c => c.subject ?? "" },
          { name: "Held", cell: c => <>{size(c.rmem_alloc)} <Line connection={c} /></>, by: c => c.rmem_alloc },
          { name: "Limit", cell: c => `${size(c.rcvbuf)} (${share(c.rmem_alloc, c.rcvbuf)} used)`, by: c => c.rcvbuf },
          { name: "Payload", cell: c => size(c.payload), by: c => c.payload },
          { name: "Bloat", cell: c => c.bloat_ratio === null ? "–" : `${c.bloat_ratio.toFixed(1)} : 1`, by: c => c.bloat_ratio ?? 0 },
          { name: "Read", cell: c => c.read_bytes_per_second === null ? "–" : rate(c.read_bytes_per_second), by: c => c.read_bytes_per_second ?? 0 },
          { name: "Sent, not taken yet", cell: c => { const b = behind(c); return b === null ? "–" : size(b); }, by: c => behind(c) ?? 0 },
          { name: "Collapses", cell: c => c.collapses_bracketed === null ? "not traced" : `${c.collapses_bracketed} (${((c.collapse_microseconds_bracketed ?? 0) / 1000).toFixed(1)} ms)`, by: c => c.collapses_bracketed ?? 0 },
          { name: "Verdict", cell: c => c.verdicts.length ? `⚠ ${c.verdicts.join(", ")}` : "✓", by: c => c.verdicts.join() },
        ]} />
        <p class="soft">Held is what the kernel charges for (rmem_alloc), payload what a program can still read of it; the rest is overhead. Recv memory of all programs: <code>swarmstream diag top</code>.</p>
      </section>
      <section aria-labelledby="tiers"><h2 id="tiers">How it is measured</h2>
        <p class="soft">Read-only; {plural(t.sweeps, "sweep")}, {(t.cost_share_of_a_core * 100).toFixed(2)} % of one core.</p>
        <ul>{t.tiers.map(one => <li key={one.name}>{one.present ? "✓" : "–"} {one.name}{one.absent_because ? `: ${one.absent_because}` : ""}</li>)}</ul>
      </section>
    </>
  );
}

function Line({ connection }: { connection: Connection }) {
  const ring = tcpHistory.get(keyOf(connection));
  return !ring || ring.values.length < 2 ? null : (
    <svg class="spark" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true"><polyline points={sparkline(ring.values, WIDTH, HEIGHT)} /></svg>
  );
}

function FindingText({ finding: f }: { finding: Finding }) {
  const where = f.scope === "machine" ? "this machine" : `${end(f.local_address!, f.local_port!)} ← ${end(f.remote_address!, f.remote_port!)}${f.role ? ` (${f.role}${f.subject ? ` ${f.subject}` : ""})` : ""}`;
  return (
    <details>
      <summary><strong>{f.verdict}</strong> <span class="wrap">{where}: {f.cause}</span></summary>
      <ul class="soft">{f.evidence.map(m => <li key={m.name}>{m.name}: {m.unit === "bytes" ? size(m.value) : `${m.value} ${m.unit.replaceAll("_", " ")}`} <span>({m.tier})</span></li>)}</ul>
      {f.advice.map(line => <p key={line}>→ {line}</p>)}
    </details>
  );
}
