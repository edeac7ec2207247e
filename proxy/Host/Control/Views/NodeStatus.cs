namespace Swarm.Proxy.Control;

/// <summary>The node in one glance: what no counter of <c>SwarmMetrics</c> says.</summary>
/// <param name="OpenRequests">Client requests being answered now.</param>
/// <param name="Notices">Sentences a person should read: a full disk, a quarantined tree, a probe that failed.</param>
/// <param name="Share"><c>off</c>, <c>reading</c> or <c>seed</c>: when peers are given anything.</param>
public sealed record NodeStatus(int OpenRequests, StoreView Store, IReadOnlyList<string> Notices, string Share = "off")
{
    /// <summary>How it stands in the DHT; null where that is switched off.</summary>
    public DhtView? Dht { get; init; }

    /// <summary>Hosts of which much passed in tunnels of late, the most first.</summary>
    public IReadOnlyList<TunnelView> Tunnels { get; init; } = [];

    public static readonly NodeStatus Idle = new(0, StoreView.None, []);
}

/// <summary>The piece store.</summary>
/// <param name="Directory">Null when the node keeps nothing on disk.</param>
/// <param name="QuotaBytes">Null: no limit but the disk.</param>
/// <param name="CheckedBytes">Read and hashed again since the start, beside everything else.</param>
/// <param name="DamagedBlocks">Of those, blocks that had changed and were dropped.</param>
public sealed record StoreView(string? Directory, long UsedBytes, long? QuotaBytes, bool Writable, long CheckedBytes = 0, int DamagedBlocks = 0)
{
    public static readonly StoreView None = new(null, 0, null, false);
}
