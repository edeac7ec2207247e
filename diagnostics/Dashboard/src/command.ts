// The line to type for a URL. Pure.

/** https goes by the gateway: in a CONNECT tunnel the proxy sees nothing. */
export function commandFor(proxy: string, url: string): string {
  const quoted = (s: string): string => `'${s.replaceAll("'", "'\\''")}'`;
  return url.toLowerCase().startsWith("https://")
    ? `curl -O ${quoted(`${proxy}/gateway/https/${url.slice("https://".length)}`)}`
    : `curl -x ${proxy} -O ${quoted(url)}`;
}
