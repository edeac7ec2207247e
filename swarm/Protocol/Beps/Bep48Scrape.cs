using System.Diagnostics.CodeAnalysis;

namespace Swarm.Protocol;

/// <summary>
/// Asking an HTTP tracker for its counts of torrents (BEP 48), without being announced.
/// <code>GET …/scrape?info_hash=%11…&amp;info_hash=…   →   d5:filesd20:‹infohash›d8:completei5e10:downloadedi50e10:incompletei10eeee</code>
/// </summary>
public static class Bep48Scrape
{
    private const string Announce = "announce";

    /// <summary>
    /// The URL that is asked: the text after the announce URL's last slash must begin with "announce", which becomes
    /// "scrape". Null where it does not: such a tracker cannot be asked.
    /// </summary>
    public static string? ToUrl(string announceUrl, IReadOnlyList<ReadOnlyMemory<byte>> infoHashes)
    {
        var fragment = announceUrl.IndexOf('#', StringComparison.Ordinal);
        var url = fragment < 0 ? announceUrl : announceUrl[..fragment];
        var at = url.LastIndexOf('/') + 1;
        if (!url.AsSpan(at).StartsWith(Announce, StringComparison.Ordinal))
        {
            return null;
        }

        var query = string.Join('&', infoHashes.Select(h => "info_hash=" + PercentEncoding.Encode(h.Span)));
        var scrape = string.Concat(url.AsSpan(0, at), "scrape", url.AsSpan(at + Announce.Length));
        return scrape + (scrape.Contains('?', StringComparison.Ordinal) ? scrape.EndsWith('?') || scrape.EndsWith('&') ? "" : "&" : "?") + query;
    }

    /// <summary>Reads the counts of the torrents asked for, in that order; null for one that the tracker does not name.</summary>
    /// <param name="error">What is wrong, or what the tracker refused with, for a person.</param>
    public static bool TryParse(
        ReadOnlyMemory<byte> body, IReadOnlyList<ReadOnlyMemory<byte>> infoHashes,
        [NotNullWhen(true)] out ScrapeCounts?[]? counts, [NotNullWhen(false)] out string? error)
    {
        counts = null;
        if (!BencodeDocument.TryParsePrefix(body, out var document, out var broken, order: BencodeKeyOrder.Any))
        {
            error = $"the tracker's answer is no bencoding: {broken}; it may not support scraping";
            return false;
        }

        var files = document.Root["files"u8];
        if (files.Kind != BencodeKind.Dictionary)
        {
            // Not in the BEP, but what trackers send.
            var refused = document.Root["failure reason"u8];
            error = refused.Kind == BencodeKind.Bytes
                ? $"the tracker refuses: {TrackerResponse.Text(refused.Bytes.Span)}"
                : "the tracker's answer has no 'files'; it may not support scraping";
            return false;
        }

        counts = new ScrapeCounts?[infoHashes.Count];
        for (var i = 0; i < counts.Length; i++)
        {
            var entry = files[infoHashes[i].Span];
            counts[i] = entry.Kind == BencodeKind.Dictionary
                ? new ScrapeCounts(TrackerResponse.Count(entry["complete"u8]), TrackerResponse.Count(entry["downloaded"u8]), TrackerResponse.Count(entry["incomplete"u8]))
                : null;
        }

        error = null;
        return true;
    }
}
