namespace Swarm.Http;

/// <summary>The type/subtype of a Content-Type, lower case, parameters left aside (RFC 9110 §8.3.1).</summary>
public readonly record struct MediaType(string Type, string Subtype)
{
    /// <summary>Null if absent or malformed.</summary>
    public static MediaType? Parse(string? value)
    {
        var s = Syntax.TrimOws(value);
        var end = s.IndexOf(';');
        s = Syntax.TrimOws(end < 0 ? s : s[..end]);
        var slash = s.IndexOf('/');
        return slash > 0 && Syntax.IsToken(s[..slash]) && Syntax.IsToken(s[(slash + 1)..])
            ? new MediaType(Lower(s[..slash]), Lower(s[(slash + 1)..]))
            : null;
    }

    public bool Is(string type, string subtype) => Type == type && Subtype == subtype;

    public override string ToString() => $"{Type}/{Subtype}";

    private static string Lower(ReadOnlySpan<char> s) => s.ToString().ToLowerInvariant();
}
