// Per site: how much of what was delivered it had to send itself.

import { hostOf, share, size } from "../format";
import { receipts, resources } from "../model";
import { Mix } from "../parts/Mix";
import { Outside } from "../parts/Outside";
import { Table } from "../parts/Table";
import { sites } from "../sums";
import { total } from "../types";

export function Origins() {
  const done = receipts.value, list = resources.value;
  if (!done || !list) return <p class="soft">Asking the node…</p>;
  const slow = list.filter(r => r.reason);
  return (
    <>
      <section aria-labelledby="origins"><h2 id="origins">Origins, by the last {done.length} downloads</h2>
        <Table caption="Origins" rows={sites(done)} id={s => s.host} empty="No download has finished yet." sort={{ column: "Delivered", down: true }} columns={[
          { name: "Host", cell: s => <Outside text={s.host} />, by: s => s.host },
          { name: "Downloads", cell: s => String(s.downloads), by: s => s.downloads },
          { name: "Ended early", cell: s => String(s.failed), by: s => s.failed },
          { name: "Delivered", cell: s => size(total(s.by)), by: s => total(s.by) },
          { name: "The origin sent", cell: s => `${size(s.by.origin)} (${share(s.by.origin, total(s.by))})`, by: s => s.by.origin },
          { name: "From", cell: s => <Mix by={s.by} />, by: s => s.by.peer },
        ]} />
      </section>
      <section aria-labelledby="slow"><h2 id="slow">Not accelerated, and why</h2>
        <Table caption="Not accelerated" rows={slow} id={r => r.id} empty="Nothing: every open resource has its swarm." columns={[
          { name: "Name", cell: r => <Outside text={r.name} />, by: r => r.name },
          { name: "Host", cell: r => <Outside text={hostOf(r.url)} />, by: r => hostOf(r.url) },
          { name: "Why, and what would help", cell: r => r.reason },
        ]} />
        <p class="soft">An https request through <code>CONNECT</code> is a blind tunnel: nothing in it is seen here. The first page names the hosts of which much passed so, and what helps.</p>
      </section>
    </>
  );
}
