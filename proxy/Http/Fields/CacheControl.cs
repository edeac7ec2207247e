namespace Swarm.Http;

/// <summary>
/// A Cache-Control field (RFC 9111 §5.2): directives by lower-case name. Unknown ones are kept. Where a directive comes twice with
/// different arguments, the stricter reading wins (§4.2.1 lets a cache choose): the smallest number, the presence of a prohibition.
/// </summary>
public sealed class CacheControl
{
    private const int MaxDirectives = 128; // past it the field counts as no-store: nobody sends this, and nothing may be overlooked

    private static readonly CacheControl NoStoreOnly = Parse("no-store");

    private static readonly CacheControl None = new();

    /// <summary>A few: looked through faster than hashed, and of a small size.</summary>
    private readonly List<KeyValuePair<string, string?>> _directives = [];

    private CacheControl()
    {
    }

    public bool NoStore => Has("no-store");

    public bool NoCache => Has("no-cache");

    /// <summary>True for the plain and the field-qualified form: the qualified one is treated as the whole (§5.2.2.7 allows it).</summary>
    public bool Private => Has("private");

    public bool Public => Has("public");

    public bool MustRevalidate => Has("must-revalidate");

    public bool ProxyRevalidate => Has("proxy-revalidate");

    public bool MustUnderstand => Has("must-understand");

    public bool OnlyIfCached => Has("only-if-cached");

    public bool Immutable => Has("immutable"); // RFC 8246

    /// <summary>Null if absent. A directive that is there but unreadable counts as 0: stale (§4.2.1).</summary>
    public long? MaxAgeSeconds => Seconds("max-age");

    /// <inheritdoc cref="MaxAgeSeconds"/>
    public long? SharedMaxAgeSeconds => Seconds("s-maxage");

    /// <summary>Null if absent; <see cref="long.MaxValue"/> where it has no argument: any staleness (§5.2.1.2).</summary>
    public long? MaxStaleSeconds => IndexOf("max-stale") is >= 0 and var i && _directives[i].Value is null ? long.MaxValue : Seconds("max-stale");

    /// <inheritdoc cref="MaxAgeSeconds"/>
    public long? MinFreshSeconds => Seconds("min-fresh");

    /// <summary>RFC 5861 §3. Null if absent, 0 if unreadable.</summary>
    public long? StaleWhileRevalidateSeconds => Seconds("stale-while-revalidate");

    /// <summary>RFC 5861 §4. Null if absent, 0 if unreadable.</summary>
    public long? StaleIfErrorSeconds => Seconds("stale-if-error");

    public int Count => _directives.Count;

    public bool Has(string directive) => IndexOf(directive) >= 0;

    /// <summary>The argument, quotes undone; null if the directive is absent or has none.</summary>
    public string? Argument(string directive) => IndexOf(directive) is >= 0 and var i ? _directives[i].Value : null;

    /// <param name="value">The field, several lines joined by a comma; null or empty yields no directives.</param>
    public static CacheControl Parse(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return None;
        }

        var result = new CacheControl();
        ReadOnlySpan<char> rest = value;
        while (Syntax.NextElement(ref rest, out var element))
        {
            if (result._directives.Count == MaxDirectives)
            {
                return NoStoreOnly;
            }

            result.AddDirective(element);
        }

        return result;
    }

    public static CacheControl Of(HttpFields fields) => fields.CacheControl;

    /// <summary>The directives that count for a response: those of a readable CDN-Cache-Control in place of Cache-Control (RFC 9213 §2.2).</summary>
    public static CacheControl Effective(HttpFields response) => TargetedCacheControl.Parse(response.Combined("CDN-Cache-Control")) ?? Of(response);

    /// <summary>Directives in order of name, as <c>name</c> or <c>name=argument</c>.</summary>
    public override string ToString() => string.Join(
        ", ",
        _directives.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => d.Value is null ? d.Key : $"{d.Key}={Quoted(d.Value)}"));

    private static string Quoted(string argument) =>
        Syntax.IsToken(argument) ? argument : $"\"{argument.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static bool IsNumeric(string name) => name is "max-age" or "s-maxage" or "max-stale" or "min-fresh" or "stale-while-revalidate" or "stale-if-error";

    private void AddDirective(ReadOnlySpan<char> element)
    {
        var equals = element.IndexOf('=');
        var nameText = equals < 0 ? element : element[..equals];
        if (!Syntax.IsToken(nameText))
        {
            return; // "max-age =1" has no valid name: §5.2 allows no space there
        }

        var name = nameText.ToString().ToLowerInvariant();

        // An argument that is no token and no quoted string is kept as the raw text: a number it is not, and Seconds says 0.
        var argument = equals < 0 ? null : Syntax.TokenOrQuoted(element[(equals + 1)..]) ?? element[(equals + 1)..].ToString();
        var known = IndexOf(name);
        if (known < 0)
        {
            _directives.Add(new(name, argument));
        }
        else if (IsNumeric(name) ? Number(argument) < Number(_directives[known].Value) : argument is null)
        {
            _directives[known] = new(name, argument); // the unqualified form prohibits more than a qualified one
        }
    }

    private int IndexOf(string directive)
    {
        for (var i = 0; i < _directives.Count; i++)
        {
            if (_directives[i].Key == directive)
            {
                return i;
            }
        }

        return -1;
    }

    private long? Seconds(string directive) => IndexOf(directive) is >= 0 and var i ? Number(_directives[i].Value) : null;

    // RFC 9111 §1.2.2: delta-seconds past 2^31 may be held there.
    private static long Number(string? argument) => Syntax.TryClampedNumber(argument, out var n) ? Math.Min(n, int.MaxValue) : 0;
}
