using System.Net.NetworkInformation;
using System.Net.Sockets;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>The addresses of this machine's interfaces, looked up now and then: they change rarely, and are asked for with each answer of a node.</summary>
internal sealed class OwnAddresses(TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    private HashSet<UInt128> _addresses = [];
    private long? _readAt;

    public bool Has(PeerEndpoint endPoint)
    {
        if (_readAt is not { } at || time.GetElapsedTime(at) > Life)
        {
            _readAt = time.GetTimestamp();
            _addresses = Read();
        }

        return _addresses.Contains(endPoint.Address);
    }

    private static HashSet<UInt128> Read()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses)
                .Where(a => a.Address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
                .Select(a => PeerEndpoint.From(a.Address, 1).Address)];
        }
        catch (NetworkInformationException)
        {
            return []; // then this node stays read-only until somebody reaches it
        }
    }
}
