namespace Swarm.Diagnostics.Tcp;

/// <summary>A probe as found at the start: there, or absent for a reason.</summary>
public sealed record ProbeStatus(string Name, string Gives, string? AbsentBecause)
{
    /// <summary>What would bring it; null where it is there, or where nothing would.</summary>
    public string? Fix { get; init; }
}
