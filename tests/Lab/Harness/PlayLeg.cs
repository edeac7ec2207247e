namespace Swarm.Lab.Harness;

/// <summary>One stretch of watching: from a place in the film, for so many seconds of media (to the end if null).</summary>
public sealed record PlayLeg(double FromFraction, double? Seconds = null)
{
    public static readonly PlayLeg Whole = new(0);
}
