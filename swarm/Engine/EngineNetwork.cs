using System.Net;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Peer;

namespace Swarm.Engine;

/// <summary>What swarms need of the network: policy for every dial, the half-open budget, trackers, this node's peer identity. Thread-safe.</summary>
/// <param name="owned">What goes with the engine.</param>
internal sealed class EngineNetwork(
    TargetPolicy policy, Governor governor, PeerSettings peerSettings, IReadOnlyList<StartPeerFinder> waysToFind, IReadOnlyList<IAsyncDisposable>? owned = null) : IAsyncDisposable
{
    private readonly Lock _gate = new();

    public TargetPolicy Policy => policy;

    public PeerSettings PeerSettings => peerSettings;

    /// <summary>Starts to look for peers of a torrent; null where there is no way to find any.</summary>
    public IPeerFinder? FindPeers(PeerSearch search) => PeerFinders.Start(search, waysToFind);

    /// <summary>BEP 40, as seen from where this node is; from anywhere while nobody has told where that is.</summary>
    public uint PriorityOf(IPEndPoint peer) => Own.PriorityOf(peer);

    /// <summary>What is known of this node's own address.</summary>
    public OwnAddress Own { get; } = new();

    public bool TryStartDial()
    {
        lock (_gate)
        {
            return governor.TryStartDial();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in owned ?? [])
        {
            await part.DisposeAsync();
        }
    }

    public void EndDial()
    {
        lock (_gate)
        {
            governor.DialEnded();
        }
    }
}

/// <summary>A way to find peers of a torrent until disposed. Null for a torrent that is not to be looked for in this way: all but trackers leave private ones alone (BEP 27). Never throws.</summary>
internal delegate IPeerFinder? StartPeerFinder(PeerSearch search);
