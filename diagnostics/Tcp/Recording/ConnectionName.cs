using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Whose a connection is: the process that holds it, and what that process says of it.</summary>
public readonly record struct ConnectionName(SocketKey Key, SocketOwner? Owner, SocketLabel? Label);
