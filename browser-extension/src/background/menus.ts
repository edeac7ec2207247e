// "Play with Swarm" and "Download with Swarm" on any link or media.

import { type Capability, type Torrent } from "../shared/node";
import { load } from "../shared/settings";
import { text } from "../shared/text";
import { addMagnet, post } from "./api";

const PLAY = "play";
const DOWNLOAD = "download";

export function install(): void {
  chrome.contextMenus.removeAll(() => {
    for (const [id, title] of [[PLAY, text("menuPlay")], [DOWNLOAD, text("menuDownload")]] as const) {
      chrome.contextMenus.create({ id, title, contexts: ["link", "video", "audio"] });
    }
  });
}

export async function clicked(info: chrome.contextMenus.OnClickData): Promise<void> {
  const url = info.mediaType === "video" || info.mediaType === "audio" ? info.srcUrl ?? info.linkUrl : info.linkUrl ?? info.srcUrl;
  if (url === undefined) {
    return;
  }
  // The page asks for the URL itself: its words, when that fails, are shown where the person looks.
  const page = `${chrome.runtime.getURL("play.html")}?${new URLSearchParams({ url, ...(info.menuItemId === DOWNLOAD ? { download: "1" } : {}) }).toString()}`;
  await chrome.tabs.create({ url: page });
}

/** A URL that a media element of any page may load; null if the node gives none. */
export async function playable(url: string): Promise<string | null> {
  const settings = await load();
  if (!url.startsWith("magnet:")) {
    return (await post<Capability>(settings, "/api/v1/capabilities", { url })).body?.url ?? null;
  }
  const torrent = (await addMagnet<Torrent>(settings, url)).body;
  const largest = torrent?.files.reduce((a, b) => b.length > a.length ? b : a);
  const capability = torrent === null ? null : (await post<Capability>(settings, "/api/v1/capabilities", { torrent: torrent.infohash })).body;
  // The capability is for the torrent; which of its files is said by the rest of the path.
  return capability === null || largest === undefined ? null : withPathOf(capability.url, largest.url);
}

/** …/torrents/~TOKEN/INFOHASH/x and …/torrents/INFOHASH/path: the token of one, the path of the other. */
export function withPathOf(capabilityUrl: string, fileUrl: string): string {
  const token = /^(.*\/torrents\/~[^/]+)\//.exec(capabilityUrl);
  const file = /\/torrents(\/.*)$/.exec(fileUrl);
  return token === null || file === null ? capabilityUrl : token[1]! + file[1]!;
}
