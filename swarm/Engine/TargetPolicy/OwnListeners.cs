using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Swarm.Engine.Targets;

/// <summary>
/// The ports this process answers on. A page fetched through the proxy can reach loopback without being asked,
/// so no dial ever arrives at one of these, whatever the user allowed.
/// </summary>
public sealed class OwnListeners(Func<IEnumerable<IPAddress>>? localAddresses = null)
{
    private const long ListedForMillis = 2_000;

    private static volatile Listed _listed = new([], -ListedForMillis);

    private readonly Lock _gate = new();
    private readonly List<IPEndPoint> _endPoints = [];
    private readonly Func<IEnumerable<IPAddress>> _localAddresses = localAddresses ?? AddressesOfThisMachine;

    public void Add(IPEndPoint endPoint)
    {
        lock (_gate)
        {
            _endPoints.Add(endPoint);
        }
    }

    public void Remove(IPEndPoint endPoint)
    {
        lock (_gate)
        {
            _endPoints.Remove(endPoint);
        }
    }

    /// <summary>True when a connection to <paramref name="address"/>:<paramref name="port"/> would arrive at a listener of ours.</summary>
    public bool Owns(IPAddress address, int port)
    {
        var target = TargetPolicy.Unmapped(address);
        lock (_gate)
        {
            foreach (var own in _endPoints)
            {
                if (own.Port == port && Reaches(TargetPolicy.Unmapped(own.Address), target))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool Reaches(IPAddress listener, IPAddress target)
    {
        if (listener.Equals(target))
        {
            return true;
        }

        // Connecting to "any" means connecting to this host, and a wildcard bind answers on each of its addresses.
        if (IsAny(target))
        {
            return IPAddress.IsLoopback(listener) || IsAny(listener);
        }

        return IsAny(listener) && (IPAddress.IsLoopback(target) || _localAddresses().Any(local => SameAddress(local, target)));
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>Compares without scope ids: fe80::1 and fe80::1%eth0 are one address to a wildcard bind.</summary>
    private static bool SameAddress(IPAddress left, IPAddress right)
    {
        var a = TargetPolicy.Unmapped(left);
        return a.AddressFamily == right.AddressFamily
            && (a.AddressFamily == AddressFamily.InterNetwork ? a.Equals(right) : a.GetAddressBytes().AsSpan().SequenceEqual(right.GetAddressBytes()));
    }

    /// <summary>Listing interfaces takes a millisecond, and peers name addresses by the hundred: 51413 is the port of many.</summary>
    private static IEnumerable<IPAddress> AddressesOfThisMachine()
    {
        if (Environment.TickCount64 - _listed.AtMillis >= ListedForMillis)
        {
            _listed = new([.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)], Environment.TickCount64);
        }

        return _listed.Addresses;
    }

    private sealed record Listed(IPAddress[] Addresses, long AtMillis);
}
