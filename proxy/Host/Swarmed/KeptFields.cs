using System.Collections.Immutable;
using System.Globalization;
using Swarm.Core;
using Swarm.Engine;
using Swarm.Http;

namespace Swarm.Proxy.Swarmed;

/// <summary>What of a permission answer's fields is kept for requests that the same permit serves, and what they say then.</summary>
internal static class KeptFields
{
    /// <summary>They describe the part that was sent (RFC 9110 §14.4, RFC 9530 §2), or are for the one who asked first.</summary>
    private static readonly HashSet<string> OnlyOnce = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Range", "Content-Length", "Content-Digest", "Content-MD5",
        "Set-Cookie", "Set-Cookie2", "WWW-Authenticate", "Authentication-Info", "Proxy-Authentication-Info", "Clear-Site-Data",
    };

    public static ImmutableArray<(string Name, string Value)> Of(HttpFields answer) =>
        [.. HopByHop.Remove(answer).Where(f => !OnlyOnce.Contains(f.Name)).Select(f => (f.Name, f.Value))];

    /// <summary>The kept fields after a 304 (RFC 9111 §3.2): each field it has replaces the kept lines of that name, but for those that describe the content.</summary>
    public static ImmutableArray<(string Name, string Value)> Updated(ImmutableArray<(string Name, string Value)> kept, HttpFields answer)
    {
        var newer = Of(answer).RemoveAll(static f => f.Name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase) || f.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase));
        return [.. kept.Where(old => !newer.Any(f => f.Name.Equals(old.Name, StringComparison.OrdinalIgnoreCase))), .. newer];
    }

    /// <summary>False where either side wants the origin asked every time (RFC 9111 §5.2.1.4, §5.2.2.4; Pragma after §5.4).</summary>
    public static bool MayBeRepeated(HttpFields request, ImmutableArray<(string Name, string Value)> answer) =>
        !CacheControl.Of(request).NoCache && request.Combined("Pragma")?.Contains("no-cache", StringComparison.OrdinalIgnoreCase) != true
        && CacheControl.Of(Fields(answer)) is { NoCache: false };

    /// <summary>True where the origin forbade to serve while it cannot be asked (RFC 9111 §4.2.4).</summary>
    public static bool ForbidStale(ImmutableArray<(string Name, string Value)> answer) =>
        CacheControl.Of(Fields(answer)) is { NoCache: true } or { MustRevalidate: true } or { ProxyRevalidate: true };

    /// <summary>The fields of a response that no new answer permitted, with the age they have by now (RFC 9111 §5.1).</summary>
    /// <param name="asker">Access-control fields that answered another page's Origin are left out.</param>
    public static HttpFields Again(PermittedAnswer last, Instant now, string asker)
    {
        var fields = Fields(last.Headers);
        if (asker != last.Asker)
        {
            fields = fields.Where(static f => !f.Name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        }

        var before = long.TryParse(fields.First("Age"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;
        fields.Set("Age", (Math.Min(before, int.MaxValue) + ((now - last.At) / 1_000_000)).ToString(CultureInfo.InvariantCulture));
        return fields;
    }

    private static HttpFields Fields(ImmutableArray<(string Name, string Value)> kept)
    {
        var fields = new HttpFields();
        foreach (var (name, value) in kept)
        {
            fields.Add(name, value);
        }

        return fields;
    }
}
