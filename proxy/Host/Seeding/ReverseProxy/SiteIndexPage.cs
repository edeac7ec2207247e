using System.Globalization;
using System.Net;
using System.Text;
using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Seeding;

/// <summary>The page of what can be had: a row for each published file with its magnet, its torrent, its digest, and what its downloads here were made of. Pure.</summary>
internal static class SiteIndexPage
{
    private const string Head = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Files of this site as torrents</title>
        <style>
        body { font: 1rem/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 60rem; padding: 0 1rem }
        li { margin: 0 0 1rem; overflow-wrap: anywhere }
        ul { list-style: none; padding: 0 }
        small { display: block }
        </style>
        <h1>Files of this site as torrents</h1>

        """;

    /// <param name="receipts">Of downloads through this node, the newest first.</param>
    public static byte[] Write(IReadOnlyList<PublishedFile> files, IReadOnlyList<ReceiptView> receipts, OriginPlan plan)
    {
        var page = new StringBuilder(Head);
        page.Append(CultureInfo.InvariantCulture, $"<p>{(files.Count == 0 ? "No file is a torrent yet: the first visitor who takes a whole one makes it." : "Any BitTorrent client takes a magnet or a torrent. The plain links work as ever.")}</p>\n<ul>\n");
        var byUrl = receipts.ToLookup(static r => r.Url);
        foreach (var file in files)
        {
            var torrentUrl = plan.Address.Web is { } web ? $"{web.GetLeftPart(UriPartial.Authority)}{SiteAddress.TorrentsPath}{file.RawPath}.torrent" : null;
            page.Append(CultureInfo.InvariantCulture, $"<li><a href=\"{Text(file.RawPath)}\">{Text(file.Path)}</a>, {PlainUnits.Size(file.Version.Length)}\n");
            page.Append(CultureInfo.InvariantCulture, $"<small><a href=\"{Text(SiteAddress.Magnet(file.Torrent, torrentUrl))}\">magnet</a> · <a href=\"{SiteAddress.TorrentsPath}{Text(file.RawPath)}.torrent\">torrent</a></small>\n");
            if (file.Sha256 is { } sha256)
            {
                page.Append(CultureInfo.InvariantCulture, $"<small>SHA-256 {Convert.ToHexStringLower(sha256)}</small>\n");
            }

            var downloads = byUrl[file.Version.Url].Where(r => r.Version.Validator == file.Version.Validator?.ToString()).ToList();
            if (downloads.Count > 0)
            {
                var (all, origin, peers) = (downloads.Sum(static d => d.TotalBytes), downloads.Sum(static d => d.BytesBySource.Origin), downloads.Sum(static d => d.BytesBySource.Peer));
                page.Append(CultureInfo.InvariantCulture,
                    $"<small>{downloads.Count} {(downloads.Count == 1 ? "download" : "downloads")} here, {PlainUnits.Size(all)}: {PlainUnits.Share(origin, all)} as the origin sent it, {PlainUnits.Share(peers, all)} from peers, the rest from this node's store</small>\n");
            }

            page.Append("</li>\n");
        }

        return Encoding.UTF8.GetBytes(page.Append("</ul>\n</html>\n").ToString());
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
