namespace Swarm.Core;

/// <summary>
/// The identity of a torrent: its v1 SHA-1 (20 bytes, BEP 3), its v2 SHA-256 (32 bytes, BEP 52), or both (hybrid).
/// </summary>
public sealed record InfoHash(string? V1Hex, Hash256? V2)
{
    /// <summary>40 lower-case hex digits of the v1 hash, or 64 of the v2 hash where there is no v1.</summary>
    public string Id => V2?.ToString() ?? V1Hex ?? throw new InvalidOperationException("an infohash has a v1 or a v2 hash");

    public bool IsHybrid => V1Hex is not null && V2 is not null;

    /// <summary>The 20 bytes of the v1 hash, or null.</summary>
    public byte[]? V1Bytes => V1Hex is null ? null : Convert.FromHexString(V1Hex);

    /// <summary>The v2 hash cut to the 20 bytes that handshakes and trackers carry, or null.</summary>
    public byte[]? V2Truncated => V2?.ToArray()[..20];

    /// <summary>True if <paramref name="hex"/> (40 or 64 digits, any case) names this torrent.</summary>
    public bool Matches(string hex) =>
        string.Equals(hex, V1Hex, StringComparison.OrdinalIgnoreCase) || string.Equals(hex, V2?.ToString(), StringComparison.OrdinalIgnoreCase);

    public override string ToString() => Id;
}
