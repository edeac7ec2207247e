using Swarm.Simulation;

namespace Swarm.Core.Tests.Scheduling;

/// <summary>The named worlds of the league: invariants, thresholds, and the negative controls that show what the thresholds can tell.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. Scenarios.All.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Scenario_Played_KeepsInvariantsAndReplays(string name)
    {
        var world = new World(Scenarios.Find(name), 1);
        Assert.Null(Verdict.Of(world, world.Run(), $"one \"{name}\" 1"));
    }

    [Theory]
    [InlineData("homogeneous")]
    [InlineData("heterogeneous")]
    [InlineData("loris+mute")]
    [InlineData("liar")]
    [InlineData("goes mute")]
    [InlineData("chokers")]
    [InlineData("churn")]
    [InlineData("partial seeds")]
    [InlineData("seed mode")]
    [InlineData("origin alone")]
    [InlineData("origin+2 seeds")]
    [InlineData("origin+weak swarm")]
    [InlineData("origin+mute peers")]
    [InlineData("origin fails")]
    [InlineData("swarm vanishes")]
    public void Play_StartupAndSeek_WithinOneAndAHalfBoundsWithoutStall(string name)
    {
        var scenario = Scenarios.Find(name);
        var metrics = new World(scenario, 1).Run();
        for (var i = 0; i < metrics.Readers.Count; i++)
        {
            var bound = League.BoundMicros(scenario, i);
            var startup = metrics.Readers[i].StartupMicros;
            Assert.True(startup >= 0 && startup <= bound * 3 / 2, $"{name}: reader {i} starts after {startup} µs, the bound is {bound} µs");
            Assert.Equal(0, metrics.Readers[i].Stalls);
        }

        Assert.InRange(metrics.DuplicateShare, 0, 0.03);
    }

    [Fact]
    public void Sequential_WithALorisAndAMutePeer_StallsWhereDeadlineDoesNot()
    {
        var scenario = Scenarios.Find("loris+mute");
        var naive = new World(scenario, 1, SchedulerOptions.Default with { Policy = "sequential" }).Run();
        var ours = new World(scenario, 1).Run();
        Assert.Contains(naive.Readers, r => r.StartupMicros < 0 || r.Stalls > 0);
        Assert.All(ours.Readers, r => Assert.True(r.StartupMicros > 0 && r.Stalls == 0));
    }

    [Fact]
    public void Hedging_LorisAndMutePeer_WithoutItTheSeekStalls()
    {
        var scenario = Scenarios.Find("loris+mute");
        var with = new World(scenario, 1).Run();
        var without = new World(scenario, 1, SchedulerOptions.Default with { Hedging = false }).Run();
        Assert.Equal(0, with.Readers.Sum(r => r.Stalls));
        Assert.NotEqual(0, without.Readers.Sum(r => r.Stalls));
        Assert.True(without.Readers[1].StartupMicros > 2 * with.Readers[1].StartupMicros);
    }

    [Fact]
    public void Origin_TwoSeedsEachAboveTheBitrate_DeliversAtMostAQuarter()
    {
        var metrics = new World(Scenarios.Find("origin+2 seeds"), 1).Run();
        Assert.InRange(metrics.OriginShare, 0.0001, 0.25);
        Assert.InRange(metrics.OriginRequests, 1, 2);
    }

    [Fact]
    public void Origin_WithoutPeers_IsAskedExactlyOnceAndCostsNoDecisions()
    {
        var metrics = new World(Scenarios.Find("origin alone"), 1).Run();
        Assert.Equal(1, metrics.OriginRequests);
        Assert.Equal(0, metrics.DuplicateBytes);
        Assert.Equal(0, metrics.Decisions);
    }

    [Fact]
    public void Origin_SwarmVanishes_TakesEverythingAgainWithoutStall()
    {
        var metrics = new World(Scenarios.Find("swarm vanishes"), 1).Run();
        Assert.True(metrics.Readers[0].Complete);
        Assert.Equal(0, metrics.Readers[0].Stalls);
        Assert.InRange(metrics.OriginShare, 0.3, 0.9);
    }

    [Fact]
    public void Hedging_EverySourceSlowsTogether_DoesNotDuplicate()
    {
        var metrics = new World(Scenarios.Find("thin downlink"), 1).Run();
        Assert.InRange(metrics.DuplicateShare, 0, 0.005);
    }
}
