using System.Net;

namespace Swarm.Discovery;

/// <summary>What the DHT of one machine must be told.</summary>
public sealed record DhtSettings
{
    /// <summary>Public nodes that everybody may begin with, run by the makers of well-known programs.</summary>
    public static readonly IReadOnlyList<DnsEndPoint> PublicRouters =
    [
        new("router.bittorrent.com", 6881),
        new("dht.libtorrent.org", 25401),
        new("dht.transmissionbt.com", 6881),
        new("router.utorrent.com", 6881),
        new("dht.aelitis.com", 6881),
    ];

    /// <summary>The peer port: UDP takes the same number if it is free. <c>[::]</c> and <c>0.0.0.0</c> are both families.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Whether packets may go there: asked before anything is sent to an address.</summary>
    public required Func<IPEndPoint, bool> MayReach { get; init; }

    /// <summary>Resolves a node that is named, and checks its addresses.</summary>
    public required Func<DnsEndPoint, CancellationToken, ValueTask<TrackerAddresses>> Resolve { get; init; }

    /// <summary>Nodes to begin with, the user's own; none: <see cref="PublicRouters"/>.</summary>
    public IReadOnlyList<DnsEndPoint> Bootstrap { get; init; } = [];

    /// <summary>What <see cref="Save"/> was given by an earlier run; empty for none.</summary>
    public ReadOnlyMemory<byte> Saved { get; init; }

    /// <summary>Keeps what a later run begins with. May throw an <see cref="IOException"/>, which is only shown.</summary>
    public Action<byte[]> Save { get; init; } = static _ => { };

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
