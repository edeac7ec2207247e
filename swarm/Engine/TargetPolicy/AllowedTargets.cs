using System.Net;
using System.Net.Sockets;

namespace Swarm.Engine.Targets;

/// <summary>What the user opened with <c>--allow-target HOST|CIDR</c>: names, addresses and networks beyond the public internet.</summary>
public sealed class AllowedTargets
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<IPNetwork> _networks = [];

    public static AllowedTargets None { get; } = new();

    /// <summary>Reads the values of the flag; a value that is neither host, address nor CIDR comes back as the sentence to show.</summary>
    public static bool TryParse(IEnumerable<string> values, out AllowedTargets allowed, out string? error)
    {
        allowed = new AllowedTargets();
        error = null;
        foreach (var value in values)
        {
            if (value.Contains('/', StringComparison.Ordinal))
            {
                if (!IPNetwork.TryParse(value, out var network))
                {
                    error = $"--allow-target {value} is no CIDR network: write it as 192.168.1.0/24.";
                    return false;
                }

                allowed._networks.Add(network);
            }
            else if (!TargetHost.TryParse(value, out var host))
            {
                error = $"--allow-target {value} is neither a host name, an IP address nor a CIDR network.";
                return false;
            }
            else if (host.Address is { } address)
            {
                var bare = TargetPolicy.Unmapped(address);
                allowed._networks.Add(new IPNetwork(bare, bare.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
            }
            else
            {
                allowed._names.Add(host.Name);
            }
        }

        return true;
    }

    /// <summary>
    /// True when the user opened this address, or this name whatever it resolves to.
    /// A name never opens the metadata service: whoever serves the name would get the machine's credentials.
    /// </summary>
    public bool Allows(TargetHost host, IPAddress address, AddressClass addressClass)
    {
        var bare = TargetPolicy.Unmapped(address);
        foreach (var network in _networks)
        {
            if (network.Contains(bare))
            {
                return true;
            }
        }

        return host.Address is null && addressClass != AddressClass.Metadata && _names.Contains(host.Name);
    }
}
