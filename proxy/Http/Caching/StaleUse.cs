namespace Swarm.Http;

/// <summary>Whether a stale answer may stand in for an origin that fails (RFC 9111 §4.2.4, RFC 5861 §4).</summary>
public static class StaleUse
{
    /// <summary>How long a stale answer serves while the origin cannot be reached at all: as long as a permit does (I1).</summary>
    public const long DisconnectedSeconds = 600;

    /// <param name="status">What the origin answered; null if it could not be reached.</param>
    /// <param name="credentialsKey">Of this request: nobody gets what another's credentials brought.</param>
    public static bool IsAllowed(StoredHead stored, HttpFields request, int? status, string credentialsKey, DateTimeOffset now)
    {
        var asked = CacheControl.Of(request);
        var freshness = stored.FreshnessAt(now);
        if (status is not (null or 500 or 502 or 503 or 504) || asked.NoCache || credentialsKey != stored.CredentialsKey || freshness.NoCache)
        {
            return false;
        }

        // The client's own stale-if-error counts too; without any, only silence of the origin excuses staleness.
        var allowed = Math.Max(stored.Directives.StaleIfErrorSeconds ?? 0, asked.StaleIfErrorSeconds ?? 0);
        return freshness.AllowsStaleFor(status is null ? Math.Max(allowed, DisconnectedSeconds) : allowed);
    }
}
