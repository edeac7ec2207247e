using System.Text.Json;
using System.Text.Json.Serialization;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary>What <c>FILE.part.json</c> says of <c>FILE.part</c>: which version its bytes belong to, how many are on the disk for sure, and their hash.</summary>
/// <param name="Source">The URL, or <c>torrent:INFOHASH/PATH</c>.</param>
/// <param name="Tag">The strong entity tag of the version.</param>
internal sealed record PartRecord(string Source, string Tag, long Bytes, string Sha256)
{
    public static PartRecord? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), PartJson.Default.PartRecord) is { Source: not null, Tag: not null, Sha256: not null, Bytes: > 0 } record ? record : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Write(string path) => PrivateFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, PartJson.Default.PartRecord));
}

/// <summary>The record's wire form.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PartRecord))]
internal sealed partial class PartJson : JsonSerializerContext;
