using System.Text.Json.Serialization;

namespace Swarm.Proxy.Demo;

/// <summary>The wire form of the demo's page.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DemoStatus))]
[JsonSerializable(typeof(DemoPlayer))]
internal sealed partial class DemoJson : JsonSerializerContext;
