namespace Swarm.Diagnostics.Tcp;

/// <summary>What a watch may cost, and how often it sweeps within that.</summary>
/// <param name="ShareOfCore">CPU time a second, of one core.</param>
/// <param name="Shortest">More often shows nothing more: a second without reading is the shortest thing that is judged.</param>
/// <param name="Longest">Less often would miss what the watch is for; where sweeps cost more than this allows, the share shown is above the budget.</param>
public sealed record SweepBudget(double ShareOfCore, TimeSpan Shortest, TimeSpan Longest)
{
    /// <summary>
    /// What the watch's own clock may show: a quarter is left to what it does not see, the runtime and its collections (1.18 % shown were
    /// 1.23 to 1.36 % by the kernel's account, 10,000 sockets).
    /// </summary>
    public double PaceShare => ShareOfCore * 0.75;

    public static SweepBudget Default { get; } = new(0.01, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30));

    /// <summary>A watch of so long sweeps four times at least: most verdicts take two samples, and time between them.</summary>
    public static SweepBudget For(TimeSpan duration) =>
        Default with { Longest = TimeSpan.FromTicks(Math.Clamp(duration.Ticks / 4, TimeSpan.FromSeconds(2).Ticks, Default.Longest.Ticks)) };
}
