// What happened, newest first, and everything of it as files.

import { get } from "../api";
import { events, paused, receipts, resources, status } from "../model";
import { size } from "../format";
import { Outside } from "../parts/Outside";

export function Log() {
  return (
    <section aria-labelledby="log"><h2 id="log">Log</h2>
      <p class="row"><button aria-pressed={paused.value} onClick={() => { paused.value = !paused.value; }}>{paused.value ? "Go on" : "Pause"}</button>
        <button onClick={() => save("events.jsonl", events.value.map(e => JSON.stringify(e)).join("\n"))}>Save the log</button>
        <button onClick={() => { void saveAll(); }}>Save receipts and status</button></p>
      <p class="soft">A node started with <code>--record DIR</code> writes every decision of its scheduler; <code>swarmstream log replay DIR</code> repeats them.</p>
      {events.value.length === 0 ? <p class="soft">Nothing happened since this page was opened.</p>
        : <ol class="log">{events.value.map((e, i) => <li key={`${e.at} ${i}`}><time dateTime={e.at}>{new Date(e.at).toLocaleTimeString()}</time> <strong>{e.type}</strong>{" "}
          <Outside text={[e.subject, e.bytes === null || e.bytes === undefined ? null : size(e.bytes), e.detail].filter(Boolean).join(" · ")} /></li>)}</ol>}
    </section>
  );
}

async function saveAll(): Promise<void> {
  const kept = await get<unknown>("/api/v1/receipts?limit=1000").catch(() => receipts.value);
  save("swarm.json", JSON.stringify({ status: status.value, resources: resources.value, receipts: kept }, null, 2));
}

function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
