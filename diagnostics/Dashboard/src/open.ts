// How a page opens: its colours, the token out of the address, and the page in the place of what stands there without scripts.

import { render, type VNode } from "preact";
import { takeToken, token } from "./api";
import { link } from "./model";
import { applyScheme } from "./scheme";

/** `onAddress`: what else the address says to this page, now and whenever it changes. */
export function open(page: VNode, onAddress = (): void => {}): void {
  const follow = (): void => {
    takeToken();
    if (link.value === "no token" && token()) link.value = "connecting";
    onAddress();
  };
  applyScheme();
  follow();
  addEventListener("hashchange", follow);
  const root = document.getElementById("app")!;
  root.replaceChildren();
  render(page, root);
}
