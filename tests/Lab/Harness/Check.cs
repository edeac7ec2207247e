namespace Swarm.Lab.Harness;

/// <summary>One thing that must hold: what was measured, the bound beside it, and whether it held.</summary>
public sealed record Check(string What, string Measured, string Bound, bool Passed);
