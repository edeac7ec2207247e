using System.Text.Json.Serialization;

namespace Swarm.Engine.Receipts;

/// <summary>The receipt's wire form: snake_case names, nulls written, one line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ReceiptView))]
[JsonSerializable(typeof(IReadOnlyList<ReceiptView>))]
public sealed partial class ReceiptJson : JsonSerializerContext;
