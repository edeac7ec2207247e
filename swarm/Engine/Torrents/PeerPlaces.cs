using System.Net;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>Who has a place in a swarm, and which addresses get none again. Not thread-safe: guarded by the swarm's lock.</summary>
internal sealed class PeerPlaces(int limit, EngineNetwork network)
{
    /// <summary>30 s: an optimistic round of libtorrent's, within which each side may have unchoked the other.</summary>
    private const long ProbationMicros = 30_000_000;

    private readonly Dictionary<int, PeerSource> _connected = [];
    private readonly HashSet<IPAddress> _banned = [];

    public int Limit => limit;

    public IEnumerable<PeerSource> All => _connected.Values;

    public int Count => _connected.Count;

    public bool IsFull => Count >= limit;

    public int BannedAddresses => _banned.Count;

    public bool Has(PeerSource source) => _connected.ContainsKey(source.Id);

    public void Add(PeerSource source) => _connected[source.Id] = source;

    public void Remove(PeerSource source) => _connected.Remove(source.Id);

    public bool IsBanned(IPAddress address) => _banned.Contains(address);

    public void Ban(IPAddress address) => _banned.Add(address);

    /// <summary>The other connection to the same peer, by its id; null if this is the only one.</summary>
    public PeerSource? TwinOf(PeerSource source) =>
        _connected.Values.FirstOrDefault(other => other != source && other.IsSettled && other.PeerId == source.PeerId);

    /// <summary>
    /// A peer that gives its place to a caller of greater priority (BEP 40), or callers that are here already would keep all others out; null for none.
    /// Who gave or got anything stays, and so does who came just now: it had no time to.
    /// </summary>
    public PeerSource? Lesser(IPEndPoint caller, Instant now)
    {
        var least = _connected.Values
            .Where(p => p.Record is { ReceivedBytes: 0, SentBytes: 0 } && p.SettledAt is { } since && now - since >= ProbationMicros)
            .MinBy(p => network.PriorityOf(p.EndPoint));
        return least is not null && network.PriorityOf(least.EndPoint) < network.PriorityOf(caller) ? least : null;
    }
}
