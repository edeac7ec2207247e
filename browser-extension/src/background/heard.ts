// Pages that a tab holds without showing them.

import type { Request } from "../shared/messages";

/**
 * Whether such a page's script is listened to. One that was left pauses its media and says so, after its tab was forgotten. One that is prepared for
 * a click that may come asks for its media once: it would not ask again when it is shown. (Firefox does not tell.)
 */
export const isHeard = (kind: Request["kind"], lifecycle: `${chrome.extensionTypes.DocumentLifecycle}` | undefined): boolean =>
  lifecycle === undefined || lifecycle === "active" || (lifecycle === "prerender" && kind === "boost");
