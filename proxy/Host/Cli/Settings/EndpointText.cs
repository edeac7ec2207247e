using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Proxy.Cli;

/// <summary>Addresses with a port as flags carry them: <c>127.0.0.1:7976</c>, <c>[::1]:0</c>, <c>localhost:0</c>.</summary>
internal static class EndpointText
{
    public const string Example = "127.0.0.1:7976 or [::1]:0";

    /// <summary>An address to listen at. No name but <c>localhost</c>: a listener must not depend on a name server.</summary>
    public static bool TryParseListen(string text, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        endpoint = null;
        if (!TrySplit(text, out var host, out var port))
        {
            return false;
        }

        if (host == "localhost")
        {
            endpoint = new IPEndPoint(IPAddress.Loopback, port);
            return true;
        }

        // Four parts, or brackets: IPAddress.Parse also takes "1", "0x7f.1" and the like.
        var bracketed = host.StartsWith('[');
        if (IPAddress.TryParse(bracketed ? host[1..^1] : host, out var address)
            && (bracketed ? address.AddressFamily == AddressFamily.InterNetworkV6
                : address.AddressFamily == AddressFamily.InterNetwork && host.Count(c => c == '.') == 3))
        {
            endpoint = new IPEndPoint(address, port);
        }

        return endpoint is not null;
    }

    /// <summary>A host or address to dial; port 0 is nobody's.</summary>
    public static bool TryParseDial(string text, [NotNullWhen(true)] out DnsEndPoint? endpoint)
    {
        endpoint = null;
        if (!TrySplit(text, out var host, out var port) || port == 0)
        {
            return false;
        }

        if (host.StartsWith('['))
        {
            if (!IPAddress.TryParse(host[1..^1], out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return false;
            }

            endpoint = new DnsEndPoint(address.ToString(), port);
        }
        else if (HostText.IsHost(host))
        {
            endpoint = new DnsEndPoint(host, port);
        }

        return endpoint is not null;
    }

    /// <summary>As a URL's authority: v6 in brackets.</summary>
    public static string Authority(IPEndPoint endpoint) => endpoint.ToString();

    /// <summary>Loopback, also as v4 in v6.</summary>
    public static bool IsLoopback(IPAddress address) =>
        IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static bool TrySplit(string text, out string host, out int port)
    {
        host = "";
        port = 0;
        var colon = text.LastIndexOf(':');
        if (colon <= 0)
        {
            return false;
        }

        host = text[..colon];
        var closed = host.StartsWith('[') ? host.Length > 2 && host.EndsWith(']') : !host.Contains(':', StringComparison.Ordinal);
        return closed
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port <= IPEndPoint.MaxPort;
    }
}
