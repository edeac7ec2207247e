using System.Text.Json.Serialization;

namespace Swarm.Proxy.Seeding;

/// <summary>What is kept of a hashed file over a restart, beside its hashes.</summary>
/// <param name="Path">Relative to the root, slash-separated.</param>
/// <param name="Stamp">Of the file as it was hashed.</param>
/// <param name="Infohash">What its torrent is known by: the hashes kept must give it again.</param>
internal sealed record SiteRecord(string Path, FileStamp Stamp, int PieceBytes, string Infohash);

/// <summary>The record's form on the disk.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SiteRecord))]
internal sealed partial class SiteRecordJson : JsonSerializerContext;
