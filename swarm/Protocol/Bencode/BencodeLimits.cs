namespace Swarm.Protocol;

/// <summary>What a bencoded input may cost before it is refused.</summary>
/// <param name="MaxBytes">Longest input.</param>
/// <param name="MaxDepth">Deepest nesting of lists and dictionaries.</param>
/// <param name="MaxValues">Most values, keys included; each costs 16 bytes of index.</param>
public sealed record BencodeLimits(int MaxBytes, int MaxDepth, int MaxValues)
{
    /// <summary>For messages of peers and trackers.</summary>
    public static readonly BencodeLimits Message = new(MaxBytes: 2 << 20, MaxDepth: 32, MaxValues: 100_000);

    /// <summary>For metainfo: 16 MiB, as libtorrent and Transmission accept; depth for 60 folders.</summary>
    public static readonly BencodeLimits Metainfo = new(MaxBytes: 16 << 20, MaxDepth: 72, MaxValues: 2_000_000);
}
