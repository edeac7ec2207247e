using System.Globalization;
using System.Text;
using Swarm.Engine.Receipts;
using Swarm.Protocol;

namespace Swarm.Proxy.Cli;

/// <summary>A torrent as a person reads it.</summary>
internal static class TorrentText
{
    // More files than a screen has lines say nothing more.
    private const int MaxFiles = 200;

    /// <summary>What it holds and its infohashes.</summary>
    public static string Summary(Metainfo torrent)
    {
        var text = new StringBuilder();
        Row(text, "Name", torrent.Name);
        Row(text, "Content", $"{Count(torrent.Files.Length, "file")}, {PlainUnits.Size(torrent.TotalLength)}, {Count(torrent.PieceCount, "piece")} of {PlainUnits.Size(torrent.PieceLength)}");
        Row(text, "Format", Format(torrent));
        Row(text, "Infohash v1", torrent.InfoHash.V1Hex);
        Row(text, "Infohash v2", torrent.InfoHash.V2?.ToString());
        Row(text, "Private", torrent.IsPrivate ? "yes: peers from its trackers alone" : null);
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>The summary, where its peers and bytes come from, and its files.</summary>
    public static string Format(Metainfo torrent, IReadOnlyList<TrackerScrape>? scrapes)
    {
        var text = new StringBuilder(Summary(torrent)).Append('\n');
        foreach (var (tier, index) in torrent.TrackerTiers.Select((t, i) => (t, i)))
        {
            foreach (var url in tier)
            {
                Row(text, "Tracker", torrent.TrackerTiers.Length > 1 ? $"{url} (tier {index + 1})" : url);
            }
        }

        foreach (var url in torrent.WebSeeds)
        {
            Row(text, "Web seed", url);
        }

        foreach (var scrape in scrapes ?? [])
        {
            Row(text, "Scrape", $"{scrape.Tracker}{(torrent.InfoHash.IsHybrid && scrape.Version is { } version ? " " + version : "")}: {Said(scrape)}");
        }

        var digits = torrent.Files.Take(MaxFiles).Select(f => PlainUnits.Size(f.Length).Length).DefaultIfEmpty().Max();
        foreach (var file in torrent.Files.Take(MaxFiles))
        {
            text.Append("  ").Append(PlainUnits.Size(file.Length).PadLeft(digits)).Append("  ").Append(file.Path).Append('\n');
        }

        if (torrent.Files.Length > MaxFiles)
        {
            text.Append(CultureInfo.InvariantCulture, $"  … and {torrent.Files.Length - MaxFiles} more files; --json lists all\n");
        }

        return text.ToString().TrimEnd('\n');
    }

    /// <summary><c>hybrid</c>, <c>v1</c> or <c>v2</c>.</summary>
    public static string Format(Metainfo torrent) => torrent.InfoHash.IsHybrid ? "hybrid" : torrent.HasV1 ? "v1" : "v2";

    private static string Said(TrackerScrape scrape) =>
        scrape.Error is { } error ? error
        : scrape.Counts is not { } counts ? "it does not know this torrent"
        : $"{Count(counts.Seeds, "seeder")}, {Count(counts.Leeches, "leecher")}, {Number(counts.Completed)} downloads ended";

    private static string Count(int? count, string noun) => count == 1 ? $"1 {noun}" : $"{Number(count)} {noun}s";

    private static string Number(int? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "unknown";

    private static void Row(StringBuilder text, string name, string? value)
    {
        if (value is not null)
        {
            text.Append(name.PadRight(13)).Append(value).Append('\n');
        }
    }
}
