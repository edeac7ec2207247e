namespace Swarm.Diagnostics.Analysis.Tests;

/// <summary>What tracing adds: counts instead of inference, for the connection they belong to.</summary>
public sealed class TracedTests
{
    private static readonly SocketSample Full = new()
    {
        Cookie = 7,
        State = TcpState.Established,
        Tier = Tier.Sampled,
        Fields = SocketFields.Memory | SocketFields.BytesReceived,
        Local = new SocketEnd(1, false, 80),
        Remote = new SocketEnd(2, false, 4000),
        RmemAllocBytes = 4_000_000,
        RcvbufBytes = 4_200_000,
        PayloadBytes = 400_000,
        BytesReceived = 400_000,
    };

    [Fact]
    public void TracedCollapse_IsAFindingOfItsConnection_WithBracketedTime()
    {
        var analyser = new Analyser();
        analyser.Observe(Host(0), [Full, Full with { Cookie = 8, Local = new SocketEnd(1, false, 81) }], [Trace]);
        var finding = Assert.Single(analyser.Findings());
        Assert.Equal((Verdict.Collapsing, 80), (finding.Verdict, finding.Socket!.Value.Local.Port));
        Assert.Equal(2, finding.Evidence.Single(e => e.Name == "collapses").Value);
        Assert.Equal((30_000, Tier.Bracketed), finding.Evidence.Where(e => e.Name == "stall of them").Select(e => (e.Value, e.Tier)).Single());
        Assert.Equal(20_000, finding.Evidence.Single(e => e.Name == "longest stall").Value);
    }

    [Fact]
    public void WhileTraced_NoCollapseIsInferred_AndWithoutTracingTheSameFallIsOne()
    {
        Assert.DoesNotContain(Verdict.Collapsing, Fall(isTraced: true));
        Assert.Contains(Verdict.Collapsing, Fall(isTraced: false));
    }

    [Fact]
    public void StallBudget_IsComputedWithTheTruesizeThatCollapsesRemoved()
    {
        var analyser = new Analyser();
        analyser.Observe(new HostSample { Settings = TcpSettings.Unknown with { RmemMaxBytes = 32 << 20 } }, [Full with { DataSegmentsIn = 10 }], [Trace]);
        Assert.Contains(analyser.Findings().Single().Advice, a => a.Contains("0.5 µs per skb × 3000 B of truesize = 6 MB", StringComparison.Ordinal));
    }

    [Fact]
    public void DropsOfAConnection_AreItsFindings()
    {
        var analyser = new Analyser();
        analyser.Observe(Host(0), [Full], [new SocketTrace { Cookie = 7, WindowDrops = 3, MemoryDrops = 1, OfoPruned = 5 }]);
        Assert.Equal([Verdict.OfoLoss, Verdict.WindowFullDrops], analyser.Findings().Select(f => f.Verdict));
    }

    [Fact]
    public void TwoDropsOfAClosingWindow_AreNone()
    {
        var analyser = new Analyser();
        analyser.Observe(Host(0), [Full], [new SocketTrace { Cookie = 7, WindowDrops = 3 }]);
        Assert.Empty(analyser.Findings());
    }

    [Fact]
    public void TotalsOfTheMachine_CountEveryRiseOnce_AndReworkComesFromThem()
    {
        var analyser = new Analyser();
        analyser.Observe(Host(0, collapsed: 100), [Full], [Trace]);
        analyser.Observe(Host(1, collapsed: 3100), [Full], [Trace with { Collapses = 3, SkbsRemoved = 1500 }]);
        Assert.Equal((3, 1500), (analyser.Host.Traced.Collapses, analyser.Host.Traced.SkbsRemoved));
        Assert.Equal(0.5, analyser.Host.Rework);
    }

    [Fact]
    public void TraceWhoseTableBeganAnew_IsAddedToWhatWasCounted()
    {
        var analyser = new Analyser();
        analyser.Observe(Host(0), [Full], [Trace with { Collapses = 5 }]);
        analyser.Observe(Host(1), [Full], [Trace with { Collapses = 2 }]);
        Assert.Equal(7, analyser.Host.Traced.Collapses);
    }

    [Fact]
    public void PartialReading_LeavesTheOthersStanding()
    {
        var analyser = new Analyser();
        var other = Full with { Cookie = 8, Local = new SocketEnd(1, false, 81) };
        analyser.Observe(Host(0), [Full, other]);
        analyser.Observe(Host(1), [Full], whole: false);
        Assert.Equal(2, analyser.SocketCount);
        analyser.Observe(Host(2), [Full]);
        Assert.Equal(1, analyser.SocketCount);
    }

    [Fact]
    public void CollapseInferred_LooksAtTheMachinesCounterSinceThisConnectionWasRead()
    {
        // The counter moved between two readings of another connection, not of this one.
        var analyser = new Analyser();
        var other = Full with { Cookie = 8, Local = new SocketEnd(1, false, 81) };
        analyser.Observe(Host(0, collapsed: 0), [Full, other]);
        analyser.Observe(Host(1, collapsed: 900), [other], whole: false);
        analyser.Observe(Host(2, collapsed: 900), [Full with { RmemAllocBytes = 500_000 }], whole: false);
        Assert.Contains(Verdict.Collapsing, analyser.VerdictsOf(Full.Key));
    }

    private static SocketTrace Trace => new() { Cookie = 7, Collapses = 2, CollapseNanos = 30_000_000, LongestNanos = 20_000_000, SkbsRemoved = 1000, FreedBytes = 3_000_000 };

    private static HostSample Host(int second, long? collapsed = null) => new() { AtMicros = second * 1_000_000L, [HostCounter.TCPRcvCollapsed] = collapsed };

    private static IReadOnlyList<Verdict> Fall(bool isTraced)
    {
        var analyser = new Analyser();
        analyser.Observe(new HostSample { IsTraced = isTraced }, [Full]);
        analyser.Observe(new HostSample { IsTraced = isTraced, AtMicros = 1_000_000 }, [Full with { AtMicros = 1_000_000, RmemAllocBytes = 500_000 }]);
        return analyser.VerdictsOf(Full.Key);
    }
}
