namespace Swarm.Http;

/// <summary>The order of RFC 9111 §4 as one decision: reuse, validate or forward.</summary>
/// <param name="Why">For Cache-Status, where the request goes forward.</param>
public readonly record struct CachePlan(CacheAction Action, CacheForward Why)
{
    /// <param name="method">GET or HEAD.</param>
    /// <param name="stored">The stored answer that this request selects (<see cref="SelectingFields"/>); null if none.</param>
    /// <param name="covers">True if the bytes that the request wants of it are here.</param>
    /// <param name="knowsUrl">Other requests for this URL have stored answers.</param>
    public static CachePlan For(string method, HttpFields request, StoredHead? stored, bool covers, bool knowsUrl, DateTimeOffset now)
    {
        var asked = CacheControl.Of(request);
        var plan = method is "GET" or "HEAD" ? Choose(request, asked, stored, covers, knowsUrl, now) : new(CacheAction.Forward, CacheForward.Method);
        var isServed = plan.Action is CacheAction.Reuse or CacheAction.ReuseWhileRevalidating;
        return asked.OnlyIfCached && !isServed ? new(CacheAction.NotCached, plan.Why) : plan;
    }

    private static CachePlan Choose(HttpFields request, CacheControl asked, StoredHead? stored, bool covers, bool knowsUrl, DateTimeOffset now)
    {
        // If-Match and If-Unmodified-Since are the origin's to evaluate (§4.3.2); with no-store the client wants no part of a cache.
        if (asked.NoStore || request.Has("If-Match") || request.Has("If-Unmodified-Since"))
        {
            return new(CacheAction.Forward, CacheForward.Request);
        }

        if (stored is null)
        {
            return new(CacheAction.Forward, knowsUrl ? CacheForward.VaryMiss : CacheForward.UriMiss);
        }

        if (!covers)
        {
            return new(CacheAction.Forward, CacheForward.Partial);
        }

        var freshness = stored.FreshnessAt(now);
        var hasCredentials = request.Has("Authorization"); // who is let in is for the origin to say, each time (I1)
        if (!hasCredentials && freshness.Satisfies(asked, request.Combined("Pragma")?.Contains("no-cache", StringComparison.OrdinalIgnoreCase) == true))
        {
            return new(CacheAction.Reuse, CacheForward.None);
        }

        if (!hasCredentials && !freshness.IsFresh && !freshness.NoCache && asked is { NoCache: false, MaxAgeSeconds: null, MinFreshSeconds: null }
            && stored.StaleWhileRevalidateSeconds > 0 && freshness.AllowsStaleFor(stored.StaleWhileRevalidateSeconds))
        {
            return new(CacheAction.ReuseWhileRevalidating, CacheForward.Stale);
        }

        var why = freshness.IsFresh ? CacheForward.Request : CacheForward.Stale;
        return new(Validation.HasValidator(stored.Fields) ? CacheAction.Validate : CacheAction.Forward, why);
    }
}
