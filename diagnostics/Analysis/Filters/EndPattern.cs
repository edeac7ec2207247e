using System.Globalization;
using System.Net;

namespace Swarm.Diagnostics.Analysis;

/// <summary>An end of a connection as a filter names it: <c>10.0.0.0/8</c>, <c>10.0.0.1:80</c>, <c>[::1]:80</c>, <c>:80</c>, <c>*:80</c>.</summary>
internal sealed record EndPattern(UInt128 Address, int PrefixBits, bool IsIPv6, int? Port)
{
    public bool Matches(in SocketEnd end)
    {
        if (Port is { } port && end.Port != port)
        {
            return false;
        }

        if (PrefixBits == 0)
        {
            return true;
        }

        var plain = end.Unmapped();
        return plain.IsIPv6 == IsIPv6 && (plain.Address ^ Address) >> ((IsIPv6 ? 128 : 32) - PrefixBits) == 0;
    }

    public static EndPattern? TryParse(string text)
    {
        int? port = null;
        var host = text;
        var colon = text.LastIndexOf(':');
        var isBareV6 = text.Count(c => c == ':') > 1 && !text.Contains(']', StringComparison.Ordinal);
        if (colon >= 0 && !isBareV6 && colon > text.LastIndexOf(']'))
        {
            if (text[(colon + 1)..] is not "*")
            {
                if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                {
                    return null;
                }

                port = number;
            }

            host = text[..colon];
        }

        if (host is "" or "*")
        {
            return port is null && host.Length == 0 ? null : new EndPattern(0, 0, false, port);
        }

        var slash = host.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse((slash < 0 ? host : host[..slash]).Trim('[', ']'), out var address))
        {
            return null;
        }

        var end = SocketEnd.Of(address, 0);
        var all = end.IsIPv6 ? 128 : 32;
        var bits = all;
        if (slash >= 0 && (!int.TryParse(host.AsSpan(slash + 1).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > all))
        {
            return null;
        }

        return new EndPattern(end.Address, bits, end.IsIPv6, port);
    }
}
