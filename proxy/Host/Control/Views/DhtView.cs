namespace Swarm.Proxy.Control;

/// <summary>This node in the mainline DHT. Counters are since the start, both families together.</summary>
/// <param name="IsActive">False until the first torrent looks for peers: before, it speaks to nobody.</param>
/// <param name="Port">Its UDP port.</param>
/// <param name="Nodes">Nodes it knows.</param>
/// <param name="IsReadOnly">Nobody has shown that it can be reached, so it answers nobody (BEP 43).</param>
/// <param name="ExternalAddresses">Where others see it.</param>
/// <param name="StoredPeers">Peers that others announced to it.</param>
/// <param name="Garbage">Packets that were none, or answered nothing.</param>
/// <param name="Trouble">Why it finds nobody, as a sentence; null if it does.</param>
public sealed record DhtView(
    bool IsActive, int Port, int Nodes, int GoodNodes, bool IsReadOnly, IReadOnlyList<string> ExternalAddresses, int StoredInfohashes, int StoredPeers,
    long ReceivedPackets, long ReceivedBytes, long SentPackets, long SentBytes, long Garbage, long Queries, long Refused, string? Trouble)
{
    /// <summary>The facts of its families as one.</summary>
    public static DhtView Of(Discovery.MainlineDht dht)
    {
        var facts = dht.Facts();
        return new(
            dht.IsActive, dht.Port, facts.Sum(f => f.Nodes), facts.Sum(f => f.GoodNodes), facts.All(f => f.IsReadOnly), [.. facts.Select(f => f.ExternalAddress).OfType<string>()],
            facts.Sum(f => f.StoredInfoHashes), facts.Sum(f => f.StoredPeers), facts.Sum(f => f.ReceivedPackets), facts.Sum(f => f.ReceivedBytes),
            facts.Sum(f => f.SentPackets), facts.Sum(f => f.SentBytes), facts.Sum(f => f.Garbage), facts.Sum(f => f.Queries), facts.Sum(f => f.Refused), dht.Trouble);
    }
}
