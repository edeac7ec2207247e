// The letters and digits of a picture: kinds of bytes, and how full each cell is. Pure.

import type { Flow } from "./types";

export interface Kind { letter: string; label: string; color: string; hatch: "none" | "up" | "down" | "dots" | "bars" }

export const KINDS: Kind[] = [
  { letter: "o", label: "origin", color: "--origin", hatch: "up" },
  { letter: "p", label: "peers, verified", color: "--peer", hatch: "none" },
  { letter: "s", label: "own store", color: "--store", hatch: "bars" },
  { letter: "h", label: "waiting for its hash", color: "--webseed", hatch: "dots" },
];

/** Blocks here by kind, from the letters and digits of a picture. Pure. */
export function counts(picture: Flow["picture"]): Map<string, number> {
  const all = new Map<string, number>();
  for (let i = 0; i < picture.kinds.length; i++) {
    const kind = picture.kinds[i]!;
    if (kind !== ".") all.set(kind, (all.get(kind) ?? 0) + tenths(picture.fill[i]!));
  }
  return all;
}

export const tenths = (digit: string): number => digit === "9" ? 1 : Number(digit) / 10;
