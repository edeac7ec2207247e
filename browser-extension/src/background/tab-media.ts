// What is known of each tab's media elements, by element: one that plays something else, or left the page, says nothing of before.
// Lost when the background sleeps; the popup then asks the page again.

import type { MediaState } from "../shared/messages";

/** A page may make as many elements as it likes; those that spoke last are who plays. */
const ELEMENTS_MAX = 20;

export class TabMedia {
  private readonly tabs = new Map<number, Map<string, MediaState>>();

  of(tabId: number): MediaState[] {
    return [...this.tabs.get(tabId)?.values() ?? []];
  }

  /** @param element names it within the tab: its frame, and its number there */
  tell(tabId: number, element: string, state: MediaState): void {
    const tab = this.tabs.get(tabId) ?? new Map<string, MediaState>();
    this.tabs.set(tabId, tab);
    tab.set(element, state);
    if (tab.size > ELEMENTS_MAX) {
      const [silent] = [...tab].reduce((a, b) => b[1].atMs < a[1].atMs ? b : a);
      tab.delete(silent);
    }
  }

  forget(tabId: number): void {
    this.tabs.delete(tabId);
  }
}
