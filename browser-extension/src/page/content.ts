// In a switched-on page, in a world of its own: finds media elements and looks after each.

import type { Command } from "../shared/messages";
import { BoostedElement } from "./element";

const world = globalThis as { swarmIsHere?: boolean };

if (!world.swarmIsHere) {
  // Switching a site on puts this into the open page; its next document gets it registered.
  world.swarmIsHere = true;
  const elements = new Map<HTMLMediaElement, BoostedElement>();
  let met = 0;

  const meet = (target: EventTarget | null): void => {
    if (target instanceof HTMLMediaElement && !elements.has(target)) {
      elements.set(target, new BoostedElement(target, met++));
    }
  };

  // loadstart does not bubble, but is captured on its way down: also for elements that scripts add later.
  document.addEventListener("loadstart", event => meet(event.target), true);
  document.addEventListener("play", event => meet(event.target), true);
  // A failure that is mended here is none to the page's own player: it hears of those of its own address.
  document.addEventListener("error", event => {
    if (elements.get(event.target as HTMLMediaElement)?.takesError()) {
      event.stopImmediatePropagation();
    }
  }, true);
  document.addEventListener("securitypolicyviolation", event => elements.forEach(e => e.onPolicy(event.blockedURI)));
  const meetAll = (): void => document.querySelectorAll("video, audio").forEach(meet);
  meetAll();
  document.addEventListener("DOMContentLoaded", meetAll, { once: true });

  chrome.runtime.onMessage.addListener((command: Command) => {
    for (const [media, element] of elements) {
      if (media.isConnected || !media.paused) {
        void element.obey(command);
      } else {
        elements.delete(media); // taken out of the page: nobody can see it again
      }
    }
  });
}
