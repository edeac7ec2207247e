namespace Swarm.Diagnostics.Analysis;

/// <summary>The process that holds a socket.</summary>
public sealed record SocketOwner(int ProcessId, string Name);
