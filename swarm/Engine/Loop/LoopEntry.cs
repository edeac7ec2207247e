using Swarm.Core;

namespace Swarm.Engine;

/// <summary>A loop of this node, with the peers of its torrent; without any for a resource that only its origin gives.</summary>
internal sealed class LoopEntry(SwarmLoop loop, TorrentSwarm? swarm)
{
    public SwarmLoop Loop => loop;
    public TorrentSwarm? Swarm => swarm;
    public Instant IdleSince = Instant.Never;
}
