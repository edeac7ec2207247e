// Which requests go through the node. One function says so for both browsers: Firefox calls it, Chromium gets its text in a PAC file.

export interface Routes {
  /** Hosts whose pages are switched on: whatever they serve goes through the node (https as a tunnel it cannot read). */
  hosts: string[];
  allHttp: boolean;
}

/** Stands alone, since its text becomes part of the PAC file: it may call nothing outside itself. */
export function usesProxy(url: string, host: string, routes: Routes): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (name === "localhost" || /\.localhost$/.test(name) || /^127\./.test(name) || name === "::1") {
    return false; // the browser never asks a proxy for these
  }
  if (!/^https?:/.test(url) || /^https:\/\/[^/]*:\d+(\/|$)/.test(url)) {
    return false; // the node opens tunnels to port 443 alone
  }
  const isPrivate = (name.indexOf(".") < 0 && name.indexOf(":") < 0)
    || /\.(local|internal|lan|home\.arpa)$/.test(name)
    || /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)[\d.]+$/.test(name)
    || /^(f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/.test(name);
  return !isPrivate && (routes.hosts.indexOf(name) >= 0 || (routes.allHttp && url.substring(0, 5) === "http:"));
}

/** Whether the node opens https of this host: names, and `*.name` for all below one. */
export const isOpened = (names: string[], host: string): boolean => names.some(name => name === host || (name.startsWith("*.") && host.endsWith(name.slice(1))));

/** Always ends in DIRECT: a node that is gone costs a refused connection, never the page. */
export function pacText(proxy: string, routes: Routes): string {
  return `var routes = ${JSON.stringify(routes)};
var usesProxy = ${usesProxy.toString()};
function FindProxyForURL(url, host) { return usesProxy(url, host, routes) ? "PROXY ${new URL(proxy).host}; DIRECT" : "DIRECT"; }
`;
}
