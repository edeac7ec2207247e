using System.Collections.Immutable;
using System.Net;

namespace Swarm.Proxy.Lifetime;

/// <summary>The addresses this node itself listens at, as they become known. Any thread may ask.</summary>
public sealed class OwnListeners
{
    private ImmutableArray<IPEndPoint> _all = [];

    public IReadOnlyList<IPEndPoint> All => _all;

    public void Add(IPEndPoint endpoint) => ImmutableInterlocked.Update(ref _all, static (all, one) => all.Add(one), endpoint);

    /// <summary>True if dialling <paramref name="address"/> would reach this node: the port matches and so does the address, or the listener takes any.</summary>
    public bool IsOwn(IPAddress address, int port)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var own in _all)
        {
            if (own.Port == port && (own.Address.Equals(plain) || own.Address.Equals(IPAddress.Any) || own.Address.Equals(IPAddress.IPv6Any)))
            {
                return true;
            }
        }

        return false;
    }
}
