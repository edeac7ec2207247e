namespace Swarm.Diagnostics.Analysis;

/// <summary>A verdict with its evidence, its cause in words, and what to do.</summary>
/// <param name="Socket">The sample that showed it; null for a finding about the machine.</param>
public sealed record Finding(
    Verdict Verdict, SocketSample? Socket, string Cause, IReadOnlyList<Measure> Evidence, IReadOnlyList<string> Advice)
{
    public SocketOwner? Owner { get; init; }

    public SocketLabel? Label { get; init; }
}
