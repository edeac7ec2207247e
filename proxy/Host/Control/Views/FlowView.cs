using System.Text.Json.Serialization;
using Swarm.Engine;

namespace Swarm.Proxy.Control;

/// <summary>One resource close up, the body of <c>GET /api/v1/resources/{id}/flow</c>, <c>swarmstream.flow/1</c>.</summary>
/// <param name="Picture">Which blocks are here and whose they are; letters and digits as in <see cref="ContentPicture"/>.</param>
/// <param name="Readers">Open responses, each with its place in the content.</param>
public sealed record FlowView(string Id, long Length, int BlockBytes, ContentPicture Picture, IReadOnlyList<ReaderSnapshot> Readers)
{
    [JsonPropertyOrder(-1)]
    public string Schema { get; init; } = "swarmstream.flow/1";
}
