// How a source stands, in words, with a sign, and in red where something is wrong.

const WORDS: Record<string, string> = {
  unchoked: "✓ serves", joined: "✓ serves", idle: "ready, not asked now", choked: "… makes us wait", connecting: "… connecting", resting: "… rests after trouble, is asked again",
  "given-up": "✕ given up: it refuses, or is the origin itself", banned: "✕ banned", gone: "✕ gone",
};

export function StateOf({ state, reason = null }: { state: string; reason?: string | null }) {
  const words = WORDS[state] ?? state;
  return <span class={words.startsWith("✕") ? "bad" : words.startsWith("✓") ? "good-text" : ""}>{words}{reason && `: ${reason}`}</span>;
}
