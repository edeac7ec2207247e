namespace Swarm.Diagnostics.Tcp;

/// <summary>What a watch may cost, and how often it sweeps within that.</summary>
/// <param name="ShareOfCore">CPU time a second, of one core.</param>
/// <param name="Shortest">More often shows nothing more: a second without reading is the shortest thing that is judged.</param>
/// <param name="Longest">Less often would miss what the watch is for; where sweeps cost more than this allows, the share shown is above the budget.</param>
public sealed record SweepBudget(double ShareOfCore, TimeSpan Shortest, TimeSpan Longest)
{
    /// <summary>
    /// What the watch's own clock may show where a program does other work too: a quarter is left to what that clock does not see, the
    /// runtime and its collections (1.18 % shown were 1.23 to 1.36 % by the kernel's account, 10,000 sockets).
    /// </summary>
    public double PaceShare => ShareOfCore * 0.75;

    /// <summary>Over this time the start of a program is charged to its watch: runtime, compiled code, first sweeps.</summary>
    private static readonly TimeSpan StartSpread = TimeSpan.FromMinutes(1);

    /// <summary>Of the budget of that time a start takes half at most: a slow one shall not leave its watch blind.</summary>
    private const double StartShare = 0.5;

    /// <summary>
    /// For a program that does nothing but watch: how long until the next sweep keeps all that the kernel charged it for within the budget.
    /// </summary>
    /// <param name="spent">CPU time of the process, all of it.</param>
    /// <param name="start">What of it the start took.</param>
    /// <param name="elapsed">Since the watch began.</param>
    /// <param name="next">What the sweep will take.</param>
    /// <returns>Negative when it is overdue.</returns>
    public TimeSpan UntilPaid(TimeSpan spent, TimeSpan start, TimeSpan elapsed, TimeSpan next)
    {
        var charged = start < StartSpread * (ShareOfCore * StartShare) ? start : StartSpread * (ShareOfCore * StartShare);
        var due = spent - start + (charged * Math.Min(1, elapsed / StartSpread)) + next;
        return (due / ShareOfCore) - elapsed;
    }

    public static SweepBudget Default { get; } = new(0.01, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30));

    /// <summary>A watch of so long sweeps four times at least: most verdicts take two samples, and time between them.</summary>
    public static SweepBudget For(TimeSpan duration) =>
        Default with { Longest = TimeSpan.FromTicks(Math.Clamp(duration.Ticks / 4, TimeSpan.FromSeconds(2).Ticks, Default.Longest.Ticks)) };
}
