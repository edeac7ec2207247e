using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>What a DHT node must be told of the world around it.</summary>
public sealed record DhtNodeSettings
{
    /// <summary>The family it lives in: each has a table of its own (BEP 32).</summary>
    public required bool IsIPv6 { get; init; }

    /// <summary>Whether packets may go there at all. Asked for every address that a stranger names.</summary>
    public Func<PeerEndpoint, bool> MayReach { get; init; } = static _ => true;

    /// <summary>True for an address of this machine: who sees us there sees no NAT.</summary>
    public Func<PeerEndpoint, bool> IsOwnAddress { get; init; } = static _ => false;
}
