// The control API of this node. The token comes in the URL's fragment and stays in this tab.

import { parseEvent } from "./events";

const KEY = "swarm-token";

export class ApiError extends Error {
  constructor(readonly status: number, message: string) { super(message); }
}

export const token = (): string | null => sessionStorage.getItem(KEY);
export const setToken = (value: string): void => sessionStorage.setItem(KEY, value.trim());
export const forgetToken = (): void => sessionStorage.removeItem(KEY);

/** Takes the token out of the address bar, so that no one copies it by accident. A view's fragment begins with a slash. */
export function takeToken(): void {
  const fragment = location.hash.slice(1);
  if (fragment.length > 20 && !fragment.startsWith("/")) {
    setToken(fragment);
    history.replaceState(null, "", location.pathname);
  }
}

function headers(extra: Record<string, string> = {}): HeadersInit {
  return { Authorization: `Bearer ${token() ?? ""}`, ...extra };
}

async function answerOf(response: Response): Promise<Response> {
  if (response.ok) return response;
  let sentence = `The node answered ${response.status}.`;
  try {
    const problem = await response.json() as { detail?: string; title?: string };
    sentence = problem.detail ?? problem.title ?? sentence;
  } catch { /* not a problem document: the status must do */ }
  throw new ApiError(response.status, sentence);
}

export async function get<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: headers(), cache: "no-store", credentials: "omit" });
  return await (await answerOf(response)).json() as T;
}

/** Everything that changes something carries the header that no other page can send. */
export async function send<T>(method: string, path: string, body: BodyInit | null, mediaType: string): Promise<T | null> {
  const response = await fetch(path, { method, body, headers: headers({ "Content-Type": mediaType, "X-Swarm": "1" }), credentials: "omit" });
  const text = await (await answerOf(response)).text();
  return text === "" ? null : JSON.parse(text) as T;
}

/** Reads server-sent events by fetch, since EventSource cannot send the token. Returns when the stream ends. */
export async function stream(path: string, onEvent: (name: string, data: unknown) => void, stop: AbortSignal): Promise<void> {
  const response = await answerOf(await fetch(path, { headers: headers({ Accept: "text/event-stream" }), cache: "no-store", credentials: "omit", signal: stop }));
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const event = parseEvent(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (event) onEvent(event.name, event.data);
    }
  }
}
