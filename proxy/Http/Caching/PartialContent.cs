using Swarm.Core;

namespace Swarm.Http;

/// <summary>
/// The one part that a 206 brings, and which parts belong together (RFC 9110 §15.3.7.3, RFC 9111 §3.4). A Content-Range that contradicts
/// the length of its body describes bytes that nobody has: such a part is passed on and never kept.
/// </summary>
public static class PartialContent
{
    /// <summary>The part and the length of the whole; null if it is several parts, or says nothing that can be relied on.</summary>
    public static (ByteRange Part, long Total)? Read(HttpFields response)
    {
        if (MultipartByteRanges.IsTypeOf(response)
            || ContentRange.Parse(response.Combined("Content-Range")) is not { Range: { } part, Total: { } total })
        {
            return null;
        }

        var fits = response.Has("Transfer-Encoding") || response.Combined("Content-Length") is not { } text
            || (Syntax.TryExactNumber(text, out var length) && length == part.Length);
        return fits ? (part, total) : null;
    }

    /// <summary>True if both describe the same bytes by the same strong validator and length (§3.4).</summary>
    public static bool MayCombine(HttpFields stored, long storedTotal, HttpFields other, long otherTotal, DateTimeOffset now) =>
        storedTotal == otherTotal && StrongValidatorRule.Of(stored, now) is { } a && StrongValidatorRule.Of(other, now) is { } b
        && (a.ETag is not null ? a.ETag == b.ETag : b.ETag is null && a.LastModified == b.LastModified);
}
