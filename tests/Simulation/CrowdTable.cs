namespace Swarm.Simulation;

/// <summary>Plays every crowd with and without claims and prints what the viewers saw.</summary>
public static class CrowdTable
{
    public const string Header =
        "crowd                   nodes    startup s p50 / max   stall mean / worst   origin x   dup    msg/s/viewer   replay";

    /// <param name="only">Words a crowd's name has to begin with; empty for all.</param>
    public static void Print(string only, int seeds, ulong firstSeed = 1)
    {
        Console.WriteLine(Header);
        foreach (var scenario in CrowdScenario.All.Where(s => s.Name.StartsWith(only, StringComparison.Ordinal)))
        {
            foreach (var crowd in new[] { true, false })
            {
                var runs = Enumerable.Range(0, seeds).Select(i => new CrowdWorld(scenario, firstSeed + (ulong)i, crowd).Run()).ToList();
                Console.WriteLine(Row(scenario, crowd, runs));
            }
        }
    }

    /// <summary>Medians over runs; the worst viewer of the worst run beside the mean stall.</summary>
    public static string Row(CrowdScenario scenario, bool crowd, IReadOnlyList<CrowdMetrics> runs)
    {
        double Median(Func<CrowdMetrics, double> of) => runs.Select(of).Order().ElementAt(runs.Count / 2);
        var middle = Median(r => r.StartupSeconds.ElementAt(r.Viewers.Count / 2));
        var slowest = Median(r => r.StartupSeconds.Last());
        var mean = Median(r => r.StallRatios.Average());
        var worst = runs.Max(r => r.StallRatios.Max());
        return $"{scenario.Name,-23} {(crowd ? "claims" : "none"),-8} {middle,10:F2} / {slowest,-8:F2} {mean,12:F3} / {worst,-6:F3} "
            + $"{Median(r => r.OriginMultiple),9:F2} {Median(r => r.DuplicateShare),6:P1} {Median(r => r.MessagesPerSecondAndViewer),12:F0}   "
            + (runs.All(r => r.Replays) ? "identical" : "DIFFERS") + (runs.Any(r => r.UnverifiedServed > 0) ? " UNVERIFIED" : "");
    }
}
