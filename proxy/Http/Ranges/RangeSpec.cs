using Swarm.Core;

namespace Swarm.Http;

/// <summary>The three forms of one range-spec of the bytes unit (RFC 9110 §14.1.2).</summary>
public enum RangeSpecKind : byte
{
    /// <summary><c>first-last</c>, both inclusive.</summary>
    Bounded,

    /// <summary><c>first-</c>.</summary>
    Open,

    /// <summary><c>-count</c>: the last bytes.</summary>
    Suffix,
}

/// <summary>
/// One range-spec as the client wrote it, not yet resolved against a length. Numbers past <see cref="long.MaxValue"/> are held there:
/// no representation is that long, so the meaning is the same (§14.1.1).
/// </summary>
/// <param name="First">First position; the count of a suffix.</param>
/// <param name="Last">Last position, inclusive; <see cref="long.MaxValue"/> where open.</param>
public readonly record struct RangeSpec(RangeSpecKind Kind, long First, long Last)
{
    public static RangeSpec Bounded(long first, long last) => new(RangeSpecKind.Bounded, first, last);

    public static RangeSpec Open(long first) => new(RangeSpecKind.Open, first, long.MaxValue);

    public static RangeSpec Suffix(long count) => new(RangeSpecKind.Suffix, count, long.MaxValue);

    public bool HasFirstPosition => Kind != RangeSpecKind.Suffix;

    internal static bool TryParse(ReadOnlySpan<char> s, out RangeSpec spec)
    {
        spec = default;
        var dash = s.IndexOf('-');
        if (dash < 0)
        {
            return false;
        }

        var left = s[..dash];
        var right = s[(dash + 1)..];
        if (left.IsEmpty)
        {
            spec = Suffix(0);
            return Syntax.TryClampedNumber(right, out var count) && Assign(out spec, Suffix(count));
        }

        if (!Syntax.TryClampedNumber(left, out var first))
        {
            return false;
        }

        if (right.IsEmpty)
        {
            return Assign(out spec, Open(first));
        }

        // §14.1.1: an int-range whose last-pos is less than its first-pos is invalid; compared as numerals, before any clamping.
        return Syntax.TryClampedNumber(right, out var last) && Syntax.CompareNumerals(right, left) >= 0 && Assign(out spec, Bounded(first, last));
    }

    /// <summary>The bytes it selects of a representation of <paramref name="length"/> bytes; null if not satisfiable (§14.1.2).</summary>
    public ByteRange? Resolve(long length)
    {
        if (Kind == RangeSpecKind.Suffix)
        {
            // A suffix of an empty representation selects nothing that a Content-Range could name.
            var count = Math.Min(First, length);
            return count == 0 ? null : new ByteRange(length - count, count);
        }

        return First >= length ? null : ByteRange.FromBounds(First, Math.Min(Last, length - 1) + 1);
    }

    public override string ToString() => Kind switch
    {
        RangeSpecKind.Bounded => $"{First}-{Last}",
        RangeSpecKind.Open => $"{First}-",
        _ => $"-{First}",
    };

    private static bool Assign(out RangeSpec to, RangeSpec value)
    {
        to = value;
        return true;
    }
}
