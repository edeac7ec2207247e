namespace Swarm.Proxy.Control;

/// <summary>One thing that happened, for the event stream: its <see cref="Type"/> is the SSE event's name.</summary>
/// <param name="Type">Lower-case letters and dashes: <c>receipt</c>, <c>peer-connected</c>, <c>peer-closed</c>, <c>rejected</c>, <c>stall</c>, <c>torrent-added</c>, <c>notice</c>.</param>
/// <param name="Subject">What it happened to: a receipt's id, a peer's address, an infohash.</param>
/// <param name="Detail">One plain sentence or line.</param>
public sealed record NodeEvent(string Type, DateTimeOffset At, string? Subject = null, long? Bytes = null, string? Detail = null);
