using System.Net;
using Swarm.Discovery;
using Swarm.Engine;
using Swarm.Engine.Targets;
using Swarm.Peer;
using Swarm.Proxy.Control;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Swarmed;

/// <summary>This node in the DHT, put together from its settings: on the UDP port of the same number as the peer port, under the target policy, its nodes kept in the data folder.</summary>
internal static class NodeDht
{
    /// <summary>A state is some 4 KiB; anything much longer is not ours.</summary>
    private const int MaxStateBytes = 1 << 16;

    /// <summary>Null where it is switched off, or the machine gives no UDP socket.</summary>
    public static MainlineDht? Start(NodeStart start, PeerSettings peers, IPEndPoint peerListener)
    {
        var settings = start.Settings;
        if (!settings.Dht)
        {
            return null;
        }

        var file = Path.Combine(start.DataDirectory, "dht");
        var dht = MainlineDht.Start(new()
        {
            // A node that gives nothing takes its peers on loopback alone; its DHT has to reach others all the same.
            Listen = settings is { PeerListen: null, Share: ShareMode.Off } ? new(IPAddress.IPv6Any, 0) : peerListener,
            MayReach = end => start.Targets.Verdict(DialPurpose.DhtNode, end) is null,
            Resolve = async (node, cancel) =>
            {
                var target = await start.Targets.CheckAsync(DialPurpose.DhtNode, node.Host, node.Port, cancel);
                return target.IsAllowed ? new(target.EndPoints) : new TrackerAddresses([], target.Refusal?.ToString() ?? target.Failure?.Reason ?? "not reachable");
            },
            Bootstrap = settings.DhtBootstrap,
            Saved = Read(file),
            Save = bytes => PrivateFile.Write(file, bytes),
            Time = start.Time,
        });
        if (dht is not null)
        {
            peers.DhtPort = dht.Port;
            peers.DhtNodeHeard = dht.Hint;
        }

        return dht;
    }

    private static byte[] Read(string file)
    {
        try
        {
            return new FileInfo(file) is { Exists: true, Length: <= MaxStateBytes } ? File.ReadAllBytes(file) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // a node without memory finds its way too
        }
    }
}
