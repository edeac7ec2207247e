namespace Swarm.Protocol;

/// <summary>What a node answers (BEP 5, 32).</summary>
/// <param name="Id">Who answers.</param>
public readonly record struct KrpcResponse(NodeId Id)
{
    /// <summary>Nodes near what was asked for, of both families.</summary>
    public IReadOnlyList<NodeContact> Nodes { get; init; } = [];

    /// <summary>Peers of the infohash.</summary>
    public IReadOnlyList<PeerEndpoint> Peers { get; init; } = [];

    /// <summary>What an announce_peer from the same address must show; empty if none was given.</summary>
    public ReadOnlyMemory<byte> Token { get; init; }
}
