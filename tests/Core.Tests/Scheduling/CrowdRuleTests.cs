namespace Swarm.Core.Tests.Scheduling;

/// <summary>The sharing out of an origin, rule by rule.</summary>
public sealed class CrowdRuleTests
{
    private const int Origin = 100;
    private const int Peer = 1;

    [Fact]
    public void CrowdPeer_Unchokes_CutsTheOpenRunAndClaimsCellsInstead()
    {
        var script = Viewer();
        script.Step(EventKind.Progress, Origin, 0, 8192);

        var decisions = Member(script, Peer);

        Assert.Contains(new Decision(DecisionKind.Cancel, Origin, 1, 1023, new(script.NowMicros)), decisions);
        var next = EndRun(script);
        var asked = Assert.Single(next, d => d.Kind == DecisionKind.Request);
        var claim = Assert.Single(next, d => d.Kind == DecisionKind.Claim);
        Assert.Equal(Origin, asked.Source);
        Assert.Equal(asked.Run, claim.Run);
        Assert.Equal(-1, claim.Source);
        Assert.InRange(asked.Count, 1, 8);
    }

    [Fact]
    public void PeerWithoutKey_Unchokes_LeavesTheOpenRunAlone()
    {
        var script = Viewer();
        script.Step(EventKind.SourceJoined, Peer, (int)SourceKind.Peer, 250, 20_000);
        Assert.Empty(script.Step(EventKind.Unchoked, Peer));
    }

    [Fact]
    public void ListenerThatNeverClaims_Unchokes_LeavesTheOpenRunAloneButHearsOfIt()
    {
        var script = Viewer();
        script.Step(EventKind.SourceJoined, Peer, (int)SourceKind.Peer, 250, 20_000);
        var told = Assert.Single(script.Step(EventKind.CrowdKey, Peer, 0, 41, 1));
        Assert.Equal((DecisionKind.Claim, Peer, 2), (told.Kind, told.Source, told.Count));
        Assert.Empty(script.Step(EventKind.Unchoked, Peer));
    }

    [Fact]
    public void Node_WithoutKeyOfItsOwn_TakesNoPart()
    {
        var script = Viewer(key: 0);
        Assert.DoesNotContain(Member(script, Peer), d => d.Kind is DecisionKind.Claim or DecisionKind.Cancel);
        Assert.DoesNotContain(EndRun(script), d => d.Kind == DecisionKind.Claim);
    }

    [Fact]
    public void Claim_OfAnother_IsNotAskedForUntilItsPatienceIsOver()
    {
        var script = Viewer();
        Member(script, Peer);
        script.Step(EventKind.Claimed, Peer, 0, 256);
        var soon = EndRun(script);
        Assert.DoesNotContain(Asked(soon), b => b < 256);

        var later = AskedWithin(script, 2_500_000, Peer);
        Assert.Contains(0, later);
    }

    [Fact]
    public void Claim_OfASuspect_DoesNotHold()
    {
        var script = Viewer();
        Member(script, Peer);
        Member(script, 2);
        script.Step(EventKind.SourceHas, Peer, 1000, 1);
        script.Step(EventKind.HashesKnown, -1, 0, 1024);
        script.Step(EventKind.Claimed, Peer, 0, 256);
        Assert.DoesNotContain(Asked(EndRun(script)), b => b < 256);

        // It is asked for what it shows, and stays silent; the other one goes on talking.
        script.Step(EventKind.ReaderOpened, 2, (int)ReaderHint.Play, 1000 * 16384L, 1024 * 16384L);
        var all = new List<int>();
        for (var i = 0; i < 60; i++)
        {
            script.NowMicros += 25_000;
            script.Step(EventKind.Claimed, Peer, 0, 256);
            script.Step(EventKind.SourceHas, 2, 900, 1);
            all.AddRange(Asked(EndRun(script)));
            all.AddRange(Asked(script.Wait(25_000)));
        }

        Assert.Contains(all, b => b < 16);
    }

    [Theory]
    [InlineData(-5, 10)]
    [InlineData(int.MaxValue, long.MaxValue)]
    [InlineData(int.MinValue, long.MaxValue)]
    [InlineData(3, long.MinValue)]
    [InlineData(1023, long.MaxValue)]
    public void Claim_WithHostileNumbers_ChangesNothingBeyondFourMebibytes(int first, long count)
    {
        var script = Viewer();
        Member(script, Peer);
        for (var i = 0; i < 100; i++)
        {
            script.Step(EventKind.Claimed, Peer, first, count);
        }

        Assert.Contains(Asked(EndRun(script)), b => b is >= 0 and < 64);
    }

    [Fact]
    public void Claim_FromOneWhoNeverSaidItClaims_IsIgnored()
    {
        var script = Viewer();
        Member(script, Peer);
        script.Step(EventKind.SourceJoined, 2, (int)SourceKind.Peer, 250, 20_000);
        script.Step(EventKind.Unchoked, 2);
        script.Step(EventKind.Claimed, 2, 0, 256);
        Assert.Contains(Asked(EndRun(script)), b => b < 64);
    }

    [Fact]
    public void Newcomer_IsToldWhatIsUnderWay()
    {
        var script = Viewer();
        Member(script, Peer);
        EndRun(script);
        script.Step(EventKind.SourceJoined, 2, (int)SourceKind.Peer, 250, 20_000);
        var told = script.Step(EventKind.CrowdKey, 2, 0, 77, 1);
        Assert.Single(told, d => d.Kind == DecisionKind.Claim && d.Source == 2);
    }

    [Fact]
    public void Block_ThatAPeerHas_IsNotAskedOfTheOrigin()
    {
        var script = Viewer();
        script.Step(EventKind.SourceJoined, Peer, (int)SourceKind.Peer, 250, 20_000);
        script.Step(EventKind.SourceHas, Peer, 0, 40);
        script.Step(EventKind.CrowdKey, Peer, 0, 42, 1);
        script.Step(EventKind.Claimed, Peer, 1020, 1);
        var decisions = script.Step(EventKind.Unchoked, Peer);
        var all = Asked(decisions).Concat(Asked(EndRun(script))).ToList();
        Assert.NotEmpty(all);
        Assert.All(all, b => Assert.True(b >= 40));
    }

    [Fact]
    public void ExpectedViewers_OpenRunEndsWithItsHead_AndCellsAreDrawnFromWhatAPlayerStartsWith()
    {
        var script = Viewer();
        var cut = Assert.Single(Expect(script), d => d.Kind == DecisionKind.Cancel);
        Assert.Equal((Origin, 4), (cut.Source, cut.First));

        var other = Viewer(key: 8);
        Expect(other);
        var (mine, theirs) = (new List<int>(), new List<int>());
        for (var i = 0; i < 5; i++)
        {
            mine.AddRange(Asked(EndRun(script)));
            theirs.AddRange(Asked(EndRun(other)));
        }

        Assert.All(mine.Concat(theirs), b => Assert.InRange(b, 0, 128)); // 2 s at the rate assumed before any is known
        Assert.True(mine.Intersect(theirs).Count() <= 4, "both asked for the same");
    }

    [Fact]
    public void ExpectedViewers_WhoDoNotCome_AreWaitedForNoLonger()
    {
        var script = Viewer();
        Expect(script);
        Assert.Equal(2, Asked(EndRun(script)).Count());
        script.Wait(2_000_000);
        var run = Assert.Single(EndRun(script), d => d.Kind == DecisionKind.Request);
        Assert.Equal(0, run.First);
        Assert.True(run.Count > 100);
    }

    [Fact]
    public void ExpectedViewers_OriginThatIsFast_KeepsItsRun()
    {
        var script = Viewer();
        for (var block = 0; block < 32; block++)
        {
            script.NowMicros += 4_000; // 4 MB/s
            script.Step(EventKind.Admitted, Origin, block);
        }

        Assert.Empty(Expect(script));
    }

    [Fact]
    public void ExpectedViewers_BesideASeedThatServes_ChangeNothing()
    {
        var script = Viewer();
        script.Step(EventKind.SourceJoined, Peer, (int)SourceKind.Peer, 250, 20_000);
        script.Step(EventKind.Unchoked, Peer);
        Assert.Empty(Expect(script));
    }

    [Fact]
    public void UploadBacklog_OfMoreThanHalfASecond_ClaimsNothingNew()
    {
        var script = Viewer();
        Member(script, Peer);
        script.Step(EventKind.UploadBacklog, -1, 0, 600_000);
        Assert.Empty(Asked(EndRun(script)));
        script.Step(EventKind.UploadBacklog, -1, 0, 0);
        Assert.NotEmpty(Asked(script.Wait(100_000)));
    }

    [Fact]
    public void SilentStockPeer_ThatGoesOnShowingNewBlocks_CountsAsOneThatFetches()
    {
        var script = Viewer();
        script.Step(EventKind.SourceJoined, Peer, (int)SourceKind.Peer, 250, 20_000);
        script.Step(EventKind.CrowdKey, Peer, 0, 42, 0);
        script.Step(EventKind.SourceHas, Peer, 500, 10);
        Assert.DoesNotContain(script.Step(EventKind.Unchoked, Peer), d => d.Kind == DecisionKind.Claim);

        script.NowMicros += 6_000_000;
        script.Step(EventKind.SourceHas, Peer, 600, 64);
        Assert.Contains(EndRun(script), d => d.Kind == DecisionKind.Claim);
    }

    [Fact]
    public void Rendezvous_EveryCell_HasOneOwnerAndOnlyTheLeaversCellsMove()
    {
        ulong[] keys = [11, 22, 33, 44, 55, 66];
        var owned = new int[keys.Length];
        for (var cell = 0; cell < 6000; cell++)
        {
            var owner = Owner(keys, cell);
            owned[owner]++;
            ulong[] fewer = [.. keys.Where((_, i) => i != 2)];
            if (owner != 2)
            {
                Assert.Equal(keys[owner], fewer[Owner(fewer, cell)]);
            }
        }

        Assert.All(owned, n => Assert.InRange(n, 850, 1150));
    }

    [Fact]
    public void UploadOrder_WhatIsDueThenRareThenFar()
    {
        var lateAndOurs = UploadOrder.Rank(-50_000, 0);
        var soonAndOurs = UploadOrder.Rank(2_900_000, 0);
        var lateAndTheirs = UploadOrder.Rank(-60_000, 3);
        var soonAndTheirs = UploadOrder.Rank(1_000_000, 3);
        var farAndRare = UploadOrder.Rank(4_000_000, 0);
        var farAndCommon = UploadOrder.Rank(3_500_000, 4);
        long[] ranks = [lateAndOurs, soonAndOurs, lateAndTheirs, soonAndTheirs, farAndRare, farAndCommon];
        Assert.Equal(ranks.Order(), ranks);
        Assert.True(UploadOrder.Rank(long.MinValue, int.MaxValue) < UploadOrder.Rank(long.MaxValue, int.MinValue));
    }

    private static int Owner(ulong[] keys, long cell)
    {
        var owners = Enumerable.Range(0, keys.Length).Where(i => Rendezvous.Lead(keys[i], [.. keys.Where((_, k) => k != i)], cell) == 0).ToList();
        return Assert.Single(owners);
    }

    /// <summary>A viewer at the beginning of 16 MiB, whose own request runs open-ended.</summary>
    private static Script Viewer(long key = 7)
    {
        var script = Script.OneFile();
        if (key != 0)
        {
            script.Step(EventKind.CrowdKey, -1, 0, key);
        }

        script.Step(EventKind.SourceJoined, Origin, (int)SourceKind.Origin, 0, 40_000);
        script.Step(EventKind.RunStarted, Origin, 0, 1024, 40_000);
        script.Step(EventKind.SourceHas, Origin, 0, 1024);
        script.Step(EventKind.ReaderOpened, 1, (int)ReaderHint.Unknown, 0, 16 * Script.MiB);
        script.Step(EventKind.Grant, -1, (int)GrantKind.OriginRuns, 1);
        return script;
    }

    private static Decision[] Expect(Script script) => script.Step(EventKind.ViewersExpected, -1, 0, script.NowMicros + 1_500_000);

    private static Decision[] Member(Script script, int id)
    {
        List<Decision> all =
        [
            .. script.Step(EventKind.SourceJoined, id, (int)SourceKind.Peer, 250, 20_000),
            .. script.Step(EventKind.CrowdKey, id, 0, 40 + id, 1),
            .. script.Step(EventKind.Claimed, id, 1020, 1),
            .. script.Step(EventKind.Unchoked, id),
        ];
        return [.. all];
    }

    /// <summary>The origin is free again.</summary>
    private static Decision[] EndRun(Script script)
    {
        script.NowMicros += 30_000;
        return script.Step(EventKind.RunEnded, Origin, 0, (int)RunEnd.Aborted);
    }

    private static IEnumerable<int> Asked(IEnumerable<Decision> decisions) => Script.Blocks(decisions, DecisionKind.Request, Origin);

    /// <summary>What is asked of the origin while time passes; the peer goes on talking, and every run ends without a byte.</summary>
    private static List<int> AskedWithin(Script script, long micros, int talker)
    {
        var all = new List<int>();
        for (var end = script.NowMicros + micros; script.NowMicros < end;)
        {
            all.AddRange(Asked(script.Wait(50_000)));
            script.Step(EventKind.SourceHas, talker, 1000, 1);
            all.AddRange(Asked(EndRun(script)));
        }

        return all;
    }
}
