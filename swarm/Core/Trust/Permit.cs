namespace Swarm.Core;

/// <summary>
/// The origin's answer that allows a request (invariant I1), bound to the credentials that asked and the version it named.
/// </summary>
/// <param name="CredentialsKey">Digest of Cookie, Authorization and signed query; empty for an uncredentialed request.</param>
/// <param name="GrantedAt">When the origin answered.</param>
/// <param name="LinkedInfohash">The infohash that this answer's own Link carried; L5c trees are valid for such answers only.</param>
public sealed record Permit(string CredentialsKey, ResourceVersion Version, Instant GrantedAt, string? LinkedInfohash = null)
{
    /// <summary>An uncredentialed permit serves other uncredentialed requests this long: 5 s.</summary>
    public const long ReuseMicros = 5_000_000;

    /// <summary>With the origin down, a permit of the same credentials stays good this long: 10 min.</summary>
    public const long OriginDownMicros = 600_000_000;

    /// <summary>True if a new request with <paramref name="credentialsKey"/> may do without asking the origin.</summary>
    public bool CoversRepeat(string credentialsKey, Instant now) =>
        CredentialsKey.Length == 0 && credentialsKey.Length == 0 && now - GrantedAt <= ReuseMicros && now >= GrantedAt;

    /// <summary>
    /// True if the permit stands while the origin fails by transport error or 5xx.
    /// On L5c only for a client with a response of that version open, or ended less than 10 min ago.
    /// </summary>
    /// <param name="sameClientLastSeen">When this client last had a response of this version open; null if never.</param>
    public bool CoversOriginDown(string credentialsKey, Instant now, Instant? sameClientLastSeen) =>
        CredentialsKey == credentialsKey && now - GrantedAt <= OriginDownMicros && Version.Authority switch
        {
            Authority.Tree or Authority.WholeDigest => true,
            Authority.CleartextTree => sameClientLastSeen is { } seen && now - seen <= OriginDownMicros,
            _ => false,
        };
}
