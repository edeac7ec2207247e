namespace Swarm.Proxy.Cache;

/// <summary>The limits of the small-object cache.</summary>
internal sealed record CacheOptions
{
    /// <summary>All bodies and fields together, in memory: a few thousand pages' worth, little beside the engine's own window.</summary>
    public long MaxBytes { get; init; } = 64 << 20;

    /// <summary>On disk, unless told otherwise: a browser's cache takes as much for one person.</summary>
    public const long DefaultDiskBytes = 256 << 20;

    /// <summary>With less, one page would drive out the one before.</summary>
    public const long DiskBytesMin = 1 << 20;

    /// <summary>One body. What is larger and worth keeping has a validator and goes to the piece store.</summary>
    public int MaxObjectBytes { get; init; } = 4 << 20;

    /// <summary>How long a request waits for an equal one under way. nginx waits 5 s; a wait that brings nothing is felt, a second request is not.</summary>
    public TimeSpan CollapseLimit { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a validation in the background may take, body included.</summary>
    public TimeSpan BackgroundLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Validations in the background at one time; past it, stale answers are served without one.</summary>
    public int BackgroundMax { get; init; } = 16;
}
