using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>The peers of one tracked torrent. Pure, mutable.</summary>
internal sealed class TrackedSwarm
{
    private readonly PeerTable _seeds = new();
    private readonly PeerTable _leeches = new();
    private readonly Tally<UInt128> _byAddress = new();
    private int _completed;

    public int Count => _seeds.Count + _leeches.Count;

    public ScrapeCounts Counts => new(_seeds.Count, _completed, _leeches.Count);

    public bool Contains(PeerEndpoint peer) => _seeds.Contains(peer) || _leeches.Contains(peer);

    public int CountOf(PeerEndpoint peer) => _byAddress.Of(Owner(peer));

    public void Put(PeerEndpoint peer, bool isSeed, TrackerEvent why, Instant now)
    {
        var (here, there) = isSeed ? (_seeds, _leeches) : (_leeches, _seeds);
        var moved = there.Remove(peer);

        // Counted once: from a leech that was here, or by whoever comes with the word.
        _completed += why == TrackerEvent.Completed && isSeed && (moved || !here.Contains(peer)) ? 1 : 0;
        if (here.Put(peer, now) && !moved)
        {
            _byAddress.Add(Owner(peer));
        }
    }

    public bool Remove(PeerEndpoint peer)
    {
        if (!_seeds.Remove(peer) && !_leeches.Remove(peer))
        {
            return false;
        }

        _byAddress.Remove(Owner(peer));

        return true;
    }

    /// <summary>Forgets who was not heard since; says of how many.</summary>
    public int Expire(Instant since) => _seeds.OlderThan(since).Concat(_leeches.OlderThan(since)).ToArray().Count(Remove);

    /// <summary>Peers for one of them: for a seed no seeds, for a leech of both kinds as there are.</summary>
    public void Draw(PeerEndpoint asker, bool isSeed, int count, bool? ipv6, Random random, List<PeerEndpoint> to)
    {
        var seeds = isSeed || _seeds.Count == 0 ? 0 : Math.Max(1, (int)((long)count * _seeds.Count / Math.Max(1, Count)));
        var before = to.Count;
        _seeds.Draw(Math.Min(seeds, count), ipv6, asker, random, to);
        _leeches.Draw(count - (to.Count - before), ipv6, asker, random, to);
    }

    /// <summary>Who counts as one: an IPv4 address, a /64 of IPv6.</summary>
    private static UInt128 Owner(PeerEndpoint peer) => peer.IsIPv4 ? peer.Address : peer.Address >> 64;
}
