namespace Swarm.Discovery;

/// <summary>What a tracker takes on. A peer takes about 150 bytes, so the default is some 15 MB at most.</summary>
public sealed record TrackerLimits
{
    /// <summary>Seconds between announces that clients are told.</summary>
    public int IntervalSeconds { get; init; } = 900;

    /// <summary>Who was not heard for two intervals and some is gone.</summary>
    public int ExpirySeconds { get; init; } = 2_100;

    public int MaxPeersPerSwarm { get; init; } = 10_000;

    /// <summary>All swarms together.</summary>
    public int MaxPeers { get; init; } = 100_000;

    /// <summary>Ports of one address in one swarm; a /64 counts as one address of IPv6. Households behind one address have some, an attacker wants thousands.</summary>
    public int MaxPeersPerAddress { get; init; } = 16;

    /// <summary>Requests a second of one address, after a burst of sixty times that.</summary>
    public double RequestsPerSecond { get; init; } = 2;

    /// <summary>Peers in an answer: 200 IPv4 peers, or 66 of IPv6, fill a datagram that no network takes apart.</summary>
    public int MaxAnswerPeers { get; init; } = 200;
}
