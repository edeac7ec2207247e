// Pairing in one click: the dashboard that the user opened has the node's token, in a tab that this extension may read (127.0.0.1 alone).

import { type NodeState, type Status, pairingOf, stateOf } from "../shared/node";
import { DEFAULTS, load, save } from "../shared/settings";
import { get } from "./api";
import { look } from "./health";

/** No page waits for it, and a node that has just begun may take its time on a busy machine. */
const PATIENCE_MS = 10_000;

/** With a pasted link that one alone, else any open dashboard of a node that answers with its token. */
export async function pair(link: string | null): Promise<NodeState> {
  const offers = link !== null ? [pairingOf(link)] : await openDashboards();
  let last: NodeState = "unpaired";
  for (const offer of offers) {
    if (offer === null) {
      continue;
    }
    const answer = await get<Status>({ ...DEFAULTS, ...offer }, "/api/v1/status", PATIENCE_MS);
    last = stateOf(answer.status, answer.body?.schema ?? null);
    if (last === "ok") {
      await save({ control: offer.control, token: offer.token, proxy: answer.body!.proxy });
      return (await look()).state;
    }
  }
  return last;
}

async function openDashboards(): Promise<({ control: string; token: string } | null)[]> {
  const tabs = await chrome.tabs.query({ url: "http://127.0.0.1/*" });
  const known = (await load()).control;
  const found = await Promise.all(tabs.map(async tab => {
    try {
      const [result] = await chrome.scripting.executeScript({
        target: { tabId: tab.id! },
        func: () => `${location.origin}/#${sessionStorage.getItem("swarm-token") ?? location.hash.slice(1)}`,
      });
      return pairingOf(result?.result ?? "");
    } catch {
      return null; // an error page, or a tab that was closed meanwhile
    }
  }));
  // The node that was paired before comes first.
  return found.sort((a, b) => Number(b?.control === known) - Number(a?.control === known));
}
