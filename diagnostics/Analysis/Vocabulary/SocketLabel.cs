namespace Swarm.Diagnostics.Analysis;

/// <summary>What a program says of a connection of its own.</summary>
/// <param name="Role"><see cref="Client"/>, <see cref="Origin"/> or <see cref="Peer"/>.</param>
/// <param name="Subject">A URL, or a swarm; empty when there is none to name yet.</param>
public sealed record SocketLabel(string Role, string Subject)
{
    public const string Client = "client";
    public const string Origin = "origin";
    public const string Peer = "peer";
}
