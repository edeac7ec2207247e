using System.Globalization;
using System.Text;

namespace Swarm.Http;

/// <summary>Why a request went forward (RFC 9211 §2.2).</summary>
public enum CacheForward : byte
{
    None = 0,
    Bypass,
    Method,
    UriMiss,
    VaryMiss,
    Miss,
    Request,
    Stale,
    Partial,
}

/// <summary>One member of Cache-Status (RFC 9211): how this node handled the request.</summary>
public sealed record CacheStatus
{
    /// <summary>Answered from the store without asking the origin for content (§2.1); excludes <see cref="Forward"/>.</summary>
    public bool Hit { get; init; }

    public CacheForward Forward { get; init; }

    /// <summary>What the origin answered (§2.3).</summary>
    public int? ForwardStatus { get; init; }

    /// <summary>Seconds of freshness left; negative when stale (§2.4).</summary>
    public long? TtlSeconds { get; init; }

    public bool Stored { get; init; }

    public bool Collapsed { get; init; }

    /// <summary>Words for people (§2.8): who delivered, or why nothing was stored.</summary>
    public string? Detail { get; init; }

    /// <summary>The member, to stand after those of caches nearer the origin.</summary>
    public string Format(string cacheName)
    {
        var text = new StringBuilder().AppendName(cacheName);
        if (Hit)
        {
            text.Append("; hit");
        }
        else if (Forward != CacheForward.None)
        {
            text.Append("; fwd=").Append(Token(Forward));
        }

        Number("fwd-status", ForwardStatus);
        Number("ttl", TtlSeconds);
        text.Append(Stored ? "; stored" : "").Append(Collapsed ? "; collapsed" : "");
        if (Detail is not null)
        {
            text.Append("; detail=").AppendQuoted(Detail);
        }

        return text.ToString();

        void Number(string name, long? value)
        {
            if (value is { } n)
            {
                text.Append(CultureInfo.InvariantCulture, $"; {name}={n}");
            }
        }
    }

    private static string Token(CacheForward forward) => forward switch
    {
        CacheForward.Bypass => "bypass",
        CacheForward.Method => "method",
        CacheForward.UriMiss => "uri-miss",
        CacheForward.VaryMiss => "vary-miss",
        CacheForward.Request => "request",
        CacheForward.Stale => "stale",
        CacheForward.Partial => "partial",
        _ => "miss",
    };
}
