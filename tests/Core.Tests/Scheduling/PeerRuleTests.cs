namespace Swarm.Core.Tests.Scheduling;

/// <summary>The rules for peers, one by one, by hand.</summary>
public sealed class PeerRuleTests
{
    [Fact]
    public void Unproven_NothingElseThereAndAReaderWaits_TwoGetTheHeadAndTheThirdATail()
    {
        var s = Script.OneFile();
        s.Step(EventKind.HashesKnown, -1, 0, 1024);
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        Assert.Equal([0], Script.Blocks(s.Peer(1), DecisionKind.Request, 1));
        Assert.Equal([0], Script.Blocks(s.Peer(2), DecisionKind.Request, 2));
        var third = Assert.Single(Script.Blocks(s.Peer(3), DecisionKind.Request, 3));
        Assert.InRange(third, 60, 128);
    }

    [Fact]
    public void Unproven_BesideAProvenOne_GetsExactlyOneTailBlock()
    {
        var s = Proven();
        var asked = Script.Blocks(s.Peer(2), DecisionKind.Request, 2).ToArray();
        Assert.InRange(Assert.Single(asked), 20, 200);
        Assert.Empty(Script.Blocks(s.Wait(300_000), DecisionKind.Request, 2));
    }

    [Fact]
    public void Head_AdmittedFromOneOfTwo_CancelsTheLoser()
    {
        var s = Script.OneFile();
        s.Step(EventKind.HashesKnown, -1, 0, 1024);
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        s.Peer(1);
        s.Peer(2);
        s.NowMicros += 60_000;
        Assert.Equal([0], Script.Blocks(s.Deliver(1, 0), DecisionKind.Cancel, 2));
    }

    [Fact]
    public void Proven_QueueDepth_IsRateTimesRoundTripAndAThird()
    {
        var s = Proven(); // 16 KiB in 20 ms after a 40 ms round trip: 819 kB/s
        var outstanding = s.Asked.Count;
        Assert.InRange(outstanding, 15, 24); // 819 200 × (0.04 + 0.35) / 16384 + 1 = 20.5
        Assert.Equal(Enumerable.Range(1, outstanding), s.Asked.Order());
    }

    [Fact]
    public void Reqq_SmallerThanTheDepth_IsHonoured()
    {
        var s = Script.OneFile();
        s.Step(EventKind.HashesKnown, -1, 0, 1024);
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        s.Step(EventKind.SourceJoined, 1, (int)SourceKind.Peer, 3, 40_000);
        s.Step(EventKind.SourceHas, 1, 0, 1024);
        s.Step(EventKind.Unchoked, 1);
        s.NowMicros += 45_000;
        Assert.Equal(3, Script.Blocks(s.Deliver(1, 0), DecisionKind.Request, 1).Count());
    }

    [Fact]
    public void Choked_NoFastExtension_BlocksGoToAnother()
    {
        var s = Proven();
        var held = s.Asked.ToHashSet();
        s.Peer(2);
        s.NowMicros += 60_000;
        var taken = new HashSet<int>();
        taken.UnionWith(Script.Blocks(s.Step(EventKind.Choked, 1, 0, 0, 1), DecisionKind.Request, 2));
        Assert.Empty(taken); // the second is unproven and holds its one block
        var probe = s.Probe(2);
        taken.UnionWith(Script.Blocks(s.Deliver(2, probe), DecisionKind.Request, 2));
        Assert.Contains(1, taken);
        Assert.Subset(held.Concat(Enumerable.Range(0, 400)).ToHashSet(), taken);
    }

    [Fact]
    public void AllowedFast_WhileChoking_IsAskedForThoseBlocksOnly()
    {
        var s = Script.OneFile();
        s.Step(EventKind.HashesKnown, -1, 0, 1024);
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        s.Step(EventKind.SourceJoined, 1, (int)SourceKind.Peer, 100, 40_000);
        s.Step(EventKind.SourceHas, 1, 0, 1024);
        Assert.Equal([0], Script.Blocks(s.Step(EventKind.AllowedFast, 1, 0, 4), DecisionKind.Request, 1));
        s.NowMicros += 60_000;
        Assert.Equal([1, 2, 3], Script.Blocks(s.Deliver(1, 0), DecisionKind.Request, 1));
    }

    [Fact]
    public void Rejected_SameSource_IsNotAskedAgainAtOnceButLater()
    {
        var s = Proven();
        var again = Script.Blocks(s.Step(EventKind.Rejected, 1, 1, 1), DecisionKind.Request, 1).Concat(Script.Blocks(s.Wait(500_000), DecisionKind.Request, 1));
        Assert.DoesNotContain(1, again);
        for (var i = 0; i < 60; i++)
        {
            s.NowMicros += 20_000;
            s.DeliverPending(1, s.PendingOf(1).First());
            s.Step(EventKind.Wake, -1);
        }

        Assert.Contains(1, s.Delivered);
    }

    [Fact]
    public void Corrupt_ByAPeer_BansItAndItsBlocksAreWantedAgain()
    {
        var s = Proven();
        s.Peer(2);
        s.Deliver(2, s.Probe(2));
        s.Step(EventKind.Arrived, 1, 1, 16384);
        var after = s.Step(EventKind.Corrupt, 1, 1);
        Assert.Contains(after, d => d.Kind == DecisionKind.Ban && d.Source == 1 && d.First == 1);
        Assert.Contains(1, Script.Blocks(after.Concat(s.Wait(400_000)), DecisionKind.Request, 2));
        Assert.Empty(Script.Blocks(s.Wait(3_000_000), DecisionKind.Request, 1));
    }

    [Fact]
    public void Mute_AfterItsFirstBlock_GivesEverythingBackAndIsProbedOnlyLater()
    {
        var s = Proven();
        var back = s.Wait(4_000_000);
        var cancelled = Script.Blocks(back, DecisionKind.Cancel, 1).ToHashSet();
        Assert.Superset(s.Asked.ToHashSet(), cancelled);
        Assert.True(Script.Blocks(back, DecisionKind.Request, 1).Count() <= 2);
    }

    [Fact]
    public void Drip_HoldingTheHead_LosesItToAnotherOnEvidence()
    {
        var s = Proven();
        s.Peer(2);
        s.NowMicros += 60_000;
        s.Deliver(2, s.Probe(2));
        var head = 1;
        var hedged = new List<int>();
        for (var bytes = 256; bytes < 8000 && !hedged.Contains(head); bytes += 200)
        {
            s.Step(EventKind.Progress, 1, head, bytes); // 4 kB/s: never silent, never in time
            hedged.AddRange(Script.Blocks(s.Wait(50_000), DecisionKind.Request, 2));
            foreach (var block in s.PendingOf(2).ToArray())
            {
                s.DeliverPending(2, block);
            }
        }

        Assert.Contains(head, hedged);
    }

    [Fact]
    public void Seek_Elsewhere_TakesBackWhatIsNotUnderWayAndAsksForTheNewHead()
    {
        var s = Proven();
        s.NowMicros += 1000;
        var closed = s.Step(EventKind.ReaderClosed, 1);
        var kept = s.Asked.Except(Script.Blocks(closed, DecisionKind.Cancel, 1)).ToArray();
        Assert.InRange(kept.Length, 1, 4); // one round trip's worth is on its way
        Assert.Equal(kept, s.Asked.Order().Take(kept.Length));
        var opened = s.Step(EventKind.ReaderOpened, 2, 0, 8 * Script.MiB, 16 * Script.MiB);
        Assert.Equal(512, Script.Blocks(opened, DecisionKind.Request, 1).First());
    }

    [Theory]
    [InlineData(SourceKind.WebSeed)]
    [InlineData(SourceKind.Mirror)]
    public void HttpSource_Proven_IsAskedForContiguousRuns(SourceKind kind)
    {
        var s = Script.OneFile();
        s.Step(EventKind.HashesKnown, -1, 0, 1024);
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        s.Step(EventKind.SourceJoined, 1, (int)kind, 0, 40_000);
        Assert.Equal([0], Script.Blocks(s.Step(EventKind.SourceHas, 1, 0, 1024), DecisionKind.Request, 1));
        s.NowMicros += 60_000;
        var run = Assert.Single(s.Deliver(1, 0), d => d.Kind == DecisionKind.Request);
        Assert.Equal(1, run.First);
        Assert.InRange(run.Count, 16, 48);
    }

    [Fact]
    public void TwoBulkReaders_Equals_ProgressAlike()
    {
        var s = new ProvenScript(hint: ReaderHint.Bulk);
        s.Step(EventKind.ReaderOpened, 2, (int)ReaderHint.Bulk, 8 * Script.MiB, 16 * Script.MiB);
        for (var i = 0; i < 200; i++)
        {
            s.NowMicros += 20_000;
            s.DeliverPending(1, s.PendingOf(1).First());
        }

        var first = s.Delivered.Count(b => b < 512);
        Assert.InRange(first, 90, 140); // the first had a full queue before the second came
    }

    private static ProvenScript Proven() => new();
}
