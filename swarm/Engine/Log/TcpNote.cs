using Swarm.Core;

namespace Swarm.Engine;

/// <summary>What TCP held for a connection of this node when what is wrong with it changed, or lasts; for the event logs of the swarms it serves.</summary>
/// <param name="Source">What is at its other end; null for a client.</param>
/// <param name="Name">The peer's address and port, the origin's host and port, or the URL a client asked for, without its query.</param>
/// <param name="Verdicts">A bit for each verdict that holds.</param>
public readonly record struct TcpNote(SourceKind? Source, string Name, int Verdicts, long RmemAllocBytes, long RcvbufBytes, long PayloadBytes)
{
    /// <summary>The event of it, in the words of <see cref="EventKind.TcpFound"/>.</summary>
    internal void PostTo(SwarmLoop loop, int source) =>
        loop.Post(EventKind.TcpFound, source, Verdicts, (uint)Math.Min(RmemAllocBytes, uint.MaxValue) | (Math.Min(RcvbufBytes, int.MaxValue) << 32), PayloadBytes);
}
