// One media element of a switched-on page: through the node while that works, straight from the site at once when it does not.

import type { Why } from "../shared/eligible";
import { type BoostAnswer, type Command, type Playhead, type PlayingAnswer, ask } from "../shared/messages";

/** Between two words about the playhead while it plays. The node believes one for three of these. */
const TICK_MS = 1000;

/** A capability this near its end is renewed rather than taken for a failure. */
const EXPIRING_MS = 5 * 60_000;

const SPEAKS_AT = ["play", "pause", "seeking", "seeked", "ratechange", "waiting", "stalled", "ended", "loadedmetadata"] as const;

/** The page's own address of the media, and the node's in its place. */
interface Swap { direct: string; gateway: string; expiresMs: number; attribute: string | null }

export class BoostedElement {
  private swap: Swap | null = null;
  private source = "";
  private why: Why | null = null;
  private proxied = false;
  private encrypted = false;
  private lastTickMs = 0;

  /** @param number which of this frame's elements it is */
  constructor(private readonly media: HTMLMediaElement, private readonly number: number) {
    media.addEventListener("loadstart", () => void this.onSource());
    media.addEventListener("encrypted", () => this.onEncrypted());
    media.addEventListener("timeupdate", () => {
      if (Date.now() - this.lastTickMs >= TICK_MS) {
        void this.tell();
      }
    });
    for (const event of SPEAKS_AT) {
      media.addEventListener(event, () => void this.tell());
    }
    void this.onSource();
  }

  async obey(command: Command): Promise<void> {
    if (command === "leave" && this.swap !== null) {
      this.fallBack("off");
    } else if (command === "leave") {
      this.why = "off";
      this.proxied = false;
    } else if (command === "again" && this.swap === null) {
      this.source = "";
      await this.onSource();
    }
    await this.tell();
  }

  /** Something of the node's was refused by the page's own rules. */
  onPolicy(blocked: string): void {
    if (this.swap !== null && this.swap.gateway.startsWith(blocked)) {
      this.fallBack("blocked");
    }
  }

  /** Says where the playhead is. Nobody waits for the answer but this: a node that is gone is left at once. */
  async tell(): Promise<void> {
    const url = this.swap?.direct ?? this.media.currentSrc;
    if (url === "") {
      return;
    }
    this.lastTickMs = Date.now();
    const answer = await say<PlayingAnswer>({ kind: "playing", element: this.number, playhead: this.playhead(url), boosted: this.swap !== null || this.proxied, why: this.why, pageSinceMs: performance.timeOrigin });
    if (answer?.nodeGone && this.swap !== null) {
      this.fallBack("node");
    }
  }

  private playhead(url: string): Playhead {
    const { currentTime, duration, buffered, playbackRate, paused } = this.media;
    let bufferedUntil = currentTime;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= currentTime && buffered.end(i) > bufferedUntil) {
        bufferedUntil = buffered.end(i);
      }
    }
    return {
      url, positionSeconds: currentTime, durationSeconds: Number.isFinite(duration) ? duration : null, bufferedUntilSeconds: bufferedUntil,
      rate: playbackRate, paused,
    };
  }

  private async onSource(): Promise<void> {
    const url = this.media.currentSrc || this.media.src;
    if (url === "" || url === this.source || url === this.swap?.gateway) {
      return; // nothing to load, seen already, or loaded by this
    }
    this.source = url;
    this.swap = null;
    this.proxied = false;
    this.why = null;
    await this.boost(url);
  }

  private async boost(url: string): Promise<void> {
    const answer = await say<BoostAnswer>({ kind: "boost", media: { url, crossOrigin: this.media.crossOrigin, encrypted: this.encrypted } });
    if (answer === null || this.source !== url) {
      return; // the page went on to something else meanwhile
    }
    if ("why" in answer && this.swap !== null) {
      this.fallBack(answer.why); // no new address of the node, and the old one has failed
      return;
    }
    if ("why" in answer) {
      this.why = answer.why;
    } else if ("proxied" in answer) {
      this.proxied = true;
    } else {
      this.swap = { direct: url, gateway: answer.url, expiresMs: answer.expiresMs, attribute: this.swap !== null ? this.swap.attribute : this.media.getAttribute("src") };
      this.why = null;
      this.load(answer.url);
    }
    void this.tell();
  }

  /** True if what failed was the node's address: then the site's is loaded, or a new one of the node. */
  takesError(): boolean {
    const swap = this.swap;
    if (swap === null) {
      return false;
    }
    if (Date.now() > swap.expiresMs - EXPIRING_MS) {
      void this.boost(swap.direct);
    } else {
      this.fallBack("failed");
      void say({ kind: "fell-back", url: swap.direct, pageSinceMs: performance.timeOrigin });
    }
    return true;
  }

  private onEncrypted(): void {
    this.encrypted = true;
    if (this.swap !== null) {
      this.fallBack("encrypted");
    }
  }

  /** Back to the site's own address, at the same place. */
  private fallBack(why: Why): void {
    const { direct, attribute } = this.swap!;
    this.swap = null;
    this.why = why;
    this.source = direct;
    this.load(attribute === null ? null : direct);
    void this.tell();
  }

  /** Loads another address of the same media and goes on where it was. Null: the page's own source elements decide. */
  private load(address: string | null): void {
    const { currentTime, playbackRate, paused, autoplay } = this.media;
    const plays = !paused || (autoplay && currentTime === 0);
    const goOn = (): void => {
      if (currentTime > 0) {
        this.media.currentTime = currentTime;
      }
      this.media.playbackRate = playbackRate;
    };
    this.media.addEventListener("loadedmetadata", goOn, { once: true });
    if (address === null) {
      this.media.removeAttribute("src");
    } else {
      this.media.src = address;
    }
    this.media.load();
    if (plays) {
      this.media.play().catch(() => { /* the browser's autoplay rule, or another load: the page's own controls remain */ });
    }
  }
}

/** Null when the extension was updated or switched off under this page, or does not listen to it: then everything stays as it is. */
async function say<T>(request: Parameters<typeof ask>[0]): Promise<T | null> {
  try {
    return await ask<T | undefined>(request) ?? null;
  } catch {
    return null;
  }
}
