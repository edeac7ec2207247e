using System.Collections.Immutable;
using Swarm.Core;

namespace Swarm.Http;

/// <summary>What a Range field amounts to.</summary>
public enum RangeSetKind : byte
{
    /// <summary>No Range field.</summary>
    Absent,

    /// <summary>Another unit, invalid syntax or too much of it: as if there were no Range (RFC 9110 §14.2).</summary>
    Ignored,

    /// <summary>Exactly one range-spec.</summary>
    Single,

    /// <summary>Two or more: several parts, where more than one remains of them (<see cref="RangeSet.Select"/>).</summary>
    Multiple,
}

/// <summary>The range set of a request (RFC 9110 §14.1, §14.2), parsed once and resolved against a length later.</summary>
public readonly struct RangeSet
{
    /// <summary>§17.15: more ranges than this are not honoured.</summary>
    public const int MaxRanges = 16;

    /// <summary>§17.15: a longer field value is not read.</summary>
    public const int MaxValueChars = 8 * 1024;

    /// <summary>§15.3.7.2: "around 80 bytes" stand between two parts; a smaller gap costs more than its bytes.</summary>
    public const int PartOverheadBytes = 80;

    private readonly RangeSpec[]? _specs;

    private RangeSet(RangeSetKind kind, RangeSpec[]? specs = null)
    {
        Kind = kind;
        _specs = specs;
    }

    public RangeSetKind Kind { get; }

    public ReadOnlySpan<RangeSpec> Specs => _specs;

    /// <summary>The one range-spec; null unless <see cref="Kind"/> is Single.</summary>
    public RangeSpec? Single => Kind == RangeSetKind.Single ? _specs![0] : null;

    /// <param name="value">The Range field, several lines joined by a comma; null if absent.</param>
    public static RangeSet Parse(string? value)
    {
        if (value is null)
        {
            return new(RangeSetKind.Absent);
        }

        var ignored = new RangeSet(RangeSetKind.Ignored);
        var s = Syntax.TrimOws(value);
        var equals = s.IndexOf('=');
        if (s.Length > MaxValueChars || equals < 0 || !s[..equals].Equals("bytes", StringComparison.OrdinalIgnoreCase))
        {
            return ignored;
        }

        s = s[(equals + 1)..];
        if (!s.IsEmpty && Syntax.IsOws(s[0]) && !Syntax.TrimOws(s).StartsWith(','))
        {
            return ignored; // the list rule has no whitespace before its first element (§5.6.1)
        }

        Span<RangeSpec> specs = stackalloc RangeSpec[MaxRanges];
        var count = 0;
        while (Syntax.NextElement(ref s, out var element))
        {
            if (element.IsEmpty)
            {
                continue; // §5.6.1.2: empty elements do not count
            }

            if (count == MaxRanges || !RangeSpec.TryParse(element, out specs[count]))
            {
                return ignored;
            }

            count++;
        }

        return count switch
        {
            0 => ignored,
            1 => new(RangeSetKind.Single, specs[..1].ToArray()),
            _ => new(RangeSetKind.Multiple, specs[..count].ToArray()),
        };
    }

    /// <summary>
    /// The parts it selects of <paramref name="length"/> bytes, in the order of the request (§15.3.7.2); empty if none can be met. What
    /// overlaps, touches, or lies nearer than a part's head is long becomes one part, at the place of the first: so no byte is sent
    /// twice, and the answer never much exceeds the representation (§17.15).
    /// </summary>
    public ImmutableArray<ByteRange> Select(long length)
    {
        if (Single is { } spec)
        {
            return spec.Resolve(length) is { } only ? [only] : [];
        }

        var parts = ImmutableArray.CreateBuilder<ByteRange>(Specs.Length);
        foreach (var each in Specs)
        {
            if (each.Resolve(length) is { } part)
            {
                Join(parts, part);
            }
        }

        return parts.ToImmutable();
    }

    private static void Join(ImmutableArray<ByteRange>.Builder parts, ByteRange added)
    {
        var place = parts.Count;
        parts.Add(added);
        for (var i = 0; i < parts.Count; i++)
        {
            if (i == place || !AreNear(parts[i], parts[place]))
            {
                continue;
            }

            var (first, second) = (Math.Min(i, place), Math.Max(i, place));
            parts[first] = ByteRange.FromBounds(Math.Min(parts[i].Offset, parts[place].Offset), Math.Max(parts[i].End, parts[place].End));
            parts.RemoveAt(second);
            (place, i) = (first, -1); // it grew: others may be near now
        }
    }

    private static bool AreNear(ByteRange a, ByteRange b) => a.Offset - b.End <= PartOverheadBytes && b.Offset - a.End <= PartOverheadBytes;

    /// <summary>A Range field value for one range of bytes.</summary>
    public static string Format(ByteRange range) => $"bytes={range.Offset}-{range.End - 1}";

    /// <summary>The field value in its plainest form; empty if there is nothing to honour.</summary>
    public override string ToString() => _specs is null ? "" : $"bytes={string.Join(',', _specs)}";
}
