// The open view stands in the address: #/flow/ID. Links and the back button work.

import { signal } from "@preact/signals";

export interface Route { view: string; id: string | null }

export function parse(hash: string): Route {
  const [view, id] = hash.replace(/^#\/?/, "").split("/");
  return { view: view || "home", id: id ? decodeURIComponent(id) : null };
}

export const to = (view: string, id?: string): string => `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}`;

export const route = signal<Route>({ view: "home", id: null });
