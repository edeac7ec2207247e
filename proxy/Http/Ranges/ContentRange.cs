using Swarm.Core;

namespace Swarm.Http;

/// <summary>
/// A Content-Range of the bytes unit (RFC 9110 §14.4): <c>bytes a-b/total</c>, <c>bytes a-b/*</c> or <c>bytes */total</c>.
/// Read strictly, since a wrong reading would splice: one space, no signs, <c>a ≤ b &lt; total</c>, numbers that fit.
/// </summary>
/// <param name="Range">Null in the unsatisfied form of a 416.</param>
/// <param name="Total">Null where the sender does not know it (<c>*</c>); never 0 for unknown.</param>
public readonly record struct ContentRange(ByteRange? Range, long? Total)
{
    /// <summary>Reads a field value; false if it is anything but one valid byte content range.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ContentRange result)
    {
        result = default;
        var s = Syntax.TrimOws(text);
        var slash = s.IndexOf('/');
        if (slash < 0 || s.Length < 6 || !s[..6].Equals("bytes ", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var interval = s[6..slash];
        long? total = null;
        if (!s[(slash + 1)..].SequenceEqual("*"))
        {
            if (!Syntax.TryExactNumber(s[(slash + 1)..], out var n))
            {
                return false;
            }

            total = n;
        }

        if (interval.SequenceEqual("*"))
        {
            result = new(null, total);
            return total is not null; // "*/*" says nothing and is not in the grammar
        }

        var dash = interval.IndexOf('-');
        if (dash < 0 || !Syntax.TryExactNumber(interval[..dash], out var first) || !Syntax.TryExactNumber(interval[(dash + 1)..], out var last)
            || last < first || last == long.MaxValue || last >= total)
        {
            return false;
        }

        result = new(ByteRange.FromBounds(first, last + 1), total);
        return true;
    }

    /// <summary>Null where the field is absent or invalid.</summary>
    public static ContentRange? Parse(string? text) => text is not null && TryParse(text, out var value) ? value : null;

    /// <summary>
    /// True if this may stand on a 206 that answers <paramref name="requested"/>: it starts where the request starts, ends no later
    /// (a server may send less, §15.3.7), and the body announced is exactly as long.
    /// </summary>
    /// <param name="contentLength">The Content-Length; null if the answer has none.</param>
    public bool Answers(ByteRange requested, long? contentLength) =>
        Range is { } r && r.Offset == requested.Offset && r.End <= requested.End && (contentLength is null || contentLength == r.Length);

    public static string Format(ByteRange range, long total) => $"bytes {range.Offset}-{range.End - 1}/{total}";

    /// <summary>For a 416.</summary>
    public static string FormatUnsatisfied(long total) => $"bytes */{total}";

    public override string ToString() =>
        $"bytes {(Range is { } r ? $"{r.Offset}-{r.End - 1}" : "*")}/{(Total is { } t ? $"{t}" : "*")}";
}
