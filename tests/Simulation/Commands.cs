using System.Globalization;
using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>The verbs of the program.</summary>
internal static class Commands
{
    public static int Run(string[] args)
    {
        switch (args)
        {
            case ["one", var name, var seed, .. var rest]:
                var options = SchedulerOptions.Default with { Policy = rest.FirstOrDefault(a => a[0] != '-') ?? "deadline", Hedging = !rest.Contains("--no-hedge") };
                var number = ulong.Parse(seed, CultureInfo.InvariantCulture);
                var scenario = name == "seed" ? Generator.Make(number) : Scenarios.Find(name);
                var world = new World(scenario, number, options);
                if (rest.Contains("--trace"))
                {
                    world.OnDecision = (at, d) => Console.WriteLine($"{at / 1000.0,10:F1} ms   {d.Kind} {d.Source} {d.First}+{d.Count}");
                    world.OnEvent = e => Console.WriteLine($"{e.At.Micros / 1000.0,10:F1} ms {e.Kind} {e.Id} {e.A} {e.B} {e.C}");
                }

                Console.WriteLine(League.Row(options.Policy, scenario, world.Run()));
                var (d2, s2) = world.Replay();
                Console.WriteLine($"replay {(d2 == world.Metrics.DecisionDigest && s2 == world.Metrics.StateDigest ? "identical" : "DIFFERS")}");
                return 0;
            case ["--seed", var from, .. var more]:
                return Seeds(ulong.Parse(from, CultureInfo.InvariantCulture), more is [var count, ..] ? ulong.Parse(count, CultureInfo.InvariantCulture) : 1);
            case ["bench", ..]:
                foreach (var (sources, blocks) in new[] { (5, 10_000), (50, 10_000), (50, 100_000), (200, 100_000) })
                {
                    var bench = new Bench(sources, blocks);
                    bench.Run(20_000);
                    bench.Reset();
                    bench.Run(150_000);
                    var (median, p99) = bench.Nanos();
                    Console.WriteLine($"{sources,4} sources {blocks,7} blocks {bench.Events,7} events: median {median,6:F0} ns  p99 {p99,7:F0} ns  allocated {bench.AllocatedBytes} B");
                }

                return 0;
            case ["league", ..]:
                League.Print();
                return 0;
            case ["crowd", .. var words]:
                var only = words.FirstOrDefault(w => !char.IsAsciiDigit(w[0])) ?? "";
                var runs = words.FirstOrDefault(w => char.IsAsciiDigit(w[0])) is { } n ? int.Parse(n, CultureInfo.InvariantCulture) : 3;
                CrowdTable.Print(only, runs);
                return 0;
            default:
                Console.WriteLine("usage: league | crowd [NAME] [SEEDS] | bench | --seed N [COUNT] | one SCENARIO SEED [POLICY] [--no-hedge] [--trace]");
                return 2;
        }
    }

    private static int Seeds(ulong from, ulong count)
    {
        var broken = 0;
        for (var seed = from; seed < from + count; seed++)
        {
            if (Verdict.OfSeed(seed) is { } verdict)
            {
                Console.WriteLine($"seed {seed}: {verdict}");
                broken++;
            }
        }

        Console.WriteLine($"{count} seeds, {broken} broken");
        return broken == 0 ? 0 : 1;
    }
}
