namespace Swarm.Http;

/// <summary>
/// An entity tag (RFC 9110 §8.8.3). A strong one promises byte equality; a weak one only the same meaning, so ranges and
/// the store never rest on it.
/// </summary>
/// <param name="Opaque">The opaque-tag with its quotes: <c>"abc"</c>.</param>
public readonly record struct EntityTag(bool IsWeak, string Opaque)
{
    /// <summary>Reads exactly one tag; no surrounding whitespace.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EntityTag tag)
    {
        if (TryRead(ref text, out tag) && text.IsEmpty)
        {
            return true;
        }

        tag = default;
        return false;
    }

    /// <summary>Null where the text is absent or no entity tag.</summary>
    public static EntityTag? Parse(string? text) => TryParse(text, out var tag) ? tag : null;

    /// <summary>Takes a tag off the front of <paramref name="rest"/>; W/ is case-sensitive.</summary>
    internal static bool TryRead(ref ReadOnlySpan<char> rest, out EntityTag tag)
    {
        tag = default;
        var weak = rest.StartsWith("W/");
        var s = weak ? rest[2..] : rest;
        if (s.IsEmpty || s[0] != '"')
        {
            return false;
        }

        var end = s[1..].IndexOf('"') + 1;
        if (end == 0 || !IsOpaque(s[1..end]))
        {
            return false;
        }

        tag = new(weak, s[..(end + 1)].ToString());
        rest = s[(end + 1)..];
        return true;
    }

    /// <summary>§8.8.3.2: both strong and character-by-character equal.</summary>
    public bool StrongEquals(EntityTag other) => !IsWeak && !other.IsWeak && Opaque == other.Opaque;

    /// <summary>§8.8.3.2: equal whatever the strength.</summary>
    public bool WeakEquals(EntityTag other) => Opaque == other.Opaque;

    public override string ToString() => IsWeak ? $"W/{Opaque}" : Opaque;

    // etagc = %x21 / %x23-7E / obs-text; a backslash is an ordinary character here.
    private static bool IsOpaque(ReadOnlySpan<char> s)
    {
        foreach (var c in s)
        {
            if (c is < '\x21' or '\x22' or '\x7F')
            {
                return false;
            }
        }

        return true;
    }
}
