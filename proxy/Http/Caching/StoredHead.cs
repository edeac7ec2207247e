using System.Globalization;

namespace Swarm.Http;

/// <summary>Everything of a stored answer but its bytes: a value, made once when the answer came and again when a 304 freshened it.</summary>
/// <param name="Fields">Without the connection's own; never changed after it was made.</param>
/// <param name="Partition">By <see cref="CachePartition"/>.</param>
/// <param name="CredentialsKey">By <see cref="Http.CredentialsKey"/>: of the request that brought it.</param>
/// <param name="Directives">Cache-Control, or the targeted field that stands for it.</param>
/// <param name="AtReceipt">Its freshness at <see cref="StoredTimes.ReceivedAt"/>.</param>
public sealed record StoredHead(
    int Status,
    string Reason,
    HttpFields Fields,
    SelectingFields Selecting,
    string Partition,
    string CredentialsKey,
    StoredTimes Times,
    CacheControl Directives,
    Freshness AtReceipt)
{
    /// <summary>The whole representation's bytes by the last answer; null for a status without one, or before the body was seen.</summary>
    public long? TotalLength { get; init; }

    public long StaleWhileRevalidateSeconds => Directives.StaleWhileRevalidateSeconds ?? 0;

    /// <summary>When it stops being fresh; the distant past if it never is.</summary>
    public DateTimeOffset FreshUntil => AtReceipt.IsFresh ? Times.ReceivedAt.AddSeconds(AtReceipt.TtlSeconds) : DateTimeOffset.MinValue;

    /// <summary>Of an answer that <see cref="Storability"/> let pass.</summary>
    /// <param name="request">The fields that went to the origin.</param>
    public static StoredHead Of(int status, string reason, HttpFields request, HttpFields response, string partition, string credentialsKey, StoredTimes times)
    {
        var fields = HopByHop.Remove(response);
        if (status == 206)
        {
            fields.Remove("Content-Range"); // each answer from here gets its own
        }

        // RFC 9110 §6.6.1: a cache that has a clock adds a Date where none can be read.
        if (HttpDate.Parse(fields.First("Date"), times.ReceivedAt) is null)
        {
            fields.Set("Date", HttpDate.Format(times.ReceivedAt));
        }

        return Of(status, reason, fields, SelectingFields.Of(request, response) ?? SelectingFields.None, partition, credentialsKey, times);
    }

    /// <summary>An answer as it was stored, from its parts; what follows from them is found again.</summary>
    public static StoredHead Restored(int status, string reason, HttpFields fields, SelectingFields selecting, string partition, string credentialsKey, StoredTimes times) =>
        Of(status, reason, fields, selecting, partition, credentialsKey, times);

    /// <summary>The same answer, to be validated before its next use, whatever it says: something that ended it may have been missed.</summary>
    public StoredHead Unproven() => this with { AtReceipt = AtReceipt with { LifetimeSeconds = 0, NoCache = true, MustRevalidate = true } };

    /// <summary>The same answer with other fields, as of <paramref name="times"/>.</summary>
    public StoredHead With(HttpFields fields, StoredTimes times) =>
        Of(Status, Reason, fields, Selecting, Partition, CredentialsKey, times) with { TotalLength = TotalLength };

    public Freshness FreshnessAt(DateTimeOffset now) => AtReceipt with { AgeSeconds = AtReceipt.AgeSeconds + Math.Max(0, (now - Times.ReceivedAt).Ticks / TimeSpan.TicksPerSecond) };

    /// <summary>A copy of the fields with the Age they have by <paramref name="now"/> (§4, §5.1).</summary>
    public HttpFields FieldsAt(DateTimeOffset now)
    {
        var fields = Fields.Where(static _ => true);
        fields.Set("Age", Math.Min(FreshnessAt(now).AgeSeconds, int.MaxValue).ToString(CultureInfo.InvariantCulture));
        return fields;
    }

    private static StoredHead Of(int status, string reason, HttpFields fields, SelectingFields selecting, string partition, string credentialsKey, StoredTimes times)
    {
        var freshness = Freshness.Of(status, fields, times, times.ReceivedAt, shared: true);
        if (freshness.IsHeuristic && (credentialsKey.Length > 0 || fields.Has("Set-Cookie")))
        {
            freshness = freshness with { LifetimeSeconds = 0 }; // what is for one person is not reused on a guess
        }

        return new(status, reason, fields, selecting, partition, credentialsKey, times, CacheControl.Effective(fields), freshness);
    }
}
