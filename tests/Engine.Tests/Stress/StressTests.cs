namespace Swarm.Engine.Tests;

public sealed class StressTests(ITestOutputHelper output)
{
    /// <summary>Within this bound, however slow the machine; each seed is a second or so.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task ClientsPeersAndABreakingOrigin_ReleaseTheTruthAlone_AndGiveEveryBlockBack()
    {
        var since = TimeProvider.System.GetTimestamp();
        long delivered = 0, rejected = 0;
        var seed = 1;
        for (; seed <= 12 && TimeProvider.System.GetElapsedTime(since) < Bound; seed++)
        {
            var stress = new EngineStress(seed);
            await stress.RunAsync(record: null);
            delivered += stress.Delivered;
            rejected += stress.RejectedBytes;
        }

        output.WriteLine($"{seed - 1} seeds, {delivered >> 20} MiB delivered, {rejected >> 10} KiB of lies thrown away");
        Assert.True(rejected > 0, "no lie was met: the test shows little");
    }

    [Fact]
    public async Task RecordedRun_ReplaysToTheIdenticalDecisions()
    {
        var path = Path.Combine(Path.GetTempPath(), $"swarm-stress-{Guid.NewGuid():N}.events");
        try
        {
            await new EngineStress(seed: 100).RunAsync(() => new FileStream(path, FileMode.CreateNew, FileAccess.Write));
            var bytes = await File.ReadAllBytesAsync(path);

            var replay = EventLogReplay.Run(bytes);

            output.WriteLine($"{replay.Events} events, {replay.Decisions} decisions, {replay.Checkpoints} checkpoints, digest {replay.Digest:x16}");
            Assert.Null(replay.Problem);
            Assert.True(replay.Checkpoints > 0 && replay.Decisions >= 20, "the log proves little");
        }
        finally
        {
            File.Delete(path);
        }
    }
}
