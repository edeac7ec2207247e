using System.Net;

namespace Swarm.Proxy.Seeding;

/// <summary>The announce URLs of this node's own tracker, as the site's torrents name them. Pure.</summary>
internal static class TrackerUrls
{
    /// <summary>What others call this machine, at the tracker's port: the site's host, else the address it listens at. None where nobody could reach it.</summary>
    /// <param name="listens">Where the tracker listens; null if there is none.</param>
    public static IReadOnlyList<string> Of(IPEndPoint? listens, SiteAddress address)
    {
        var host = address.Web?.Host is { } web ? web
            : listens is null || IPAddress.Any.Equals(listens.Address) || IPAddress.IPv6Any.Equals(listens.Address) ? null
            : listens.Address.ToString();
        if (listens is null || host is null)
        {
            return [];
        }

        var shown = IPAddress.TryParse(host.Trim('[', ']'), out var literal) && literal.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{literal}]" : host;
        return [$"udp://{shown}:{listens.Port}/announce", $"http://{shown}:{listens.Port}/announce"];
    }
}
