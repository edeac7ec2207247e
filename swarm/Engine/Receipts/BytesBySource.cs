using System.Text.Json.Serialization;
using Swarm.Core;

namespace Swarm.Engine.Receipts;

/// <summary>Bytes counted by the kind of source that delivered them.</summary>
public sealed record BytesBySource(
    long Origin = 0,
    long Mirror = 0,
    [property: JsonPropertyName("webseed")] long WebSeed = 0,
    long Peer = 0,
    long Store = 0)
{
    [JsonIgnore]
    public long Total => Origin + Mirror + WebSeed + Peer + Store;

    public long Of(SourceKind kind) => kind switch
    {
        SourceKind.Origin => Origin,
        SourceKind.Mirror => Mirror,
        SourceKind.WebSeed => WebSeed,
        SourceKind.Peer => Peer,
        _ => Store,
    };
}
