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
                var world = new World(Scenarios.Find(name), ulong.Parse(seed, CultureInfo.InvariantCulture), options);
                if (rest.Contains("--trace"))
                {
                    world.OnDecision = (at, d) => Console.WriteLine($"{at / 1000.0,10:F1} ms   {d.Kind} {d.Source} {d.First}+{d.Count}");
                    world.OnEvent = e => Console.WriteLine($"{e.At.Micros / 1000.0,10:F1} ms {e.Kind} {e.Id} {e.A} {e.B} {e.C}");
                }

                Console.WriteLine(League.Row(options.Policy, name, world.Run()));
                var (d2, s2) = world.Replay();
                Console.WriteLine($"replay {(d2 == world.Metrics.DecisionDigest && s2 == world.Metrics.StateDigest ? "identical" : "DIFFERS")}");
                return 0;
            case ["league", ..]:
                League.Print();
                return 0;
            default:
                Console.WriteLine("usage: league | one SCENARIO SEED [POLICY] [--no-hedge] [--trace]");
                return 2;
        }
    }
}
