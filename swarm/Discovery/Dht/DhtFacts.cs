namespace Swarm.Discovery;

/// <summary>How a DHT node stands, for people. Counters are since its start.</summary>
/// <param name="Nodes">In its table, reserves left out.</param>
/// <param name="GoodNodes">Of those, heard of within 15 minutes.</param>
/// <param name="IsReadOnly">Nobody has reached it from outside yet, so it says that nobody should try (BEP 43).</param>
/// <param name="ExternalAddress">Where others see it, once enough of them agree.</param>
/// <param name="Refused">Queries that got no answer, for what answers may cost or where they would go.</param>
public sealed record DhtFacts(
    string Id, int Nodes, int GoodNodes, bool IsReadOnly, string? ExternalAddress, int Searches, int StoredInfoHashes, int StoredPeers,
    long ReceivedPackets, long ReceivedBytes, long SentPackets, long SentBytes, long Garbage, long Queries, long Refused);
