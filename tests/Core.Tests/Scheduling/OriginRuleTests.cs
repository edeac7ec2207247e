namespace Swarm.Core.Tests.Scheduling;

/// <summary>The rules for the origin, one by one.</summary>
public sealed class OriginRuleTests
{
    private const int Origin = 100;

    [Fact]
    public void FirstRequest_AlreadyARun_IsLeftAlone()
    {
        var s = Script.OneFile();
        Assert.Empty(s.Step(EventKind.SourceJoined, Origin, (int)SourceKind.Origin, 0, 50_000));
        Assert.Empty(s.Step(EventKind.RunStarted, Origin, 0, 1024, 70_000));
        Assert.Empty(s.Step(EventKind.SourceHas, Origin, 0, 1024));
        Assert.Empty(s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB));
        for (var b = 0; b < 1024; b++)
        {
            s.NowMicros += 10_000;
            Assert.Empty(s.Step(EventKind.Progress, Origin, b, 8000));
            Assert.Empty(s.Step(EventKind.Admitted, Origin, b));
            Assert.Empty(s.Step(EventKind.ReaderAdvanced, 1, 0, (b + 1) * 16384, 1));
        }
    }

    [Fact]
    public void NoPeerAndNoRun_ReaderOpened_OneOpenEndedRunIsAskedFor()
    {
        var s = WithOrigin();
        var asked = Assert.Single(s.Step(EventKind.ReaderOpened, 1, 0, 100_000, 9_000_000));
        Assert.Equal((DecisionKind.Request, Origin, 6, 550 - 6), (asked.Kind, asked.Source, asked.First, asked.Count));
    }

    [Fact]
    public void Run_LongStretchInTheStore_EndsThereAndGoesOnBehind()
    {
        var s = WithOrigin();
        s.Step(EventKind.Admitted, -1, 200, 100);
        var asked = Assert.Single(s.Step(EventKind.ReaderOpened, 1, (int)ReaderHint.Bulk, 0, 16 * Script.MiB));
        Assert.Equal((0, 200), (asked.First, asked.Count));
        s.Step(EventKind.RunStarted, Origin, 0, 200, 70_000);
        s.Step(EventKind.Admitted, Origin, 0, 200);
        asked = Assert.Single(s.Step(EventKind.RunEnded, Origin, 200, (long)RunEnd.Complete));
        Assert.Equal((300, 724), (asked.First, asked.Count));
    }

    [Fact]
    public void Held_OriginIsNotAsked_UntilItIsFreeAgain()
    {
        var s = WithOrigin();
        s.Step(EventKind.OriginHeld, Origin, 0, s.NowMicros + 1_000_000);
        Assert.Empty(s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB));
        Assert.Empty(s.Wait(900_000));
        Assert.Single(s.Wait(400_000), d => d.Kind == DecisionKind.Request);
    }

    [Fact]
    public void Failed_RunIsAskedAgain_AfterABackOffThatDoubles()
    {
        var s = WithOrigin();
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        var times = new List<long>();
        for (var i = 0; i < 4; i++)
        {
            var failedAt = s.NowMicros;
            Assert.Empty(s.Step(EventKind.RunEnded, Origin, 0, (long)RunEnd.Failed));
            while (!s.Wait(50_000).Any(d => d.Kind == DecisionKind.Request))
            {
                Assert.True(s.NowMicros - failedAt < 10_000_000);
            }

            times.Add(s.NowMicros - failedAt);
        }

        Assert.Equal([500_000, 1_000_000, 2_000_000, 4_000_000], times);
    }

    [Fact]
    public void ReaderCloses_ItsRun_IsCancelledAtTheBlockUnderWay()
    {
        var s = Running();
        var cancel = Assert.Single(s.Step(EventKind.ReaderClosed, 1));
        Assert.Equal((DecisionKind.Cancel, Origin, 5), (cancel.Kind, cancel.Source, cancel.First));
    }

    [Fact]
    public void Peers_JoinBesideARun_WorkBehindItsClaim()
    {
        var s = Running();
        s.Step(EventKind.HashesKnown, -1, 0, 1024);
        var probe = Assert.Single(Script.Blocks(s.Peer(1), DecisionKind.Request, 1));
        Assert.InRange(probe, 60, 200);
        s.NowMicros += 60_000;
        var asked = Script.Blocks(s.Deliver(1, probe), DecisionKind.Request, 1).ToArray();
        Assert.NotEmpty(asked);
        Assert.All(asked, b => Assert.True(b > 20));
    }

    [Fact]
    public void Grant_NoOriginRuns_NothingIsAskedOfIt()
    {
        var s = WithOrigin();
        s.Step(EventKind.Grant, -1, (int)GrantKind.OriginRuns, 0);
        Assert.Empty(s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB));
    }

    private static Script WithOrigin()
    {
        var s = Script.OneFile();
        s.Step(EventKind.SourceJoined, Origin, (int)SourceKind.Origin, 0, 50_000);
        s.Step(EventKind.SourceHas, Origin, 0, 1024);
        return s;
    }

    private static Script Running()
    {
        var s = Script.OneFile();
        s.Step(EventKind.SourceJoined, Origin, (int)SourceKind.Origin, 0, 50_000);
        s.Step(EventKind.RunStarted, Origin, 0, 1024, 70_000);
        s.Step(EventKind.SourceHas, Origin, 0, 1024);
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        for (var b = 0; b < 5; b++)
        {
            s.NowMicros += 20_000;
            s.Step(EventKind.Admitted, Origin, b);
        }

        return s;
    }
}
