using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Swarm.Protocol;

namespace Swarm.Proxy.Cli;

/// <summary>A torrent as scripts read it: units in the names, absent where there is nothing to say.</summary>
internal static class TorrentJson
{
    // For a terminal and jq, not for a page.
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Format(Metainfo torrent, IReadOnlyList<TrackerScrape>? scrapes)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("schema", "swarmstream.torrent/1");
            json.WriteString("name", torrent.Name);
            json.WriteString("format", TorrentText.Format(torrent));
            WriteIfAny(json, "infohash_v1", torrent.InfoHash.V1Hex);
            WriteIfAny(json, "infohash_v2", torrent.InfoHash.V2?.ToString());
            json.WriteNumber("total_bytes", torrent.TotalLength);
            json.WriteNumber("piece_bytes", torrent.PieceLength);
            json.WriteNumber("pieces", torrent.PieceCount);
            json.WriteBoolean("private", torrent.IsPrivate);
            json.WriteStartArray("files");
            foreach (var file in torrent.Files)
            {
                json.WriteStartObject();
                json.WriteString("path", file.Path);
                json.WriteNumber("bytes", file.Length);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("tracker_tiers");
            foreach (var tier in torrent.TrackerTiers)
            {
                json.WriteStartArray();
                foreach (var url in tier)
                {
                    json.WriteStringValue(url);
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteStartArray("web_seeds");
            foreach (var url in torrent.WebSeeds)
            {
                json.WriteStringValue(url);
            }

            json.WriteEndArray();
            if (scrapes is not null)
            {
                Write(json, scrapes);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<TrackerScrape> scrapes)
    {
        json.WriteStartArray("scrapes");
        foreach (var scrape in scrapes)
        {
            json.WriteStartObject();
            json.WriteString("tracker", scrape.Tracker);
            WriteIfAny(json, "infohash", scrape.Version);
            WriteIfAny(json, "seeders", scrape.Counts?.Seeds);
            WriteIfAny(json, "leechers", scrape.Counts?.Leeches);
            WriteIfAny(json, "completed", scrape.Counts?.Completed);
            WriteIfAny(json, "error", scrape.Error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteIfAny(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteIfAny(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
