using System.Collections.Immutable;

namespace Swarm.Protocol;

/// <summary>
/// Reads the addresses beside the info dictionary. They are hints: one that cannot be used is left out, never an error.
/// </summary>
internal static class MetainfoUrls
{
    private const int MaxUrlChars = 4096;

    /// <summary>BEP 19: one string or a list of them.</summary>
    public static ImmutableArray<string> WebSeeds(BencodeValue value, int max)
    {
        var urls = ImmutableArray.CreateBuilder<string>();
        if (value.Kind == BencodeKind.Bytes)
        {
            Add(urls, value, max, IsHttp);
        }

        foreach (var item in value.Items)
        {
            Add(urls, item, max, IsHttp);
        }

        return urls.ToImmutable();
    }

    /// <summary>BEP 12: <c>announce-list</c> replaces <c>announce</c> where it names any tracker.</summary>
    public static ImmutableArray<ImmutableArray<string>> TrackerTiers(BencodeValue outer, int max)
    {
        var tiers = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        var left = max;
        foreach (var item in outer["announce-list"u8].Items)
        {
            var tier = ImmutableArray.CreateBuilder<string>();
            foreach (var url in item.Items)
            {
                Add(tier, url, left, IsTracker);
            }

            if (tier.Count > 0)
            {
                left -= tier.Count;
                tiers.Add(tier.ToImmutable());
            }
        }

        if (tiers.Count == 0)
        {
            var lone = ImmutableArray.CreateBuilder<string>();
            Add(lone, outer["announce"u8], max, IsTracker);
            if (lone.Count > 0)
            {
                tiers.Add(lone.ToImmutable());
            }
        }

        return tiers.ToImmutable();
    }

    public static bool IsHttp(Uri uri) => uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps;

    public static bool IsTracker(Uri uri) => IsHttp(uri) || uri.Scheme is "udp" or "ws" or "wss";

    /// <summary>
    /// The URL as it may be dialled, or null. What RFC 3986 §2 does not allow in a path or query is percent-encoded, since
    /// makers of torrents and magnets leave blanks and letters there; in the authority it is refused, because
    /// <see cref="Uri"/> takes such hosts and throws later, when it is asked for them.
    /// </summary>
    public static string? ToUrl(string text, Func<Uri, bool> accept)
    {
        var start = text.IndexOf("://", StringComparison.Ordinal) + 3;
        if (start < 4 || text.Length > MaxUrlChars)
        {
            return null;
        }

        var slash = text.AsSpan(start).IndexOfAny('/', '?', '#');
        var path = slash < 0 ? text.Length : start + slash;
        var authority = text.AsSpan(0, path);
        if (authority.ContainsAnyExceptInRange('\x21', '\x7E') || authority.ContainsAny('%', '\\'))
        {
            return null;
        }

        var url = text.AsSpan(path).ContainsAnyExceptInRange('\x21', '\x7E')
            ? string.Concat(authority, PercentEncoding.EncodeNonAscii(text.AsSpan(path)))
            : text;
        return url.Length <= MaxUrlChars && Uri.TryCreate(url, UriKind.Absolute, out var uri) && accept(uri) && uri.Host.Length > 0 ? url : null;
    }

    private static void Add(ImmutableArray<string>.Builder urls, BencodeValue value, int max, Func<Uri, bool> accept)
    {
        if (urls.Count < max && value.TryGetText(out var text) && ToUrl(text, accept) is { } url && !urls.Contains(url))
        {
            urls.Add(url);
        }
    }
}
