using Swarm.Core;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Peer;

namespace Swarm.Engine;

/// <summary>What swarms need of the network: policy for every dial, the half-open budget, trackers, this node's peer identity. Thread-safe.</summary>
internal sealed class EngineNetwork(TargetPolicy policy, Governor governor, PeerSettings peerSettings, StartPeerFinder findPeers)
{
    private readonly Lock _gate = new();

    public TargetPolicy Policy => policy;

    public PeerSettings PeerSettings => peerSettings;

    /// <summary>Starts to look for peers of a torrent; null where it names no way to find any.</summary>
    public IPeerFinder? FindPeers(
        InfoHash infoHash, IReadOnlyList<IReadOnlyList<string>> trackerTiers, bool httpsOnly, Func<long> leftBytes, Action<FoundPeers> found) =>
        findPeers(infoHash, trackerTiers, httpsOnly, leftBytes, found);

    public bool TryStartDial()
    {
        lock (_gate)
        {
            return governor.TryStartDial();
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

/// <summary>A way to find peers of a torrent until disposed: trackers now, more kinds later, which leave private torrents alone (BEP 27). Never throws.</summary>
internal delegate IPeerFinder? StartPeerFinder(
    InfoHash infoHash, IReadOnlyList<IReadOnlyList<string>> trackerTiers, bool httpsOnly, Func<long> leftBytes, Action<FoundPeers> found);
