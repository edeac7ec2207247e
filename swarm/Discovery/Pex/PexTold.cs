using System.Collections.Immutable;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>What one peer was told of the others, and so what to tell it next (BEP 11). Pure, mutable, of one connection.</summary>
public sealed class PexTold
{
    private readonly HashSet<PeerEndpoint> _told = [];
    private Instant? _saidAt;

    /// <summary>False while the last word is younger than a minute.</summary>
    public bool IsDue(Instant now) => _saidAt is not { } last || now - last >= PexPace.IntervalMicros;

    /// <summary>What changed, at most <see cref="PexMessage.MaxPeers"/> each way, the rest a minute later; null for nothing, or if the last word is younger than a minute.</summary>
    /// <param name="connected">Whom the peer may hear of now.</param>
    public PexMessage? Next(IReadOnlyCollection<PexPeer> connected, Instant now)
    {
        if (!IsDue(now))
        {
            return null;
        }

        var present = connected.Select(p => p.EndPoint).ToHashSet();
        ImmutableArray<PexPeer> added = [.. connected.Where(p => !_told.Contains(p.EndPoint)).DistinctBy(p => p.EndPoint).Take(PexMessage.MaxPeers)];
        ImmutableArray<PeerEndpoint> dropped = [.. _told.Where(p => !present.Contains(p)).Take(PexMessage.MaxPeers)];
        if (added.IsEmpty && dropped.IsEmpty)
        {
            return null;
        }

        _saidAt = now;
        _told.ExceptWith(dropped);
        _told.UnionWith(added.Select(p => p.EndPoint));
        return new(added, dropped);
    }
}
