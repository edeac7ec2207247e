// One bar: which share came from which source, in colour, length and words.

import { share, size } from "../format";
import { SOURCES, total, type BySource } from "../types";

export function Mix({ by, words = true }: { by: BySource; words?: boolean }) {
  const all = total(by), parts = SOURCES.filter(s => by[s.kind] > 0);
  const text = parts.map(s => `${share(by[s.kind], all)} ${s.label}`).join(" · ");
  if (all === 0) return <span class="soft">–</span>;
  return (
    <span class="mix">
      <span class="track" role="img" aria-label={text}>
        {parts.map(s => <span key={s.kind} class={`fill ${s.kind}`} style={{ width: `${by[s.kind] / all * 100}%` }} title={`${s.label}: ${size(by[s.kind])}`} />)}
      </span>
      {words && <span class="soft">{text}</span>}
    </span>
  );
}
