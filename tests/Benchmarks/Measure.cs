using System.Diagnostics;

namespace Swarm.Benchmarks;

/// <summary>Two pieces of work measured in turn (A B A B …), so that what disturbs the machine disturbs both. Medians, not means.</summary>
internal static class Measure
{
    private const int Rounds = 15;

    /// <summary>Median of the work's time over the reference's, round by round.</summary>
    public static double Ratio(Action work, Action reference)
    {
        work();
        reference();
        var ratios = new double[Rounds];
        for (var i = 0; i < Rounds; i++)
        {
            ratios[i] = (double)Ticks(work) / Math.Max(1, Ticks(reference));
        }

        return Median(ratios);
    }

    private static long Ticks(Action work)
    {
        var since = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetTimestamp() - since;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
