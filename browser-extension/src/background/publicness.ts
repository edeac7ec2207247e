// The publicness proof: the site gives the same representation to someone without this user's cookies. Only such media may be fetched
// by the node, which has no cookies and shares what it gets.

export interface Representation { validator: string; length: number }

/** What identifies the representation behind an answer to bytes=0-0; null when it must not, or cannot, be compared. */
export function representationOf(status: number, header: (name: string) => string | null): Representation | null {
  const total = /^bytes 0-0\/(\d+)$/.exec(header("content-range") ?? "");
  const etag = header("etag");
  const validator = etag !== null && !etag.startsWith("W/") ? etag : header("last-modified");
  const forbids = /\b(private|no-store)\b/i.test(header("cache-control") ?? "");
  return status === 206 && total !== null && validator !== null && !forbids ? { validator, length: Number(total[1]) } : null;
}

/** Asks twice for one byte, with the user's cookies and without; needs the host's permission. */
export async function isPublic(url: string): Promise<boolean> {
  const [mine, anyones] = await Promise.all([look(url, "include"), look(url, "omit")]);
  return mine !== null && anyones !== null && mine.validator === anyones.validator && mine.length === anyones.length;
}

async function look(url: string, credentials: RequestCredentials): Promise<Representation | null> {
  try {
    const response = await fetch(url, { credentials, headers: { Range: "bytes=0-0" }, cache: "no-store", signal: AbortSignal.timeout(5000) });
    await response.body?.cancel();
    return representationOf(response.status, name => response.headers.get(name));
  } catch {
    return null;
  }
}
