using System.Net;
using System.Text;
using Swarm.Proxy.Interception;

namespace Swarm.Proxy.Control;

/// <summary>
/// <c>/proxy.pac</c>: plain http goes through the proxy, and https of the hosts that <c>ca create</c> named. Other https would only pass through as a
/// tunnel, and a page that comes through a proxy on this machine may reach this machine's other ports unasked. It always ends in <c>; DIRECT</c>, so
/// that nothing breaks when the node is not running.
/// </summary>
internal static class ProxyPac
{
    public const string MediaType = "application/x-ns-proxy-autoconfig";

    /// <param name="proxy">Where the proxy listens.</param>
    /// <param name="opened">The hosts whose https is opened; null for none.</param>
    public static string Text(IPEndPoint proxy, InterceptedHosts? opened)
    {
        // Who reads this is on this machine, since the control port is on loopback only.
        var here = proxy.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : proxy.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : proxy.Address;
        var hosts = new StringBuilder("[");
        foreach (var host in opened?.Texts ?? [])
        {
            hosts.Append(hosts.Length > 1 ? ", " : "").Append('"').Append(host).Append('"'); // letters, digits, dots, hyphens, colons and a star: InterceptedHosts read them
        }

        hosts.Append(']');
        return $$"""
            var PROXY = "PROXY {{new IPEndPoint(here, proxy.Port)}}; DIRECT";
            var HTTPS = {{hosts}}; // opened by the proxy: 'swarmstream ca show'

            function FindProxyForURL(url, host) {
              host = host.toLowerCase().replace(/\.$/, "");
              if (url.substring(0, 5) === "http:") {
                return isPrivate(host) ? "DIRECT" : PROXY;
              }
              if (url.substring(0, 6) === "https:") {
                for (var i = 0; i < HTTPS.length; i++) {
                  var name = HTTPS[i];
                  if (host === name || (name.substring(0, 2) === "*." && host.length > name.length - 1 && host.slice(1 - name.length) === name.slice(1))) {
                    return PROXY;
                  }
                }
              }
              return "DIRECT";
            }

            function isPrivate(host) {
              return host.indexOf(".") < 0 && host.indexOf(":") < 0
                || /\.(localhost|local|internal|lan|home\.arpa)$/.test(host)
                || /^(127|10)\.\d+\.\d+\.\d+$/.test(host)
                || /^192\.168\.\d+\.\d+$/.test(host)
                || /^169\.254\.\d+\.\d+$/.test(host)
                || /^172\.(1[6-9]|2\d|3[01])\.\d+\.\d+$/.test(host)
                || /^\[?(::1$|::1\]|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/.test(host);
            }

            """;
    }
}
