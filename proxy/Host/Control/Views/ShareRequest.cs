namespace Swarm.Proxy.Control;

/// <summary>The body of <c>POST /api/v1/share</c>.</summary>
/// <param name="Share"><c>off</c>, <c>reading</c> or <c>seed</c>.</param>
public sealed record ShareRequest(string? Share = null);
