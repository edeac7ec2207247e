// Whether the node is there. Asked by an alarm, and whenever a page or the popup wants something of it.

import { type NodeState, type Status, stateOf } from "../shared/node";
import { load, save } from "../shared/settings";
import { type Answer, get } from "./api";

/** An answer this young is believed, so that ten media elements ask once. */
const FRESH_MS = 2000;

/** Kept by the browser too, since the background forgets when it sleeps. */
const KEPT = "node";

/** When the node began tells one that was started again from one that never went. */
interface Known { state: NodeState; started: string | null; atMs: number }

let known: Known | null = null;
let late = 0;
let onChange: (state: NodeState) => Promise<void> = async () => { /* set by main */ };

export function watch(listener: (state: NodeState) => Promise<void>): void {
  onChange = listener;
}

/** How the node stands now. */
export async function current(): Promise<NodeState> {
  return known !== null && Date.now() - known.atMs < FRESH_MS ? known.state : (await look()).state;
}

export interface Seen { state: NodeState; status: Status | null }

/** Asks the node, whatever was known. */
export async function look(): Promise<Seen> {
  const settings = await load();
  if (settings.token === null) {
    return { state: await become("unpaired"), status: null };
  }
  const answer = await get<Status>(settings, "/api/v1/status");
  const state = judge(answer, stateOf(answer.status, answer.body?.schema ?? null));
  if (state === "ok" && answer.body !== null && answer.body.proxy !== settings.proxy) {
    await save({ proxy: answer.body.proxy });
  }
  return { state: await become(state, answer.body?.started), status: state === "ok" ? answer.body : null };
}

/** What another request than for its status showed. */
export async function heard(answer: Answer<unknown>): Promise<NodeState> {
  const { status } = answer;
  // 404: the node has nothing open under a URL at the moment, which is no trouble.
  return await become(judge(answer, status === null ? "off" : status === 401 ? "refused" : status === 503 ? "starting" : "ok"));
}

/** One late answer is a busy machine's, two in a row are those of a node that hangs; one that is gone refuses at once. */
function judge(answer: Answer<unknown>, state: NodeState): NodeState {
  late = answer.late ? late + 1 : 0;
  return late === 1 && known !== null ? known.state : state;
}

async function become(state: NodeState, started?: string): Promise<NodeState> {
  const before = known ?? (await chrome.storage.session.get<Record<string, Known>>(KEPT))[KEPT] ?? null;
  known = { state, started: started ?? before?.started ?? null, atMs: Date.now() };
  if (before?.state !== state || before.started !== known.started) {
    await chrome.storage.session.set({ [KEPT]: known });
    await onChange(state);
  }
  return state;
}
