// One connection's memory over time: what is held, its limit, and what of it is payload.

import { size } from "../format";
import { sparkline, type Held } from "../tcp";

const WIDTH = 600, HEIGHT = 120;

export function Over({ held, name }: { held: readonly Held[]; name: string }) {
  if (held.length < 2) return <p class="soft">It needs two readings of {name}.</p>;
  const top = Math.max(1, ...held.map(h => Math.max(h.rmem, h.rcvbuf))), last = held[held.length - 1]!;
  const line = (of: (h: Held) => number): string => sparkline(held.map(of), WIDTH, HEIGHT, top);
  return (
    <figure>
      <svg class="over" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img"
        aria-label={`${name}: ${size(last.rmem)} held of ${size(last.rcvbuf)}, ${size(last.payload)} payload; ${size(Math.max(...held.map(h => h.rmem)))} held at most.`}>
        <polyline class="limit" points={line(h => h.rcvbuf)} /><polyline class="payload" points={line(h => h.payload)} /><polyline class="held" points={line(h => h.rmem)} />
      </svg>
      <figcaption><ul class="legend"><li><span class="stroke held" aria-hidden="true" />held, at most {size(Math.max(...held.map(h => h.rmem)))}</li>
        <li><span class="stroke limit" aria-hidden="true" />its limit (rcvbuf), now {size(last.rcvbuf)}</li><li><span class="stroke payload" aria-hidden="true" />payload, now {size(last.payload)}</li></ul></figcaption>
    </figure>
  );
}
