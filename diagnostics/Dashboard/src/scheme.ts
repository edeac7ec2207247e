// Light, dark, or as the system has it.

import { signal } from "@preact/signals";

export type Scheme = "system" | "light" | "dark";
const KEY = "swarm-scheme";

export const scheme = signal<Scheme>((localStorage.getItem(KEY) as Scheme | null) ?? "system");

export function setScheme(value: Scheme): void {
  scheme.value = value;
  localStorage.setItem(KEY, value);
  applyScheme();
}

export function applyScheme(): void {
  if (scheme.value === "system") document.documentElement.removeAttribute("data-scheme");
  else document.documentElement.setAttribute("data-scheme", scheme.value);
}
