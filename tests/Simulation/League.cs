using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>Plays every policy in every scenario and prints what the clients saw.</summary>
internal static class League
{
    public static void Print()
    {
        Console.WriteLine(Header);
        foreach (var scenario in Scenarios.All)
        {
            foreach (var policy in SchedulingPolicies.All)
            {
                var world = new World(scenario, 1, SchedulerOptions.Default with { Policy = policy.Name });
                Console.WriteLine(Row(policy.Name, scenario.Name, world.Run()));
            }
        }
    }

    public const string Header = "scenario            policy      startup s (each reader)   stalls  ratio  origin   dup   reqs  hash  neglect s  events";

    public static string Row(string policy, string scenario, Metrics m) =>
        $"{scenario,-19} {policy,-11} {string.Join(' ', m.Readers.Select(r => r.StartupMicros < 0 ? "never" : $"{r.StartupMicros / 1e6:F2}")),-24} {m.Readers.Sum(r => r.Stalls),7} {m.Readers.Max(r => r.StallRatio),6:F3} {m.OriginShare,7:P0} {m.DuplicateShare,6:P1} {m.OriginRequests,5} {m.HashRequests,5} {m.LongestNeglectMicros / 1e6,9:F1} {m.Events,8}"
        + $"{(m.UnverifiedServed > 0 ? " UNVERIFIED!" : "")}{(m.Readers.Exists(r => !r.Complete && r.StartupMicros < 0) ? " INCOMPLETE" : "")} end {m.EndedAtMicros / 1e6:F1}s";
}
