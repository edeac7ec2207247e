namespace Swarm.Lab.Harness;

/// <summary>One thing that must hold: what was measured, the bound beside it, and whether it held.</summary>
/// <param name="OfTheMachine">A time or a ratio: a busy machine can miss it once. Bytes and yes-or-no are never of the machine.</param>
public sealed record Check(string What, string Measured, string Bound, bool Passed, bool OfTheMachine = false);
