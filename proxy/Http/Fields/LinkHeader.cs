namespace Swarm.Http;

/// <summary>Reads Link fields by the algorithm of RFC 8288 appendix B.2, within limits; what cannot be read is skipped, never guessed.</summary>
public static class LinkHeader
{
    /// <summary>Links past this number are not looked at.</summary>
    public const int MaxLinks = 64;

    /// <summary>A line longer than this is not looked at.</summary>
    public const int MaxLineChars = 16 * 1024;

    private const int MaxParameters = 32;

    public static IReadOnlyList<Link> Parse(IEnumerable<string> lines)
    {
        var links = new List<Link>();
        foreach (var line in lines)
        {
            if (line.Length <= MaxLineChars)
            {
                ParseLine(line, links);
            }
        }

        return links;
    }

    private static void ParseLine(ReadOnlySpan<char> s, List<Link> links)
    {
        while (links.Count < MaxLinks)
        {
            s = s.TrimStart(" \t,");
            if (s.IsEmpty)
            {
                return;
            }

            var close = s[0] == '<' ? s.IndexOf('>') : -1;
            if (close < 0)
            {
                s = s[Syntax.EndOf(s, ',')..]; // not a link: skip to the next
                continue;
            }

            var target = s[1..close].Trim().ToString();
            s = s[(close + 1)..];
            var end = Syntax.EndOf(s, ',');
            if (ReadParameters(target, s[..end]) is { } link)
            {
                links.Add(link);
            }

            s = s[end..];
        }
    }

    private static Link? ReadParameters(string target, ReadOnlySpan<char> s)
    {
        string? relations = null;
        string? type = null;
        string? priority = null;
        var anchored = false;
        var count = 0;
        s = Syntax.TrimOws(s);
        if (!s.IsEmpty && s[0] != ';')
        {
            return null;
        }

        while (!s.IsEmpty)
        {
            if (++count > MaxParameters)
            {
                return null; // an anchor might stand further on
            }

            s = s[1..];
            var end = Syntax.EndOf(s, ';');
            var parameter = Syntax.TrimOws(s[..end]);
            s = s[end..];
            var equals = parameter.IndexOf('=');
            var name = Syntax.TrimOws(equals < 0 ? parameter : parameter[..equals]);
            var raw = equals < 0 ? [] : Syntax.TrimOws(parameter[(equals + 1)..]);
            if (name.Equals("anchor", StringComparison.OrdinalIgnoreCase))
            {
                anchored = true; // whatever its value, even none: the publisher meant another context
            }
            else if (name.Equals("rel", StringComparison.OrdinalIgnoreCase))
            {
                relations ??= Syntax.TokenOrQuoted(raw) ?? ""; // §3.3: only the first counts
            }
            else if (name.Equals("type", StringComparison.OrdinalIgnoreCase))
            {
                type ??= Syntax.TokenOrQuoted(raw) ?? raw.ToString(); // type=a/b without quotes is common though no token
            }
            else if (name.Equals("pri", StringComparison.OrdinalIgnoreCase))
            {
                priority ??= Syntax.TokenOrQuoted(raw) ?? "";
            }
        }

        var best = Syntax.TryClampedNumber(priority, out var n) && n is >= 1 and <= Link.LowestPriority ? (int)n : Link.LowestPriority;
        return new(target, Words(relations), type, anchored, best);
    }

    private static string[] Words(string? relations) =>
        relations?.ToLowerInvariant().Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) ?? [];
}
