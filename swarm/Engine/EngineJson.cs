using System.Text.Json.Serialization;

namespace Swarm.Engine;

/// <summary>Source-generated JSON of what the engine keeps on disk.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredVersion))]
internal sealed partial class EngineJson : JsonSerializerContext;
