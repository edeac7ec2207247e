// "Play with Swarm" and "Download with Swarm": any link, at the user's word.

import { ask } from "../shared/messages";
import { fileNameOf, nameOf } from "../shared/name";
import { element, fillIn, text } from "../shared/text";

fillIn(document);
const parameters = new URLSearchParams(location.search);
const url = parameters.get("url") ?? "";
const state = element("state");
const film = element<HTMLVideoElement>("film");

async function main(): Promise<void> {
  const name = nameOf(url) || text("noName");
  element("name").textContent = name;
  document.title = name;
  const direct = element<HTMLAnchorElement>("direct");
  direct.hidden = !/^https?:/.test(url);
  if (!direct.hidden) {
    direct.href = url;
  }
  state.textContent = text("asking");
  const address = await ask<string | null>({ kind: "play", url });
  if (address === null) {
    state.textContent = text("playNone");
    return;
  }
  if (parameters.has("download")) {
    const filename = fileNameOf(address);
    await chrome.downloads.download({ url: address, ...(filename === "" ? {} : { filename }) });
    state.textContent = text("downloading");
    return;
  }
  film.addEventListener("error", () => { state.textContent = text("playFailed"); });
  film.addEventListener("loadedmetadata", () => { state.textContent = ""; });
  // The user asked for it: it begins with the first seconds, not only where the browser thinks the rest will come in time.
  film.addEventListener("canplay", () => { film.play().catch(() => { /* the browser's autoplay rule: the controls remain */ }); }, { once: true });
  film.hidden = false;
  film.src = address;
}

main().catch(() => { state.textContent = text("playFailed"); });
