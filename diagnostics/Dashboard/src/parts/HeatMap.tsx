// Connections by time: how full each receive buffer was. Lightness says it, and the table beside it says it in numbers.

import { useEffect, useRef } from "preact/hooks";
import { plural } from "../format";
import { byMost, end, fullness, type Held } from "../tcp";
import { tcpHistory } from "../model";
import type { Connection } from "../types";

const ROWS = 24, COLUMNS = 120, ROW_PX = 12;
const STEPS = ["empty", "under a quarter", "under 60 %", "under 95 %", "at its limit"];

export function HeatMap({ connections }: { connections: readonly Connection[] }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const rows = byMost(connections, tcpHistory).slice(0, ROWS).filter(r => r.held.length > 1);
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const draw = (): void => paint(canvas, rows.map(r => r.held));
    draw();
    const seen = new ResizeObserver(draw);
    seen.observe(canvas);
    return () => seen.disconnect();
  });
  if (rows.length === 0) return <p class="soft">It needs two readings of a connection.</p>;
  const full = rows.filter(r => r.held.some(h => fullness(h) === 4)).map(r => end(r.c.remote_address, r.c.remote_port));
  return (
    <figure>
      <canvas ref={ref} class="heat" style={{ height: `${rows.length * ROW_PX}px` }} role="img"
        aria-label={`How full ${plural(rows.length, "receive buffer")} were over time. ${full.length === 0 ? "None was at its limit." : `At their limit: ${full.join(", ")}.`}`} />
      <figcaption><ul class="legend">{STEPS.map((name, i) => <li key={name}><span class="swatch" style={{ backgroundColor: step(i) }} aria-hidden="true" />{name}</li>)}
        <li>a row a connection, the fullest first; the newest at the right</li></ul></figcaption>
    </figure>
  );
}

/** Steps of one hue towards the text colour: they differ in lightness in either scheme. */
const step = (i: number): string => i === 0 ? "var(--ground)" : `color-mix(in srgb, var(--heat) ${i * 25}%, var(--ground))`;

function paint(canvas: HTMLCanvasElement, rows: Held[][]): void {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  const g = canvas.getContext("2d");
  if (!g) return;
  // The steps come from the style sheet by way of an element, as a canvas knows no custom properties.
  const probe = document.createElement("span");
  canvas.after(probe);
  const colors = STEPS.map((_, i) => { probe.style.backgroundColor = step(i); return getComputedStyle(probe).backgroundColor; });
  probe.remove();
  const high = canvas.height / rows.length;
  rows.forEach((held, row) => {
    const shown = held.slice(-COLUMNS), wide = canvas.width / COLUMNS, left = COLUMNS - shown.length;
    shown.forEach((h, i) => {
      g.fillStyle = colors[fullness(h)]!;
      g.fillRect((left + i) * wide, row * high, Math.ceil(wide), high - ratio);
    });
  });
}
