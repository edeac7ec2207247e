// The line that says whether what the page shows is true now.

import { link } from "../model";

/** `who`: what answers; `live`: a word more about it. */
export function LinkState({ who, live = "" }: { who: string; live?: string }) {
  const s = link.value;
  const words = s === "live" ? `● live${live}` : s === "connecting" ? "○ connecting…" : s === "lost" ? `✕ the ${who} does not answer; what you see is old. Trying again…` : "";
  return <p class={`link ${s === "lost" ? "bad" : "soft"}`} role="status">{words}</p>;
}
