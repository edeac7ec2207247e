using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Swarm.Discovery;

/// <summary>One way into a local network.</summary>
/// <param name="Index">The system's number of the interface.</param>
public readonly record struct LsdInterface(IPAddress Address, int Index)
{
    /// <summary>Interfaces that are up, carry multicast and have an address others can dial: of IPv6 none that is link-local, for it means nothing without its interface.</summary>
    public static IReadOnlyList<LsdInterface> All()
    {
        try
        {
            return
            [
                .. NetworkInterface.GetAllNetworkInterfaces()
                    .Where(n => n is { OperationalStatus: OperationalStatus.Up or OperationalStatus.Unknown, SupportsMulticast: true, NetworkInterfaceType: not NetworkInterfaceType.Loopback })
                    .SelectMany(Of),
            ];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }

    private static IEnumerable<LsdInterface> Of(NetworkInterface network)
    {
        var properties = network.GetIPProperties();
        return properties.UnicastAddresses
            .Select(u => u.Address)
            .Where(a => a.AddressFamily == AddressFamily.InterNetwork || !a.IsIPv6LinkLocal)
            .GroupBy(a => a.AddressFamily)
            .Select(g => new LsdInterface(g.First(), g.Key == AddressFamily.InterNetwork ? properties.GetIPv4Properties().Index : properties.GetIPv6Properties().Index));
    }
}
