namespace Swarm.Diagnostics.Analysis;

/// <summary>What a program says of a connection of its own.</summary>
/// <param name="Role">client, origin or peer.</param>
/// <param name="Subject">A URL, or a swarm; empty when there is none to name yet.</param>
public sealed record SocketLabel(string Role, string Subject);
