using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Swarm.Proxy.Seeding;

/// <summary>What becomes of a site's files as JSON, a line an event: <c>swarmstream.seed/1</c>.</summary>
internal static class SiteJson
{
    // A line is for terminals and pipes, not for HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Published(SiteFile file) => Write("published", json =>
    {
        json.WriteString("path", file.Path);
        json.WriteNumber("bytes", file.Torrent.TotalLength);
        json.WriteString("infohash_v1", file.Torrent.InfoHash.V1Hex);
        json.WriteString("infohash_v2", file.Torrent.InfoHash.V2?.ToString());
        json.WriteString("magnet", file.Magnet);
        json.WriteString("url", file.Url);
        json.WriteString("torrent_url", file.TorrentUrl);
    });

    public static string Retired(string path, string why) => Write("retired", json =>
    {
        json.WriteString("path", path);
        json.WriteString("why", why);
    });

    public static string Settled(int files, long bytes) => Write("settled", json =>
    {
        json.WriteNumber("files", files);
        json.WriteNumber("bytes", bytes);
    });

    private static string Write(string name, Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("schema", "swarmstream.seed/1");
            json.WriteString("event", name);
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
