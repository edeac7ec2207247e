using System.Text.Json;

namespace Swarm.Diagnostics.Tcp;

/// <summary>What a recording says of itself: who made it, when, on which kernel, with which tiers.</summary>
public sealed record RecordingHeader(string Program, string Version, string Kernel, DateTimeOffset Started, IReadOnlyList<ProbeStatus> Tiers)
{
    internal IReadOnlyList<string> SampleColumnNames { get; init; } = SampleColumns.Names;
    internal IReadOnlyList<string> TraceColumnNames { get; init; } = TraceColumns.Names;
    internal IReadOnlyList<string> HostColumnNames { get; init; } = HostColumns.Names;

    internal byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("program", Program);
            json.WriteString("version", Version);
            json.WriteString("kernel", Kernel);
            json.WriteString("started", Started);
            json.WriteStartArray("tiers");
            foreach (var tier in Tiers)
            {
                json.WriteStartObject();
                json.WriteString("name", tier.Name);
                json.WriteString("gives", tier.Gives);
                if (tier.AbsentBecause is { } reason)
                {
                    json.WriteString("absent_because", reason);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteNames(json, "socket", SampleColumnNames);
            WriteNames(json, "trace", TraceColumnNames);
            WriteNames(json, "host", HostColumnNames);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>The header in these bytes; null when they hold none.</summary>
    internal static RecordingHeader? TryParse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes);
            var root = json.RootElement;
            var tiers = root.GetProperty("tiers").EnumerateArray().Select(t => new ProbeStatus(
                t.GetProperty("name").GetString() ?? "",
                t.GetProperty("gives").GetString() ?? "",
                t.TryGetProperty("absent_because", out var reason) ? reason.GetString() : null));
            return new RecordingHeader(
                root.GetProperty("program").GetString() ?? "",
                root.GetProperty("version").GetString() ?? "",
                root.GetProperty("kernel").GetString() ?? "",
                root.GetProperty("started").GetDateTimeOffset(),
                [.. tiers])
            {
                SampleColumnNames = Names(root, "socket"),
                TraceColumnNames = Names(root, "trace"),
                HostColumnNames = Names(root, "host"),
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static void WriteNames(Utf8JsonWriter json, string property, IReadOnlyList<string> names)
    {
        json.WriteStartArray(property);
        foreach (var name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    private static string[] Names(JsonElement root, string property) =>
        [.. root.GetProperty(property).EnumerateArray().Select(n => n.GetString() ?? "")];
}
