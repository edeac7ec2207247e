namespace Swarm.Http;

/// <summary>
/// The freshness of a stored response (RFC 9111 §4.2): how long it lives and how old it is, in whole seconds. Arithmetic only;
/// whether it may be stored at all is <see cref="Candidate"/>'s question.
/// </summary>
/// <param name="LifetimeSeconds">§4.2.1; 0 if it was never fresh.</param>
/// <param name="AgeSeconds">§4.2.3, never negative.</param>
/// <param name="IsHeuristic">§4.2.2: the origin did not say, we guessed.</param>
/// <param name="MustRevalidate">§5.2.2.2, §5.2.2.8, §5.2.2.4: may never be used stale, and with no-cache not even fresh.</param>
/// <param name="NoCache">To be revalidated before each use.</param>
public readonly record struct Freshness(long LifetimeSeconds, long AgeSeconds, bool IsHeuristic, bool MustRevalidate, bool NoCache)
{
    /// <summary>§4.2.2: a typical fraction of the time since the last change is 10 %.</summary>
    public const int HeuristicDivisor = 10;

    /// <summary>A guess holds for no longer than this: the origin did not say so, and a permit lasts no longer without it either (I1).</summary>
    public const long MaxHeuristicSeconds = 600;

    public long TtlSeconds => LifetimeSeconds - AgeSeconds;

    /// <summary>§4.2: fresh if its lifetime exceeds its age.</summary>
    public bool IsFresh => LifetimeSeconds > AgeSeconds && !NoCache;

    /// <param name="shared">True if the store serves more than one user: s-maxage and proxy-revalidate then count.</param>
    public static Freshness Of(int status, HttpFields response, StoredTimes times, DateTimeOffset now, bool shared)
    {
        // RFC 9213 §2.2: a readable targeted field replaces Cache-Control and Expires.
        var targeted = TargetedCacheControl.Parse(response.Combined("CDN-Cache-Control"));
        var cacheControl = targeted ?? CacheControl.Of(response);
        var date = HttpDate.Parse(response.First("Date"), now) ?? times.ReceivedAt; // §6.6.1 of RFC 9110: the time it came stands in
        var explicitSeconds = (shared ? cacheControl.SharedMaxAgeSeconds : null) ?? cacheControl.MaxAgeSeconds;
        if (explicitSeconds is null && targeted is null && response.Combined("Expires") is { } expires)
        {
            // §5.3: an invalid date, "0" above all, has passed already.
            explicitSeconds = HttpDate.Parse(expires, now) is { } at ? Math.Max(0, Seconds(at - date)) : 0;
        }

        return new(
            explicitSeconds ?? Heuristic(status, response, cacheControl, date, now),
            Age(response, date, times, now),
            explicitSeconds is null,
            cacheControl.MustRevalidate || cacheControl.NoCache || (shared && (cacheControl.ProxyRevalidate || cacheControl.Has("s-maxage"))),
            cacheControl.NoCache);
    }

    /// <summary>§5.2.1: true if the stored response satisfies the client's own limits and may be used without asking.</summary>
    public bool Satisfies(CacheControl request, bool pragmaNoCache = false)
    {
        // §5.4: Pragma counts only where there is no Cache-Control.
        if (NoCache || request.NoCache || (pragmaNoCache && request.Count == 0) || AgeSeconds > (request.MaxAgeSeconds ?? long.MaxValue))
        {
            return false;
        }

        if (TtlSeconds > 0)
        {
            return TtlSeconds >= (request.MinFreshSeconds ?? 0);
        }

        return !MustRevalidate && request.MinFreshSeconds is null && request.MaxStaleSeconds is { } allowed && -TtlSeconds <= allowed;
    }

    /// <summary>True if a fresh-less use after an error of the origin is allowed (§4.2.4, RFC 5861 §4).</summary>
    public bool AllowsStaleFor(long staleSeconds) => !MustRevalidate && -TtlSeconds <= staleSeconds;

    /// <summary>RFC 9110 §15.1: statuses whose answers may be reused on a guess.</summary>
    public static bool IsCacheableByDefault(int status) => status is 200 or 203 or 204 or 206 or 300 or 301 or 308 or 404 or 405 or 410 or 414 or 501;

    private static long Heuristic(int status, HttpFields response, CacheControl cacheControl, DateTimeOffset date, DateTimeOffset now)
    {
        // §4.2.2: only for statuses defined as cacheable by default, or marked public.
        return (IsCacheableByDefault(status) || cacheControl.Public) && HttpDate.Parse(response.First("Last-Modified"), now) is { } modified && modified < date
            ? Math.Min(Seconds(date - modified) / HeuristicDivisor, MaxHeuristicSeconds)
            : 0;
    }

    // §4.2.3, the conservative reading: the larger of the clock difference and the Age received, plus the time it took and has lain here.
    private static long Age(HttpFields response, DateTimeOffset date, StoredTimes times, DateTimeOffset now)
    {
        var apparent = Math.Max(0, Seconds(times.ReceivedAt - date));
        var corrected = AgeValue(response) + Math.Max(0, Seconds(times.ReceivedAt - times.RequestedAt));
        return Math.Max(apparent, corrected) + Math.Max(0, Seconds(now - times.ReceivedAt));
    }

    // §5.1: of several members the first counts, one that is no number is ignored.
    private static long AgeValue(HttpFields response)
    {
        ReadOnlySpan<char> rest = response.Combined("Age");
        return Syntax.NextElement(ref rest, out var first) && Syntax.TryClampedNumber(first, out var seconds) ? Math.Min(seconds, int.MaxValue) : 0;
    }

    private static long Seconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerSecond;
}
