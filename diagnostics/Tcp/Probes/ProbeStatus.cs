namespace Swarm.Diagnostics.Tcp;

/// <summary>A probe as found at the start: there, or absent for a reason.</summary>
public sealed record ProbeStatus(string Name, string Gives, string? AbsentBecause);
