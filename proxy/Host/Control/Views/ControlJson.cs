using System.Text.Json.Serialization;
using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Control;

/// <summary>The wire form of the control plane: snake_case names, nulls written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(IReadOnlyList<ResourceView>))]
[JsonSerializable(typeof(IReadOnlyList<PeerView>))]
[JsonSerializable(typeof(IReadOnlyList<TorrentView>))]
[JsonSerializable(typeof(IReadOnlyList<ReceiptView>))]
[JsonSerializable(typeof(TorrentView))]
[JsonSerializable(typeof(CapabilityRequest))]
[JsonSerializable(typeof(CapabilityView))]
[JsonSerializable(typeof(PlayheadReport))]
[JsonSerializable(typeof(FlowView))]
[JsonSerializable(typeof(ShareRequest))]
[JsonSerializable(typeof(NodeEvent))]
[JsonSerializable(typeof(PurgeResult))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(RuntimeFile))]
internal sealed partial class ControlJson : JsonSerializerContext;
