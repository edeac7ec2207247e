namespace Swarm.Engine;

/// <summary>What a person may set of the engine. Sizes in bytes.</summary>
public sealed record EngineOptions
{
    /// <summary>Folder of the piece store; null keeps everything in memory.</summary>
    public string? DataDirectory { get; init; }

    public long QuotaBytes { get; init; } = 50L << 30;

    /// <summary>Blocks in memory, all contents together.</summary>
    public long MemoryBytes { get; init; } = 128L << 20;

    /// <summary>Folder for event logs; null keeps only the ring in memory.</summary>
    public string? RecordDirectory { get; init; }

    /// <summary>Peers to dial for every swarm joined, besides the trackers' (<c>--peer HOST:PORT</c>).</summary>
    public IReadOnlyList<(string Host, int Port)> ExtraPeers { get; init; } = [];

    /// <summary>Hosts whose Links are followed into swarms; <c>*</c> is every host.</summary>
    public IReadOnlyList<string> SwarmHosts { get; init; } = [];

    /// <summary>When peers are given anything.</summary>
    public ShareMode Share { get; init; }

    /// <summary>A swarm stops giving when it has given this many times what it holds; null for never.</summary>
    public double? RatioLimit { get; init; }

    /// <summary>Where what was given is written down, for the ratio; null forgets it with the node.</summary>
    public string? GivenFile { get; init; }

    /// <summary>Most bytes per second to peers; null for 85 % of what the uplink carries.</summary>
    public long? UpLimitBytesPerSecond { get; init; }

    /// <summary>Peers tell each other of further ones (BEP 11).</summary>
    public bool Pex { get; init; } = true;

    /// <summary>Looks for peers in the local network (BEP 14). Off unless asked for: it is heard by every machine there.</summary>
    public bool Lsd { get; init; }

    public int MaxPeersPerSwarm { get; init; } = 50;

    /// <summary>Written as the first lines of every event log.</summary>
    public string LogHeader { get; init; } = "";

    /// <summary>True if a URL on this host may join a swarm that its own answer Links to.</summary>
    public bool Joins(string host) =>
        SwarmHosts.Any(h => h == "*" || string.Equals(h, host, StringComparison.OrdinalIgnoreCase));
}
