using System.Net;

namespace Swarm.Engine;

/// <summary>Who has a place in a swarm, and which addresses get none again. Not thread-safe: guarded by the swarm's lock.</summary>
internal sealed class PeerPlaces(int limit, EngineNetwork network)
{
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

    /// <summary>A peer that gives its place to a caller of greater priority (BEP 40), or callers that are here already would keep all others out; null for none. Who gave or got anything stays.</summary>
    public PeerSource? Lesser(IPEndPoint caller)
    {
        var least = _connected.Values.Where(p => p is { IsSettled: true, Record: { ReceivedBytes: 0, SentBytes: 0 } }).MinBy(p => network.PriorityOf(p.EndPoint));
        return least is not null && network.PriorityOf(least.EndPoint) < network.PriorityOf(caller) ? least : null;
    }
}
