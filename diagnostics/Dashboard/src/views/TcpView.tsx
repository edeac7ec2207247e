// Receive buffers: what they hold, what of it is payload, what is wrong and what to do. This node's own or the whole machine's, live; or a recording's.

import { useState } from "preact/hooks";
import { send } from "../api";
import { plural, rate, share, size, span } from "../format";
import { recording, tcp, tcpHistory, torrents } from "../model";
import { bars, behind, byMost, end, keyOf, sparkline, wentBy } from "../tcp";
import { Bars } from "../parts/Bars";
import { HeatMap } from "../parts/HeatMap";
import { Outside } from "../parts/Outside";
import { Over } from "../parts/Over";
import { Table } from "../parts/Table";
import type { Connection, Finding, Recording, Tcp } from "../types";

const WIDTH = 90, HEIGHT = 20;
/** What the node takes, in bytes: ControlOptions.BodyLimitBytes. */
const MOST_BYTES = 10 << 20;

/** Whose connections the live ones are. */
export type Whose = "node" | "machine";

export function TcpView({ whose }: { whose: Whose }) {
  const [over, setOver] = useState(false), [said, setSaid] = useState<string | null>(null);
  const open = async (file: File | undefined): Promise<void> => {
    setOver(false);
    if (!file) return;
    if (file.size > MOST_BYTES) { setSaid(`${file.name} has ${size(file.size)}; here ${size(MOST_BYTES)} is the most. For more: swarmstream diag explain FILE.`); return; }
    setSaid(`Judging ${file.name}…`);
    try {
      const judged = await send<Recording>("POST", "/api/v1/tcp/recording", await file.arrayBuffer(), "application/octet-stream");
      recording.value = judged && { name: file.name, tcp: judged };
      setSaid(null);
    } catch (e) { setSaid((e as Error).message); }
  };
  const r = recording.value, t = r?.tcp ?? tcp.value;
  return (
    <div class={over ? "drop over" : "drop"} onDragOver={e => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
      onDrop={e => { e.preventDefault(); void open(e.dataTransfer?.files[0]); }}>
      {t === null ? <p class="soft">Asking the {whose === "node" ? "node" : "program"}…</p>
        : typeof t === "string" ? <section><h2>TCP memory</h2><p>{t}</p><p class="soft">For the connections of any program on a Linux machine: <code>swarmstream diag top</code>.</p></section>
        : <Judged t={t} r={r} whose={whose} />}
      <section aria-labelledby="recording"><h2 id="recording">From a recording</h2>
        <p class="row"><label class="button">Open a recording<input type="file" class="visually-hidden" onChange={e => { void open(e.currentTarget.files?.[0]); e.currentTarget.value = ""; }} /></label>
          <span>or drop it anywhere here. Made on any Linux machine by <code>swarmstream diag record FILE</code>; nothing of it is kept.</span></p>
        {said && <p role="status" class={said.endsWith("…") ? "" : "bad"}>{said}</p>}
      </section>
    </div>
  );
}

function Judged({ t, r, whose }: { t: Tcp; r: { name: string; tcp: Recording } | null; whose: Whose }) {
  const [chosen, choose] = useState<string | null>(null);
  const held = t.connections.reduce((sum, c) => sum + c.rmem_alloc, 0), payload = t.connections.reduce((sum, c) => sum + c.payload, 0);
  const names = new Map(torrents.value?.map(one => [one.infohash, one.name]));
  // By the most that they held, then by what they hold: the sort keeps the order of equals.
  const first = byMost(t.connections, tcpHistory).sort((a, b) => b.c.rmem_alloc - a.c.rmem_alloc)[0], worst = first?.c;
  const shown = t.connections.find(c => keyOf(c) === chosen) ?? (first && first.most > 0 ? worst : undefined), collapses = bars(t.collapse_histogram);
  return (
    <>
      {r && <section class="lead look" aria-label="Recording"><p>◷ Recording <Outside text={r.name} />: {new Date(r.tcp.started).toLocaleString()} on {r.tcp.kernel}, {plural(r.tcp.sweeps, "reading")} in {span(r.tcp.elapsed_seconds * 1000)}
        {r.tcp.end === "clean" ? "" : r.tcp.end === "too long" ? "; it goes on, this is its beginning" : `; the file is ${r.tcp.end}, this is what could be read`}.{" "}
        <button onClick={() => { recording.value = null; }}>Back to live</button></p></section>}
      <section class={`lead ${t.findings.length > 0 ? "look" : "good"}`} aria-label="State"><p role="status">
        {t.findings.length > 0 ? `⚠ ${plural(t.findings.length, "finding")}.` : "✓ Nothing is wrong."} {plural(t.connections.length, "connection")} {t.connections.length === 1 ? "holds" : "hold"} {size(held)} of receive memory for {size(payload)} of payload.
        {worst && worst.rmem_alloc > 0 && ` The most: ${size(worst.rmem_alloc)}, ${end(worst.local_address, worst.local_port)} ← ${end(worst.remote_address, worst.remote_port)}.`}</p></section>
      {t.problem && <p class="bad">{t.problem}</p>}
      {t.findings.length > 0 && <section aria-labelledby="findings"><h2 id="findings">Findings</h2>{t.findings.map((f, i) => <FindingText key={i} finding={f} />)}</section>}
      {shown && <section aria-labelledby="over"><h2 id="over">Over time: {end(shown.local_address, shown.local_port)} ← {end(shown.remote_address, shown.remote_port)}</h2>
        <Over held={wentBy(shown, tcpHistory)} name="this connection" /></section>}
      <section aria-labelledby="connections"><h2 id="connections">{r ? "Connections of the recording" : `Connections of this ${whose}`}</h2>
        <Table caption="Connections" rows={t.connections} id={keyOf} empty="None is open." sort={{ column: "Held", down: true }} columns={[
          { name: whose === "node" ? "Role" : "Program", cell: c => c.role ?? c.process ?? (whose === "node" ? "other" : "–"), by: c => c.role ?? c.process ?? "" },
          { name: "Other end", cell: c => <button class="plain" aria-pressed={c === shown} title="Show it over time" onClick={() => choose(keyOf(c))}>{end(c.remote_address, c.remote_port)}</button>, by: c => c.remote_address },
          ...(whose === "machine" ? [{ name: "This end", cell: (c: Connection) => end(c.local_address, c.local_port), by: (c: Connection) => c.local_port }] : [{ name: "For", cell: (c: Connection) => <Outside text={names.get(c.subject ?? "") ?? (c.subject || "–")} />, by: (c: Connection) => c.subject ?? "" }]),
          { name: "Held", cell: c => <>{size(c.rmem_alloc)} <Line connection={c} /></>, by: c => c.rmem_alloc },
          { name: "Limit", cell: c => <>{size(c.rcvbuf)} <span class="soft">{share(c.rmem_alloc, c.rcvbuf)}</span></>, by: c => c.rcvbuf },
          { name: "Payload", cell: c => size(c.payload), by: c => c.payload },
          { name: "Bloat", cell: c => c.bloat_ratio === null ? "–" : `${c.bloat_ratio.toFixed(1)}\u00a0:\u00a01`, by: c => c.bloat_ratio ?? 0 },
          { name: "Read", cell: c => c.read_bytes_per_second === null ? "–" : rate(c.read_bytes_per_second), by: c => c.read_bytes_per_second ?? 0 },
          ...(r || whose === "machine" ? [] : [{ name: "Not taken yet", cell: (c: Connection) => { const b = behind(c); return b === null ? "–" : size(b); }, by: (c: Connection) => behind(c) ?? 0 }]),
          { name: "Collapses", cell: c => c.collapses_bracketed === null ? "–" : `${c.collapses_bracketed} (${((c.collapse_microseconds_bracketed ?? 0) / 1000).toFixed(1)}\u00a0ms)`, by: c => c.collapses_bracketed ?? 0 },
          { name: "Verdict", cell: c => c.verdicts.length ? `⚠ ${c.verdicts.join(", ")}` : "✓", by: c => c.verdicts.join() },
        ]} />
        <p class="soft">Held is what the kernel charges for (rmem_alloc), payload what a program can still read of it; the rest is overhead. {whose === "node" && "Not taken yet: sent, and not read by the program at the other end. "}
          A collapse that was not traced shows as –. {whose === "node" ? <>All programs of this machine: <code>swarmstream diag serve</code>.</>
            : t.connection_count > t.connections.length && !r ? `The ${t.connections.length} that hold most of ${t.connection_count}.` : ""}</p>
      </section>
      <section aria-labelledby="heat"><h2 id="heat">How full, over time</h2><HeatMap connections={t.connections} /></section>
      <section aria-labelledby="collapses"><h2 id="collapses">How long collapses took</h2>
        {collapses.length === 0 ? <p class="soft">None was traced. A collapse is the kernel rewriting a full queue while everyone waits; tracing it needs root and libbpf.</p>
          : <Bars bars={collapses} what="Collapses by how long they took" />}</section>
      <section aria-labelledby="tiers"><h2 id="tiers">How it {r ? "was" : "is"} measured</h2>
        <p class="soft">Read-only; {plural(t.sweeps, r ? "reading" : "sweep")}{t.cost_share_of_a_core === undefined ? "" : `, ${(t.cost_share_of_a_core * 100).toFixed(2)} % of one core`}.</p>
        <ul>{t.tiers.map(one => <li key={one.name}>{one.present ? "✓" : "–"} {one.name}{one.absent_because ? `: ${one.absent_because}` : ""}</li>)}</ul>
      </section>
    </>
  );
}

function Line({ connection }: { connection: Connection }) {
  const held = wentBy(connection, tcpHistory);
  return held.length < 2 || held.every(h => h.rmem === 0) ? null : (
    <svg class="spark" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true"><polyline points={sparkline(held.map(h => h.rmem), WIDTH, HEIGHT)} /></svg>
  );
}

function FindingText({ finding: f }: { finding: Finding }) {
  const where = f.scope === "machine" ? "this machine" : `${end(f.local_address!, f.local_port!)} ← ${end(f.remote_address!, f.remote_port!)}${f.role ? ` (${f.role}${f.subject ? ` ${f.subject}` : ""})` : f.process ? ` (${f.process})` : ""}`;
  return (
    <details>
      <summary><strong>{f.verdict}</strong> <Outside text={`${where}: ${f.cause}`} /></summary>
      <ul class="soft">{f.evidence.map(m => <li key={m.name}>{m.name}: {m.unit === "bytes" ? size(m.value) : `${m.value} ${m.unit.replaceAll("_", " ")}`} <span>({m.tier})</span></li>)}</ul>
      {f.advice.map(line => <p key={line} class="wrap">→ {line}</p>)}
    </details>
  );
}
