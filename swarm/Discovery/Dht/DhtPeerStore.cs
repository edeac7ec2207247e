using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// Peers that were announced to this node, by infohash. All of it is a stranger's word, so everything is bounded: infohashes, peers of one, what one network may
/// add, and how long it is kept.
/// </summary>
internal sealed class DhtPeerStore
{
    /// <summary>libtorrent's dht_settings::max_torrents.</summary>
    public const int MaxInfoHashes = 2_000;

    /// <summary>What answers can carry, twice.</summary>
    public const int MaxPeersOfOne = 200;

    /// <summary>About 2 MiB.</summary>
    public const int MaxPeers = 20_000;

    /// <summary>Peers, of all infohashes, that one network of addresses may add: a household's torrents, not a liar's.</summary>
    public const int MaxOfNetwork = 256;

    /// <summary>Clients announce every quarter of an hour or so; two are missed before a peer is forgotten.</summary>
    public const long LifeMicros = 2_700_000_000;

    private readonly Dictionary<NodeId, Dictionary<PeerEndpoint, Instant>> _byInfoHash = [];
    private readonly Tally<DhtNetwork> _ofNetwork = new();

    public int InfoHashes => _byInfoHash.Count;

    public int Peers { get; private set; }

    /// <summary>False if there is no room.</summary>
    public bool Add(NodeId infoHash, PeerEndpoint peer, Instant now)
    {
        var isKnown = _byInfoHash.TryGetValue(infoHash, out var peers);
        if (isKnown && peers!.ContainsKey(peer))
        {
            peers[peer] = now;
            return true;
        }

        var network = DhtNetwork.Of(peer);
        if (Peers >= MaxPeers || _ofNetwork.Of(network) >= MaxOfNetwork || (!isKnown && _byInfoHash.Count >= MaxInfoHashes))
        {
            return false;
        }

        if (peers is { Count: >= MaxPeersOfOne })
        {
            Remove(infoHash, peers, peers.MinBy(p => p.Value).Key);
            _byInfoHash.TryGetValue(infoHash, out peers);
        }

        if (peers is null)
        {
            _byInfoHash[infoHash] = peers = [];
        }

        peers[peer] = now;
        _ofNetwork.Add(network);
        Peers++;
        return true;
    }

    /// <summary>Some of the peers of an infohash, <paramref name="max"/> at most, others each time.</summary>
    public List<PeerEndpoint> Some(NodeId infoHash, int max, DhtRandom random)
    {
        if (!_byInfoHash.TryGetValue(infoHash, out var peers))
        {
            return [];
        }

        var all = peers.Keys.ToArray();
        var count = Math.Min(max, all.Length);
        for (var i = 0; i < count; i++)
        {
            var j = i + random.Below(all.Length - i);
            (all[i], all[j]) = (all[j], all[i]);
        }

        return [.. all.AsSpan(0, count)];
    }

    /// <summary>Forgets who has not announced for too long.</summary>
    public void Expire(Instant now)
    {
        foreach (var (infoHash, peers) in _byInfoHash.ToArray())
        {
            foreach (var (peer, since) in peers.ToArray())
            {
                if (now - since > LifeMicros)
                {
                    Remove(infoHash, peers, peer);
                }
            }
        }
    }

    private void Remove(NodeId infoHash, Dictionary<PeerEndpoint, Instant> peers, PeerEndpoint peer)
    {
        peers.Remove(peer);
        Peers--;
        _ofNetwork.Remove(DhtNetwork.Of(peer));

        if (peers.Count == 0)
        {
            _byInfoHash.Remove(infoHash);
        }
    }
}
