using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>Peers by address, from which some can be drawn at random without looking at all. Pure, mutable.</summary>
internal sealed class PeerTable
{
    private readonly List<TrackedPeer> _peers = [];
    private readonly Dictionary<PeerEndpoint, int> _places = [];

    public int Count => _peers.Count;

    public bool Contains(PeerEndpoint endPoint) => _places.ContainsKey(endPoint);

    /// <summary>True if it was not there before.</summary>
    public bool Put(PeerEndpoint endPoint, Instant now)
    {
        if (_places.TryGetValue(endPoint, out var place))
        {
            _peers[place] = new(endPoint, now);
            return false;
        }

        _places[endPoint] = _peers.Count;
        _peers.Add(new(endPoint, now));
        return true;
    }

    public bool Remove(PeerEndpoint endPoint)
    {
        if (!_places.Remove(endPoint, out var place))
        {
            return false;
        }

        var last = _peers[^1];
        _peers.RemoveAt(_peers.Count - 1);
        if (place < _peers.Count)
        {
            _peers[place] = last;
            _places[last.EndPoint] = place;
        }

        return true;
    }

    /// <summary>Those not heard since.</summary>
    public IReadOnlyList<PeerEndpoint> OlderThan(Instant since) => [.. _peers.Where(p => p.HeardAt < since).Select(p => p.EndPoint)];

    /// <summary>Adds up to <paramref name="count"/> different ones, any as likely as any other.</summary>
    public void Draw(int count, bool? ipv6, PeerEndpoint except, Random random, ICollection<PeerEndpoint> to)
    {
        // The first steps of a shuffle of the list itself; where one family alone counts, four times as many at most.
        var steps = Math.Min(_peers.Count, 4 * count);
        for (var i = 0; i < steps && count > 0; i++)
        {
            Swap(i, random.Next(i, _peers.Count));
            var endPoint = _peers[i].EndPoint;
            if (endPoint != except && (ipv6 is null || ipv6 != endPoint.IsIPv4))
            {
                to.Add(endPoint);
                count--;
            }
        }
    }

    private void Swap(int a, int b)
    {
        (_peers[a], _peers[b]) = (_peers[b], _peers[a]);
        _places[_peers[a].EndPoint] = a;
        _places[_peers[b].EndPoint] = b;
    }
}
