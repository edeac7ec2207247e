// Plain words and numbers with units. Pure.

const NB = "\u00a0"; // a number and its unit stay on one line

export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  while (bytes >= 999.5 && unit < units.length - 1) { bytes /= 1024; unit++; }
  return bytes.toFixed(unit === 0 || bytes >= 99.95 ? 0 : bytes >= 9.995 ? 1 : 2) + NB + units[unit];
}

export const rate = (bytesPerSecond: number): string => `${size(bytesPerSecond)}/s`;

export function span(ms: number): string {
  if (ms < 99.5) return Math.round(ms) + NB + "ms";
  if (ms < 9950) return (ms / 1000).toFixed(1) + NB + "s";
  const s = Math.round(ms / 1000);
  if (s < 60) return s + NB + "s";
  if (s < 3600) return `${Math.floor(s / 60)}${NB}min ${s % 60}${NB}s`;
  return s < 86400 ? `${Math.floor(s / 3600)}${NB}h ${Math.floor(s % 3600 / 60)}${NB}min` : `${Math.floor(s / 86400)}${NB}d ${Math.floor(s % 86400 / 3600)}${NB}h`;
}

/** A place in a film: 1:05, 1:02:03. */
export function clock(seconds: number): string {
  const s = Math.floor(seconds), two = (n: number): string => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s % 3600 / 60))}:${two(s % 60)}`;
}

/** Never rounds something to nothing, or less than all to all. */
export function share(part: number, whole: number): string {
  if (!(whole > 0) || part <= 0) return "0" + NB + "%";
  if (part >= whole) return "100" + NB + "%";
  const p = part / whole * 100;
  return (p < 0.5 ? "<1" : p > 99 ? ">99" : Math.round(p)) + NB + "%";
}

export const plural = (n: number, one: string, many = one + "s"): string => `${n}${NB}${n === 1 ? one : many}`;

/** The last part of a URL's path, for people. */
export function nameOf(url: string): string {
  const path = (url.split(/[?#]/)[0] ?? "").replace(/\/+$/, "");
  const last = path.slice(path.lastIndexOf("/") + 1);
  try { return decodeURIComponent(last) || url; } catch { return last || url; }
}

export function hostOf(url: string): string {
  try { return new URL(url).host; } catch { return ""; }
}
