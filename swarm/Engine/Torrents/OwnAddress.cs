using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Swarm.Engine.Targets;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// This node's address as the internet sees it, as peers tell (BEP 10 <c>yourip</c>): for BEP 40 both ends of a connection must mean the same address.
/// Believed is what most tell who are in different networks. Thread-safe.
/// </summary>
internal sealed class OwnAddress
{
    /// <summary>One liar, or one behind the same NAT, decides nothing.</summary>
    private const int MinVoices = 2;

    private const int MaxVoices = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, IPAddress> _voices = [];
    // Until told, anything: then nodes that know nothing do not all dial the same peers first.
    private PeerEndpoint _v4 = PeerEndpoint.FromBytes(RandomNumberGenerator.GetBytes(4), 0);
    private PeerEndpoint _v6 = PeerEndpoint.FromBytes(RandomNumberGenerator.GetBytes(16), 0);

    /// <summary>Where this node takes peers; BEP 40 looks at ports only where addresses are the same.</summary>
    public ushort Port { get; set; }

    /// <summary>A peer tells us how it sees us.</summary>
    public void Hear(IPAddress from, IPAddress own)
    {
        // What is not of the internet says nothing about how others see us.
        if (own.AddressFamily != from.AddressFamily || !AddressClass.Of(own).IsPublic)
        {
            return;
        }

        lock (_gate)
        {
            var network = Network(from);
            if (_voices.Count >= MaxVoices && !_voices.ContainsKey(network))
            {
                return;
            }

            _voices[network] = own;
            _v4 = Believed(AddressFamily.InterNetwork) ?? _v4;
            _v6 = Believed(AddressFamily.InterNetworkV6) ?? _v6;
        }
    }

    public uint PriorityOf(IPEndPoint peer)
    {
        lock (_gate)
        {
            var other = PeerEndpoint.From(peer);
            return Bep40PeerPriority.Of((other.IsIPv4 ? _v4 : _v6) with { Port = Port }, other);
        }
    }

    /// <summary>/16 of IPv4, /32 of IPv6: as cheap as addresses are, one has few networks.</summary>
    private static UInt128 Network(IPAddress address)
    {
        var endPoint = PeerEndpoint.From(address, 0);
        return endPoint.IsIPv4 ? endPoint.Address >> 16 : endPoint.Address >> 96;
    }

    private PeerEndpoint? Believed(AddressFamily family)
    {
        var most = _voices.Values.Where(v => v.AddressFamily == family).GroupBy(v => v).MaxBy(g => g.Count());
        return most?.Count() >= MinVoices ? PeerEndpoint.From(most.Key, 0) : null;
    }
}
