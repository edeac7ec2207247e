namespace Swarm.Http;

/// <summary>The Via field (RFC 9110 §7.6.3): says who passed a message on, and finds our own name in it, which is a loop.</summary>
public static class Via
{
    /// <summary>A chain longer than this is a loop of others.</summary>
    public const int MaxHops = 32;

    /// <param name="existing">The field so far, lines joined; null if absent.</param>
    /// <param name="protocol">Version of the message received: <c>1.1</c>, <c>2</c>.</param>
    /// <param name="pseudonym">This node's name: random, a token.</param>
    public static string Append(string? existing, string protocol, string pseudonym) =>
        string.IsNullOrEmpty(existing) ? $"{protocol} {pseudonym}" : $"{existing}, {protocol} {pseudonym}";

    /// <summary>True if <paramref name="pseudonym"/> stands in the chain, or the chain is too long to be honest.</summary>
    public static bool IsLoop(string? value, string pseudonym)
    {
        var hops = 0;
        ReadOnlySpan<char> rest = value;
        while (!rest.IsEmpty)
        {
            var end = EndOfHop(rest);
            var hop = Syntax.TrimOws(rest[..end]);
            rest = end == rest.Length ? [] : rest[(end + 1)..];
            if (!hop.IsEmpty && (++hops > MaxHops || ReceivedBy(hop).Equals(pseudonym, StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }

    // received-protocol RWS received-by [ RWS comment ]
    private static ReadOnlySpan<char> ReceivedBy(ReadOnlySpan<char> hop)
    {
        var space = hop.IndexOfAny(' ', '\t');
        var rest = space < 0 ? [] : Syntax.TrimOws(hop[space..]);
        var end = rest.IndexOfAny(' ', '\t', '(');
        return end < 0 ? rest : rest[..end];
    }

    // Commas inside comments separate nothing; comments nest and escape (§5.6.5).
    private static int EndOfHop(ReadOnlySpan<char> s)
    {
        var depth = 0;
        for (var i = 0; i < s.Length; i++)
        {
            switch (s[i])
            {
                case '\\' when depth > 0:
                    i++;
                    break;
                case '(':
                    depth++;
                    break;
                case ')' when depth > 0:
                    depth--;
                    break;
                case ',' when depth == 0:
                    return i;
                default:
                    break;
            }
        }

        // A comment never closed would hide the hops behind it: then the first comma counts after all.
        return depth > 0 && s.IndexOf(',') is >= 0 and var comma ? comma : s.Length;
    }
}
