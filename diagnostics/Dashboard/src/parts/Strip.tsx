// The piece strip: every block of a content on one canvas, by whose it is. Colour never speaks alone: each kind has its own hatching.

import { useEffect, useRef } from "preact/hooks";
import { clock, share } from "../format";
import { counts, KINDS, tenths, type Kind } from "../picture";
import type { Flow, Reader } from "../types";

/** What a reader needs within this time is near: the scheduler hedges there. */
const NEAR_SECONDS = 10;
/** Peers at which a cell counts as common. */
const COMMON = 5;

/** Null while the pace of a reader is not known. */
type Pace = (reader: Reader) => number | null;

function paint(canvas: HTMLCanvasElement, flow: Flow, pace: Pace): void {
  const style = getComputedStyle(canvas);
  const ratio = devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio)), height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  const g = canvas.getContext("2d");
  if (!g) return;
  const color = (name: string): string => style.getPropertyValue(name).trim();
  g.clearRect(0, 0, width, height);
  const mark = Math.round(10 * ratio), base = flow.availability ? Math.round(12 * ratio) : 0, top = mark, tall = height - mark - base;
  g.fillStyle = color("--ground");
  g.fillRect(0, top, width, tall);
  const { kinds, fill } = flow.picture, n = kinds.length;
  for (let i = 0; i < n;) {
    let end = i + 1;
    while (end < n && kinds[end] === kinds[i] && fill[end] === fill[i]) end++;
    const kind = KINDS.find(k => k.letter === kinds[i]);
    if (kind) {
      const x = Math.round(i / n * width), w = Math.max(1, Math.round(end / n * width) - x), h = Math.max(1, tall * tenths(fill[i]!));
      g.fillStyle = color(kind.color);
      g.fillRect(x, top + tall - h, w, h);
      hatch(g, kind.hatch, x, top + tall - h, w, h, ratio, color("--card"));
    }
    i = end;
  }
  if (flow.availability) holders(g, flow.availability, width, height - base + 2 * ratio, base - 2 * ratio, color("--peer"), color("--ground"));
  for (const player of flow.players) {
    const x = player.seconds / player.duration_seconds * width, ready = player.buffered_seconds / player.duration_seconds * width;
    g.fillStyle = color("--focus");
    g.fillRect(x, top, Math.max(ready, 1), 3 * ratio);
    g.fillRect(x - ratio, 0, 2 * ratio, top + tall);
    g.beginPath(); g.moveTo(x, 0); g.lineTo(x + 5 * ratio, top / 2); g.lineTo(x, top); g.lineTo(x - 5 * ratio, top / 2); g.fill();
  }
  for (const reader of flow.readers) {
    const speed = pace(reader);
    if (speed) {
      const soon = Math.min(reader.end, reader.position + speed * NEAR_SECONDS) / flow.length * width;
      g.strokeStyle = color("--bad");
      g.lineWidth = 2 * ratio;
      g.setLineDash([3 * ratio, 3 * ratio]);
      g.beginPath(); g.moveTo(soon, top); g.lineTo(soon, top + tall); g.stroke();
      g.setLineDash([]);
    }
    const x = reader.position / flow.length * width, ahead = reader.ahead_bytes / flow.length * width;
    g.fillStyle = color("--text");
    g.fillRect(x, top - 3 * ratio, Math.max(ahead, 1), 2 * ratio);
    g.beginPath(); g.moveTo(x - 5 * ratio, 0); g.lineTo(x + 5 * ratio, 0); g.lineTo(x, top); g.fill();
    g.fillRect(x - ratio / 2, top, Math.max(1, ratio), tall);
  }
}

function holders(g: CanvasRenderingContext2D, digits: string, width: number, top: number, tall: number, ink: string, ground: string): void {
  g.fillStyle = ground;
  g.fillRect(0, top, width, tall);
  g.fillStyle = ink;
  for (let i = 0; i < digits.length;) {
    let end = i + 1;
    while (digits[end] === digits[i]) end++;
    const h = tall * Math.min(1, Number(digits[i]) / COMMON), x = Math.round(i / digits.length * width);
    g.fillRect(x, top + tall - h, Math.round(end / digits.length * width) - x, h);
    i = end;
  }
}

function hatch(g: CanvasRenderingContext2D, how: Kind["hatch"], x: number, y: number, w: number, h: number, ratio: number, ink: string): void {
  if (how === "none" || w < 3 * ratio) return;
  g.save();
  g.beginPath(); g.rect(x, y, w, h); g.clip();
  g.strokeStyle = g.fillStyle = ink;
  g.globalAlpha = 0.45;
  g.lineWidth = ratio;
  const step = 7 * ratio;
  if (how === "dots") for (let a = x; a < x + w; a += step) for (let b = y; b < y + h; b += step) g.fillRect(a, b, 2 * ratio, 2 * ratio);
  else {
    g.beginPath();
    for (let a = x - h; a < x + w + h; a += step) {
      g.moveTo(how === "bars" ? a : how === "up" ? a : a + h, how === "bars" ? y : y + h);
      g.lineTo(how === "bars" ? a : how === "up" ? a + h : a, how === "bars" ? y + h : y);
    }
    g.stroke();
  }
  g.restore();
}

export function Strip({ flow, pace }: { flow: Flow; pace: Pace }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const draw = (): void => paint(canvas, flow, pace);
    draw();
    const size = new ResizeObserver(draw);
    size.observe(canvas);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => { size.disconnect(); scheme.removeEventListener("change", draw); };
  }, [flow]);
  const here = counts(flow.picture), n = flow.picture.kinds.length;
  const words = KINDS.filter(k => here.has(k.letter)).map(k => `${share(here.get(k.letter)!, n)} ${k.label}`).join(", ") || "nothing is here yet";
  const rare = flow.availability ? Math.min(...[...flow.availability].map(Number)) : null, common = flow.availability ? Math.max(...[...flow.availability].map(Number)) : null;
  const many = (n: number): string => n === 9 ? "9 or more" : String(n);
  return (
    <figure class="strip">
      <canvas ref={ref} role="img" aria-label={`Pieces: ${words}. Playheads: ${flow.players.map(p => clock(p.seconds)).join(", ") || flow.readers.map(r => share(r.position, flow.length)).join(", ") || "none"}.${rare === null ? "" : ` Availability: each piece with ${many(rare)} to ${many(common!)} peers.`}`} />
      <figcaption>
        <ul class="legend">
          {KINDS.map(k => <li key={k.letter}><span class={`swatch ${k.hatch}`} style={{ backgroundColor: `var(${k.color})` }} aria-hidden="true" />{k.label} {share(here.get(k.letter) ?? 0, n)}</li>)}
          <li><span class="swatch head" aria-hidden="true">▼</span>read position, and what lies ready after it</li>
          <li><span class="swatch head player" aria-hidden="true">◆</span>a player's playhead, and what it has buffered</li>
          <li><span class="swatch head near" aria-hidden="true">┊</span>due within {NEAR_SECONDS} s at its pace</li>
          {rare !== null && <li><span class="swatch low" aria-hidden="true" />below: availability, {rare === common ? many(rare) : `${many(rare)} to ${many(common!)}`} peers a piece</li>}
        </ul>
      </figcaption>
    </figure>
  );
}
