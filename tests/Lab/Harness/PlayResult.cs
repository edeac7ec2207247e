namespace Swarm.Lab.Harness;

/// <summary>A whole session of watching: its legs in order.</summary>
public sealed record PlayResult(IReadOnlyList<LegResult> Legs)
{
    public LegResult First => Legs[0];

    public int Stalls => Legs.Sum(l => l.Stalls);

    public double StalledSeconds => Legs.Sum(l => l.StalledSeconds);

    public long Bytes => Legs.Sum(l => l.Bytes);

    public long WrongBytes => Legs.Sum(l => l.WrongBytes);

    public int Resumes => Legs.Sum(l => l.Resumes);
}
