using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>What holds about a connection of the program that asks, from now on.</summary>
/// <param name="Socket">As it was last read.</param>
/// <param name="Verdicts">None: what was found before is over.</param>
/// <param name="IsAgain">It was told before, and still holds.</param>
public sealed record OwnFinding(SocketLabel Label, SocketSample Socket, IReadOnlyList<Verdict> Verdicts, bool IsAgain = false)
{
    /// <summary>A bit for each verdict, by its number.</summary>
    public int Bits => Verdicts.Aggregate(0, static (bits, verdict) => bits | (1 << (int)verdict));
}
