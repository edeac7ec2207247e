namespace Swarm.Engine.Metrics;

/// <summary>Peer connections by state; each peer stands in exactly one.</summary>
/// <param name="Choked">Connected; it does not serve us now.</param>
/// <param name="Unchoked">Connected and serving.</param>
/// <param name="Banned">Refused for what it sent.</param>
public sealed record PeerCounts(int Connecting, int Choked, int Unchoked, int Banned)
{
    public static readonly PeerCounts None = new(0, 0, 0, 0);
}
