// The options page: pairing, what goes through the proxy, the sites that are switched on, and what stays private.

import { ask } from "../shared/messages";
import type { NodeState } from "../shared/node";
import { load, save } from "../shared/settings";
import { element, fillIn, text } from "../shared/text";

async function draw(state: NodeState): Promise<void> {
  const settings = await load();
  element("node").textContent = text(`node_${state}`, settings.control);
  element("unpair").hidden = settings.token === null;
  element<HTMLInputElement>("all-http").checked = settings.allHttp;
  element("no-sites").hidden = settings.sites.length > 0;
  element("sites").replaceChildren(...settings.sites.map(host => {
    const item = Object.assign(document.createElement("li"), { textContent: `${host} ` });
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "remove", textContent: "×" });
    remove.setAttribute("aria-label", text("siteRemove", host));
    remove.addEventListener("click", async () => {
      await ask({ kind: "switch", host, origin: "", on: false, tabId: -1 });
      await draw(state);
    });
    item.append(remove);
    return item;
  }));
}

async function refresh(): Promise<void> {
  await draw(await ask<NodeState>({ kind: "refresh" }));
}

fillIn(document);
element("pair").addEventListener("click", async () => {
  const state = await ask<NodeState>({ kind: "pair", link: null });
  await refresh();
  if (state === "unpaired") {
    element("node").textContent = text("pairNoDashboard");
  }
});
element("unpair").addEventListener("click", async () => {
  await save({ token: null, proxy: null });
  await refresh();
});
element("link-form").addEventListener("submit", async event => {
  event.preventDefault();
  const field = element<HTMLInputElement>("link");
  const state = await ask<NodeState>({ kind: "pair", link: field.value });
  field.value = "";
  await refresh();
  if (state !== "ok") {
    element("node").textContent = text(state === "unpaired" ? "pairBadLink" : `node_${state}`, "127.0.0.1");
  }
});
element("all-http").addEventListener("change", async event => {
  const allHttp = (event.target as HTMLInputElement).checked;
  // Firefox tells an extension only about requests to hosts that it may see.
  const origins = ["http://*/*"];
  const needsHosts = "onRequest" in chrome.proxy;
  if (!allHttp || !needsHosts || await chrome.permissions.request({ origins })) {
    await save({ allHttp });
  }
  if (!allHttp && needsHosts) {
    await chrome.permissions.remove({ origins });
  }
  await refresh();
});
void refresh();
