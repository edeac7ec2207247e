namespace Swarm.Protocol;

/// <summary>A question of one node to another (BEP 5).</summary>
/// <param name="Id">Who asks.</param>
/// <param name="Target">The id (find_node) or infohash that it is about; none with a ping.</param>
public readonly record struct KrpcQuery(KrpcMethod Method, NodeId Id, NodeId Target = default)
{
    public KrpcWant Want { get; init; }

    /// <summary>The asker takes no queries and belongs in no table (BEP 43).</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>announce_peer: what an earlier answer gave.</summary>
    public ReadOnlyMemory<byte> Token { get; init; }

    /// <summary>announce_peer: where the peer takes connections.</summary>
    public ushort Port { get; init; }

    /// <summary>announce_peer: the port that the query came from counts, not <see cref="Port"/>.</summary>
    public bool IsPortImplied { get; init; }
}
