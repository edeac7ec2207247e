using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>What holds about a connection of the program that asks, from now on.</summary>
/// <param name="Socket">As it was last read; of several, the one that holds most.</param>
/// <param name="Verdicts">None: what was found before is over.</param>
/// <param name="IsAgain">It was told before, and still holds.</param>
/// <param name="ToldMicros">When that was, on the clock of the samples.</param>
public sealed record OwnFinding(SocketLabel Label, SocketSample Socket, IReadOnlyList<Verdict> Verdicts, bool IsAgain = false, long ToldMicros = 0)
{
    /// <summary>A bit for each verdict, by its number.</summary>
    public int Bits => Verdicts.Aggregate(0, static (bits, verdict) => bits | (1 << (int)verdict));

    /// <summary>Both as one: the larger connection, and the verdicts of the two.</summary>
    internal OwnFinding With(OwnFinding other) =>
        (Socket.RmemAllocBytes >= other.Socket.RmemAllocBytes ? this : other) with { Verdicts = [.. Verdicts.Union(other.Verdicts).Order()] };
}
