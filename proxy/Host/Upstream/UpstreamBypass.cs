using System.Globalization;
using System.Net;
using Swarm.Engine.Targets;

namespace Swarm.Proxy.Upstream;

/// <summary>
/// What goes past the upstream proxy: a NO_PROXY list. No standard has its grammar; this reads what curl, Go and Python read: <c>*</c>, names with the
/// names below them (a leading dot or <c>*.</c> changes nothing), addresses, networks, each with an optional port. This machine itself is always past it.
/// </summary>
public sealed class UpstreamBypass
{
    private readonly List<(string Name, int? Port)> _names = [];
    private readonly List<(IPNetwork Network, int? Port)> _networks = [];
    private readonly bool _all;

    /// <param name="list">Entries separated by commas or spaces; null for none. What is none of the forms covers nothing.</param>
    public UpstreamBypass(string? list)
    {
        foreach (var entry in (list ?? "").Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry == "*")
            {
                _all = true;
            }
            else if (IPNetwork.TryParse(entry, out var network))
            {
                _networks.Add((network, null));
            }
            else
            {
                Add(entry);
            }
        }
    }

    public bool Covers(TargetHost host, int port)
    {
        if (_all)
        {
            return true;
        }

        if (host.Address is { } address)
        {
            var bare = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            return IPAddress.IsLoopback(bare) || _networks.Any(n => n.Network.Contains(bare) && (n.Port ?? port) == port);
        }

        return host.Name == "localhost" || host.Name.EndsWith(".localhost", StringComparison.Ordinal) // RFC 6761 §6.3
            || _names.Any(n => (n.Port ?? port) == port && (host.Name == n.Name || (host.Name.EndsWith(n.Name, StringComparison.Ordinal) && host.Name[^(n.Name.Length + 1)] == '.')));
    }

    private void Add(string entry)
    {
        var (text, port) = (entry, (int?)null);
        var colon = entry.LastIndexOf(':');
        // A bare IPv6 address has more colons than one; with a port it has brackets.
        if (colon > 0 && (entry.IndexOf(':', StringComparison.Ordinal) == colon || entry[colon - 1] == ']')
            && int.TryParse(entry.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            (text, port) = (entry[..colon], number);
        }

        text = text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text.TrimStart('.');
        if (!TargetHost.TryParse(text, out var host))
        {
            return;
        }

        if (host.Address is { } address)
        {
            var bare = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            _networks.Add((new IPNetwork(bare, bare.GetAddressBytes().Length * 8), port));
        }
        else
        {
            _names.Add((host.Name, port));
        }
    }
}
