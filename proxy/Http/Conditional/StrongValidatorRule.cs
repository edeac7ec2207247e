using Swarm.Core;

namespace Swarm.Http;

/// <summary>
/// What in a response may identify its bytes. A strong ETag does (RFC 9110 §8.8.3). Without one, a Last-Modified does if the
/// answer's own Date is at least 60 s later: §8.8.2.2 asks for one second on the same clock, "or enough difference … to make
/// clock synchronization issues unlikely", and origins behind balancers do not share a clock. A weak ETag is never used, but it
/// does not spoil the date: it says that the tag's maker did not compare bytes.
/// </summary>
public static class StrongValidatorRule
{
    /// <summary>Date − Last-Modified from which a date is strong.</summary>
    public static readonly TimeSpan MinAge = TimeSpan.FromSeconds(60);

    /// <summary>The validator that pins this response's bytes; null if nothing does.</summary>
    /// <param name="now">Only to read two-digit years.</param>
    public static StrongValidator? Of(HttpFields response, DateTimeOffset now)
    {
        var lastModified = SingleLine(response, "Last-Modified");
        var modifiedAt = HttpDate.Parse(lastModified, now);
        if (EntityTag.Parse(SingleLine(response, "ETag")) is { IsWeak: false } tag)
        {
            return new(tag.Opaque, modifiedAt is null ? null : lastModified);
        }

        return DateIsStrong(modifiedAt, HttpDate.Parse(SingleLine(response, "Date"), now)) ? new(null, lastModified) : null;
    }

    /// <summary>True if Last-Modified is old enough against the Date of the same answer.</summary>
    public static bool DateIsStrong(DateTimeOffset? lastModified, DateTimeOffset? date) =>
        lastModified is { } m && date is { } d && d - m >= MinAge;

    // Two lines of a singleton field contradict each other: then neither counts (§5.3).
    private static string? SingleLine(HttpFields fields, string name)
    {
        string? only = null;
        foreach (var line in fields.Lines(name))
        {
            if (only is not null)
            {
                return null;
            }

            only = line;
        }

        return only;
    }
}
