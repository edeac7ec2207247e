using System.Security.Cryptography.X509Certificates;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>The knobs of a <see cref="TestNode"/>.</summary>
internal sealed record TestNodeOptions
{
    public string[] AllowTargets { get; init; } = ["127.0.0.0/8", TestNode.TlsHost];
    public string[] SwarmHosts { get; init; } = ["*"];
    public SeedPeer[] Peers { get; init; } = [];

    /// <summary>Other nodes, as <c>--peer</c> names them.</summary>
    public string[] PeerNodes { get; init; } = [];

    public Film[] Torrents { get; init; } = [];
    public X509Certificate2Collection TrustedRoots { get; init; } = [];
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>A folder that outlives the node; null gives it one of its own.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>False keeps every byte in memory.</summary>
    public bool HasStore { get; init; } = true;

    public long QuotaBytes { get; init; } = 1L << 30;
}
