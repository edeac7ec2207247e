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

    public static bool IsUrl(string text, Func<Uri, bool> accept) =>
        text.Length <= MaxUrlChars && Uri.TryCreate(text, UriKind.Absolute, out var uri) && accept(uri) && uri.Host.Length > 0;

    private static void Add(ImmutableArray<string>.Builder urls, BencodeValue value, int max, Func<Uri, bool> accept)
    {
        if (urls.Count < max && value.TryGetText(out var text) && IsUrl(text, accept) && !urls.Contains(text))
        {
            urls.Add(text);
        }
    }
}
