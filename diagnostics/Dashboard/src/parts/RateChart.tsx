// Bytes a second by source over the last minutes, with a sentence for who cannot see it.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { rate, size } from "../format";
import { history, historyAt } from "../model";
import { SOURCES } from "../types";

const HEIGHT = 180, SPAN_SECONDS = 300;
/** Below 16 KiB/s nothing worth a scale of its own happens. */
const LEAST_TOP = 16 << 10;
/** Binary units want binary steps. */
const STEPS = Array.from({ length: 40 }, (_, i) => 2 ** i);

export function RateChart() {
  const box = useRef<HTMLDivElement>(null), plot = useRef<uPlot | null>(null);
  const seen = historyAt.value;
  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const make = (): void => {
      plot.current?.destroy();
      const style = getComputedStyle(place), color = (name: string): string => style.getPropertyValue(name).trim();
      const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line"), width: 1 } };
      plot.current = new uPlot({
        width: place.clientWidth, height: HEIGHT, cursor: { points: { show: false } }, legend: { show: true },
        scales: {
          x: { range: () => { const now = history.times[history.times.length - 1] ?? 0; return [now - SPAN_SECONDS, now]; } },
          y: { range: (_, _least, most) => [0, Math.max(most, LEAST_TOP) * 1.1] },
        },
        axes: [{ ...axis, incrs: [60], values: (u, marks) => marks.map(m => { const ago = Math.round((u.scales.x!.max! - m) / 60); return ago === 0 ? "now" : `−${ago} min`; }), splits: u => [4, 3, 2, 1, 0].map(m => u.scales.x!.max! - m * 60) }, { ...axis, size: 84, incrs: STEPS, values: (_, marks) => marks.map(m => `${size(m)}/s`) }],
        series: [{ label: "At", value: (_, at) => at === null ? "–" : new Date(at * 1000).toLocaleTimeString() }, ...SOURCES.map((s, i) => ({
          label: s.label, stroke: color(`--${s.kind}`), width: 2, points: { show: false }, dash: i === 0 ? [6, 3] : i === 2 ? [2, 2] : [],
          value: (_: uPlot, v: number | null) => v === null ? "–" : rate(v),
        }))],
      }, data(), place);
    };
    make();
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: place.clientWidth, height: HEIGHT }));
    resize.observe(place);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", make);
    return () => { resize.disconnect(); scheme.removeEventListener("change", make); plot.current?.destroy(); plot.current = null; };
  }, []);
  useEffect(() => { plot.current?.setData(data()); }, [seen]);
  const last = history.values[history.values.length - 1];
  return (
    <figure class="chart">
      <div ref={box} aria-hidden="true" />
      <figcaption class="soft">Now: {last ? SOURCES.filter(s => last[s.kind] > 0).map(s => `${rate(last[s.kind])} from ${s.label}`).join(", ") || "nothing is received" : "measuring"}.</figcaption>
    </figure>
  );
}

const data = (): uPlot.AlignedData => [[...history.times], ...SOURCES.map(s => history.values.map(v => v[s.kind] ?? 0))];
