namespace Swarm.Diagnostics.Analysis;

/// <summary>An expression about connections, in the manner of ss: <c>sport = :80 and ( rmem &gt; 1M or verdict = BLOATED )</c>.</summary>
/// <remarks>
/// Operators: = != &gt; &lt; &gt;= &lt;= (and eq ne gt lt ge le); and, or, not, parentheses. Names: sport dport port (":80"), src dst (address,
/// address/prefix, address:port), state, rmem rcvbuf payload reclaimable (bytes, with K M G), ratio, unread (seconds, or with ms s m),
/// collapses, uid, pid, process, role, verdict. A lone <c>:80</c> or <c>address:port</c> matches either end.
/// </remarks>
public sealed class SocketFilter
{
    private readonly Func<FilterSubject, bool> _matches;

    internal SocketFilter(string text, Func<FilterSubject, bool> matches)
    {
        Text = text;
        _matches = matches;
    }

    /// <summary>Matches every connection.</summary>
    public static SocketFilter All { get; } = new("", static _ => true);

    public string Text { get; }

    public bool Matches(in FilterSubject subject) => _matches(subject);

    /// <summary>The filter; null with a sentence when the expression is none.</summary>
    public static SocketFilter? TryParse(string text, out string? problem)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            problem = null;
            return All;
        }

        var parser = new FilterParser(FilterTokens.Of(text));
        var matches = parser.Parse();
        problem = parser.Problem;
        return matches is null ? null : new SocketFilter(text, matches);
    }
}
