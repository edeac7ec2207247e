// A histogram as a list: each bar with its bounds and its count in words.

import { share } from "../format";

export function Bars({ bars, what }: { bars: readonly { label: string; count: number }[]; what: string }) {
  const all = bars.reduce((sum, b) => sum + b.count, 0), most = Math.max(1, ...bars.map(b => b.count));
  return (
    <table class="histogram"><caption class="visually-hidden">{what}</caption>
      <thead class="visually-hidden"><tr><th scope="col">Took</th><th scope="col">Count</th></tr></thead>
      <tbody>{bars.map(b => <tr key={b.label}><th scope="row">{b.label}</th><td><span class="bar" style={{ width: `${b.count / most * 70}%` }} aria-hidden="true" /> {b.count} <span class="soft">({share(b.count, all)})</span></td></tr>)}</tbody>
    </table>
  );
}
