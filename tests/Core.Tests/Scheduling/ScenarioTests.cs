using Swarm.Simulation;

namespace Swarm.Core.Tests.Scheduling;

/// <summary>The named worlds of the league, one run each: invariants, and replay of the log.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. Scenarios.All.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Scenario_Played_KeepsInvariantsAndReplays(string name)
    {
        var world = new World(Scenarios.Find(name), 1);
        var m = world.Run();
        Assert.Equal(0, m.UnverifiedServed);
        Assert.All(m.Readers, r => Assert.True(r.Complete || r.StartupMicros >= 0, $"reproduce: dotnet run --project tests/Simulation -- one \"{name}\" 1"));
        Assert.Equal((m.DecisionDigest, m.StateDigest), world.Replay());
    }
}
