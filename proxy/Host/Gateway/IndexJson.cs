using System.Text.Json.Serialization;

namespace Swarm.Proxy.Gateway;

/// <summary>Writes a link as a JSON string.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class IndexJson : JsonSerializerContext;
