// What may be fetched without the browser's cookies, by its looks alone. The proof comes afterwards: see background/publicness.ts.

export type Why =
  | "stream" | "credentials" | "signed" | "address" | "encrypted" | "permission" | "private" | "blocked" | "failed" | "node" | "off";

export interface MediaFacts {
  url: string;
  crossOrigin: string | null;
  encrypted: boolean;
}

/** Query names that make a URL a capability of one user: its text is a secret, and it ends soon. */
const SIGNED = /^(x-(amz|goog|oss|cos)-.*|sig|signature|hmac|token|access_?token|auth|policy|key-pair-id|expires?|st|jwt|hdnea|hdnts|__token__|se|sp|sv)$/i;

/** Null when nothing speaks against it. */
export function whyNot(media: MediaFacts): Why | null {
  let url: URL;
  try {
    url = new URL(media.url);
  } catch {
    return "address";
  }
  if (url.protocol === "blob:" || url.protocol === "mediastream:") {
    return "stream";
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return "address";
  }
  if (media.encrypted) {
    return "encrypted";
  }
  if (media.crossOrigin === "use-credentials" || url.username !== "" || url.password !== "") {
    return "credentials";
  }
  return [...url.searchParams.keys()].some(name => SIGNED.test(name)) ? "signed" : null;
}
