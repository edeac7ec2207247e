using System.Diagnostics.CodeAnalysis;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// A tracker without a socket: announces in, answers out. It tracks only torrents it is told of, and holds no more of them than its limits allow. Pure
/// but for what it is given; not thread-safe.
/// </summary>
/// <param name="find">What is tracked; null for a torrent that is not.</param>
/// <param name="random">Which peers are named.</param>
public sealed class Tracker(TrackerLimits limits, Func<WireHash, TrackedTorrent?> find, Random random)
{
    private const int DefaultWanted = 50;
    private const long SweepMicros = 60_000_000;

    private readonly Dictionary<WireHash, TrackedSwarm> _swarms = [];
    private readonly RequestPace _pace = new(limits.RequestsPerSecond);
    private Instant _sweptAt;

    /// <summary>Peers in all swarms.</summary>
    public int Peers { get; private set; }

    /// <summary>False for an address that asks too often.</summary>
    public bool Hears(PeerEndpoint from, Instant now) => _pace.Takes(from.IsIPv4 ? from.Address : from.Address >> 64, now);

    /// <summary>Takes note of a peer at the address its announce came from.</summary>
    /// <param name="reached">The tracker's own address, as this client sees it.</param>
    /// <param name="ipv6">The one family that the answer can carry; null for both.</param>
    /// <param name="refusal">Why not, for the client's log.</param>
    public bool TryAnnounce(
        in TrackerQuery query, PeerEndpoint sender, PeerEndpoint reached, bool? ipv6, Instant now,
        [NotNullWhen(true)] out TrackerAnswer? answer, [NotNullWhen(false)] out string? refusal)
    {
        (answer, refusal) = (null, null);
        Sweep(now);
        if (find(query.InfoHash) is not { } torrent)
        {
            refusal = "this torrent is not tracked here";
            return false;
        }

        if (!_swarms.TryGetValue(query.InfoHash, out var swarm))
        {
            _swarms[query.InfoHash] = swarm = new();
        }

        var peer = sender with { Port = query.Port };
        if (query.Event == TrackerEvent.Stopped)
        {
            Peers -= swarm.Remove(peer) ? 1 : 0;
            answer = new(limits.IntervalSeconds, Counts(swarm, torrent), []);
            return true;
        }

        // Who finds no room is answered all the same, only not named to others.
        var isNew = !swarm.Contains(peer);
        if (!isNew || (swarm.Count < limits.MaxPeersPerSwarm && Peers < limits.MaxPeers && swarm.CountOf(peer) < limits.MaxPeersPerAddress))
        {
            Peers += isNew ? 1 : 0;
            swarm.Put(peer, query.IsSeed, query.Event, now);
        }

        var peers = new List<PeerEndpoint>();
        var wanted = Math.Clamp(query.Wanted ?? DefaultWanted, 0, limits.MaxAnswerPeers);
        if (torrent.Own is { } own && wanted > 0 && !(torrent.IsSeed && query.IsSeed))
        {
            own = own.IsUnspecified ? reached with { Port = own.Port } : own;
            if (ipv6 is null || ipv6 != own.IsIPv4)
            {
                peers.Add(own);
            }
        }

        swarm.Draw(peer, query.IsSeed, wanted - peers.Count, ipv6, random, peers);
        answer = new(limits.IntervalSeconds, Counts(swarm, torrent), [.. peers]);
        return true;
    }

    /// <summary>What is counted of a torrent; zeros for one that is not tracked.</summary>
    public ScrapeCounts Scrape(WireHash infoHash, Instant now)
    {
        Sweep(now);
        return find(infoHash) is { } torrent ? Counts(_swarms.GetValueOrDefault(infoHash), torrent) : new(0, 0, 0);
    }

    private static ScrapeCounts Counts(TrackedSwarm? swarm, TrackedTorrent torrent)
    {
        var counts = swarm?.Counts ?? new(0, 0, 0);
        return torrent.Own is null ? counts
            : torrent.IsSeed ? counts with { Seeds = counts.Seeds + 1 }
            : counts with { Leeches = counts.Leeches + 1 };
    }

    /// <summary>Once a minute: who was silent for too long goes, and torrents that are no longer tracked.</summary>
    private void Sweep(Instant now)
    {
        if (now - _sweptAt < SweepMicros)
        {
            return;
        }

        _sweptAt = now;
        var since = new Instant(now.Micros - (limits.ExpirySeconds * 1_000_000L));
        foreach (var (hash, swarm) in _swarms)
        {
            if (find(hash) is null)
            {
                Peers -= swarm.Count;
                _swarms.Remove(hash);
                continue;
            }

            Peers -= swarm.Expire(since);
        }
    }
}
