using Swarm.Simulation;

namespace Swarm.Core.Tests.Scheduling;

/// <summary>Drawn worlds: every seed keeps every invariant and replays. A failure names the command that shows it again.</summary>
public sealed class SeedTests
{
    private const int Shards = 4;
    private const ulong SeedsPerShard = 75;

    public static TheoryData<int> All => [.. Enumerable.Range(0, Shards)];

    [Theory]
    [MemberData(nameof(All))]
    public void Seeds_Played_KeepEveryInvariant(int shard)
    {
        var broken = new List<string>();
        for (ulong i = 0; i < SeedsPerShard; i++)
        {
            if (Verdict.OfSeed(1 + i + ((ulong)shard * SeedsPerShard)) is { } verdict)
            {
                broken.Add(verdict);
            }
        }

        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    [Fact]
    public void Verdict_ReaderThatNobodyServes_SaysSoAndHowToReproduce()
    {
        var scenario = new Scenario("nobody", 1 << 20, 1 << 18, [new PeerPlan(100_000, 20_000, Quirks.Mute)], null, [new ReaderPlan(0, 0, 1 << 20, 0)])
        {
            EndsAtMicros = 10_000_000,
        };
        var world = new World(scenario, 1);
        var verdict = Verdict.Of(world, world.Run(), "one nobody 1");
        Assert.Contains("never got all its bytes", verdict, StringComparison.Ordinal);
        Assert.Contains("dotnet run --project tests/Simulation -- one nobody 1", verdict, StringComparison.Ordinal);
    }
}
