using System.Text.Json.Serialization;
using Swarm.Engine;

namespace Swarm.Proxy.Control;

/// <summary>One resource close up, the body of <c>GET /api/v1/resources/{id}/flow</c>, <c>swarmstream.flow/1</c>.</summary>
/// <param name="Picture">Which blocks are here and whose they are; letters and digits as in <see cref="ContentPicture"/>.</param>
/// <param name="Availability">A digit a cell of the picture: connected peers that have it, 9 for more; null without a swarm.</param>
/// <param name="Readers">Open responses, each with its place in the content.</param>
/// <param name="Players">What players said of themselves in the last seconds.</param>
public sealed record FlowView(
    string Id, long Length, int BlockBytes, ContentPicture Picture, string? Availability, IReadOnlyList<ReaderSnapshot> Readers, IReadOnlyList<PlayerView> Players)
{
    [JsonPropertyOrder(-1)]
    public string Schema { get; init; } = "swarmstream.flow/1";
}
