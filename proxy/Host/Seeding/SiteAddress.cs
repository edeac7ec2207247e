using Swarm.Protocol;

namespace Swarm.Proxy.Seeding;

/// <summary>Where the site's files and their torrents are on the web, and their magnets. Pure.</summary>
/// <param name="Web">The URL that the root folder has, ending in a slash; null if nobody said.</param>
internal sealed record SiteAddress(Uri? Web)
{
    /// <summary>The path under which web servers give the torrents away.</summary>
    public const string TorrentsPath = "/.swarm";

    /// <summary>The path that the root folder has on the site, as it is sent: <c>/</c> or <c>/pub/</c>.</summary>
    public string RawPrefix => Web?.AbsolutePath ?? "/";

    /// <summary>The same unescaped, as web servers compare it.</summary>
    public string Prefix => Uri.UnescapeDataString(RawPrefix);

    /// <summary>Reads <c>--web-seed</c>; null with a sentence if it is none.</summary>
    public static SiteAddress? TryParse(string? text, out string? problem)
    {
        problem = null;
        if (text is null)
        {
            return new SiteAddress((Uri?)null);
        }

        var folder = text.EndsWith('/') ? text : text + "/";
        if (!Uri.TryCreate(folder, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || !MetainfoBuilder.IsWebSeed(folder))
        {
            problem = $"--web-seed: '{text}' is no http or https URL; write the URL that --root has on the site, e.g. https://files.example.org/";
        }
        else if (url.Query.Length > 0 || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            problem = $"--web-seed: '{text}' has a query, a fragment or a password, which everybody would read in the torrents; write the plain URL of the folder";
        }

        return problem is null ? new SiteAddress(url) : null;
    }

    /// <summary>Where the file is; null if nobody said where the root is.</summary>
    /// <param name="path">Relative to the root, slash-separated.</param>
    public string? FileUrl(string path) => Web is null ? null : Web.GetLeftPart(UriPartial.Path) + Escape(path);

    /// <summary>Where the web server gives its torrent.</summary>
    public string? TorrentUrl(string path) => Web is null ? null : $"{Web.GetLeftPart(UriPartial.Authority)}{TorrentsPath}{RawPrefix}{Escape(path)}.torrent";

    /// <summary>The magnet of a published file.</summary>
    public string Magnet(string path, Metainfo torrent) => Magnet(torrent, TorrentUrl(path));

    /// <summary>
    /// The magnet of a torrent that lies at a URL; null where nobody said. It names the torrent, whose web seed is the site, and no web seed itself: clients that know
    /// one ask it for megabytes at once, each for the same ones (tests/Lab, thirty-clients: 1.6 copies of the file from the web server, and none without).
    /// </summary>
    public static string Magnet(Metainfo torrent, string? torrentUrl) => new Bep53Magnet
    {
        InfoHash = torrent.InfoHash,
        DisplayName = torrent.Name,
        Trackers = [.. torrent.TrackerTiers.SelectMany(t => t)],
        Sources = torrentUrl is null ? [] : [torrentUrl],
    }.ToString();

    /// <summary>RFC 3986 §2.1, component by component.</summary>
    private static string Escape(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
}
