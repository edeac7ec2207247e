using Swarm.Diagnostics.Analysis;
using Swarm.Testing;

namespace Swarm.Diagnostics.Tcp.Tests;

/// <summary>What a watch costs is what the kernel says it costs, and its pace follows.</summary>
public sealed class BudgetTests
{
    private static readonly SocketSample Quiet = new() { State = TcpState.Established, Fields = SocketFields.Memory, RcvbufBytes = 131_072 };

    [Fact]
    public void ThreadClock_AgreesWithTheKernelsAccountOfTheThread()
    {
        var (clock, account) = (ThreadClock.Now(), Account());
        var spent = TimeSpan.Zero;
        for (var sum = 0L; spent < TimeSpan.FromMilliseconds(60); spent = ThreadClock.Now() - clock)
        {
            for (var i = 0; i < 10_000; i++)
            {
                sum += i;
            }

            Assert.True(sum >= 0);
        }

        Assert.InRange((Account() - account) / spent.TotalMilliseconds, 0.9, 1.1);
    }

    [Theory]
    [InlineData(1, 200)]
    [InlineData(6, 800)]
    [InlineData(21, 2_800)]
    [InlineData(1_000, 30_000)]
    public void Pace_IsTheCostOverThreeQuartersOfTheBudget_WithinBounds(int costMillis, int periodMillis)
    {
        var time = new FakeTime();
        var spent = TimeSpan.Zero;
        using var watch = new SocketWatch([new CostlyProbe(() => spent += TimeSpan.FromMilliseconds(costMillis), [Quiet])], time, SweepBudget.Default, () => spent);
        for (var i = 0; i < 8; i++)
        {
            watch.Sweep();
        }

        var waiting = watch.WaitAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromMilliseconds(periodMillis - 1));
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(waiting.IsCompleted);
        Assert.Equal(8 * costMillis, watch.Spent.TotalMilliseconds);
    }

    // 1 % of a core: what was spent is a hundredth of the time that has to have gone by.
    [Theory]
    [InlineData(0, 0, 0, 10, 1_000)]
    [InlineData(30, 0, 2_000, 10, 2_000)]
    [InlineData(30, 0, 9_000, 10, -5_000)]
    [InlineData(200, 200, 0, 10, 1_000)]
    [InlineData(200, 200, 30_000, 10, -19_000)]
    [InlineData(500, 200, 60_000, 10, -9_000)]
    [InlineData(500, 200, 120_000, 10, -69_000)]
    public void UntilPaid_HoldsTheWholeProcessToTheBudget_ItsStartOverAMinute(int spent, int start, int elapsed, int next, int until) =>
        Assert.Equal(until, SweepBudget.Default.UntilPaid(Milliseconds(spent), Milliseconds(start), Milliseconds(elapsed), Milliseconds(next)).TotalMilliseconds, 3);

    [Fact]
    public void UntilPaid_SlowStart_TakesHalfOfTheFirstMinuteAtMost() =>
        Assert.Equal(
            SweepBudget.Default.UntilPaid(Milliseconds(300), Milliseconds(300), Milliseconds(60_000), Milliseconds(10)),
            SweepBudget.Default.UntilPaid(Milliseconds(5_000), Milliseconds(5_000), Milliseconds(60_000), Milliseconds(10)));

    [Fact]
    public void Process_ThatSpendsMoreThanItsSweeps_IsHeldToTheBudgetAsAWhole()
    {
        var time = new FakeTime();
        var spent = TimeSpan.Zero;
        // Beside each sweep of 5 ms the process spends as much again: output, collections, other threads.
        using var watch = new SocketWatch(
            [new CostlyProbe(() => spent += Milliseconds(5), [Quiet])], time, SweepBudget.Default, () => spent, () => spent * 2);
        while (watch.Elapsed < TimeSpan.FromMinutes(5))
        {
            watch.Sweep();
            var waiting = watch.WaitAsync(TestContext.Current.CancellationToken);
            while (!waiting.IsCompleted)
            {
                time.Advance(Milliseconds(10));
            }
        }

        Assert.InRange(spent * 2 / watch.Elapsed, 0.0095, 0.0101);
    }

    [Fact]
    public void HotConnections_AreLookedAtBetweenSweeps_WithHalfOfTheBudget()
    {
        var time = new FakeTime();
        var spent = TimeSpan.Zero;
        SocketSample[] samples = [.. Enumerable.Range(0, 1000).Select(i => Quiet with { Cookie = (ulong)i + 1, RmemAllocBytes = i < 60 ? 100_000 + i : 0 })];
        var probe = new CostlyProbe(() => spent += TimeSpan.FromMilliseconds(20), samples);
        using var watch = new SocketWatch([probe], time, SweepBudget.Default, () => spent);
        for (var i = 0; i < 6; i++)
        {
            watch.Sweep();
        }

        // Half of 0.75 % of a core is 375 µs in each 100 ms: 28 looks of 13 µs, the fullest first.
        Assert.Equal(28, watch.HotCount);
        time.Advance(TimeSpan.FromMilliseconds(100));
        watch.Step();
        Assert.Equal((6, 1), (watch.Sweeps, watch.Looks));
        Assert.Equal(28, probe.Wanted.Count);
        Assert.Equal(100_059, probe.Wanted[0].RmemAllocBytes);
        // Others stand as they were.
        Assert.Equal(1000, watch.Analyser.SocketCount);
        time.Advance(TimeSpan.FromSeconds(6));
        watch.Step();
        Assert.Equal(7, watch.Sweeps);
    }

    [Fact]
    public void WhereASweepIsCheaperThanTheLooks_ThereAreNone()
    {
        var spent = TimeSpan.Zero;
        SocketSample[] samples = [.. Enumerable.Range(0, 30).Select(i => Quiet with { Cookie = (ulong)i + 1, RmemAllocBytes = i < 6 ? 100_000 : 0 })];
        using var watch = new SocketWatch([new CostlyProbe(() => spent += TimeSpan.FromMilliseconds(20), samples)], new FakeTime(), SweepBudget.Default, () => spent);
        for (var i = 0; i < 6; i++)
        {
            watch.Sweep();
        }

        Assert.Equal(0, watch.HotCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Look_FindsOneConnection_AndNothingOnceItHasEnded(bool v6)
    {
        using var sweep = InetDiagSweep.TryOpen(out _)!;
        using var pair = new LoopbackPair(v6);
        pair.Writer.Send(new byte[321]);
        var all = new SampleBuffer();
        Assert.Null(sweep.Run(all, 1).Problem);
        var key = all.Samples.ToArray().Single(s => pair.IsReaderOf(s)).Key;
        var one = new SampleBuffer();
        Assert.Null(sweep.Look(key, one, 2).Problem);
        var sample = Assert.Single(one.Samples.ToArray());
        Assert.Equal((key, 321, 2), (sample.Key, sample.PayloadBytes, sample.AtMicros));

        // Another connection of the same ends would have another cookie.
        one.Clear();
        Assert.Null(sweep.Look(key with { Cookie = key.Cookie + 1_000_000 }, one, 3).Problem);
        Assert.Equal(0, one.Count);
        pair.Writer.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        pair.Dispose();
        Assert.Null(sweep.Look(key, one, 4).Problem);
        Assert.Equal(0, one.Count);
    }

    private static TimeSpan Milliseconds(int n) => TimeSpan.FromMilliseconds(n);

    // The first number of schedstat: nanoseconds on a CPU.
    private static double Account() => long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) / 1e6;

    private sealed class CostlyProbe(Action spend, SocketSample[] samples) : IProbe
    {
        public List<SocketSample> Wanted { get; } = [];

        public string Name => InetDiagProbe.ProbeName;

        public string Gives => "what the test says";

        public string? Start() => null;

        public string? Read(Reading into)
        {
            Wanted.Clear();
            Wanted.AddRange(into.Wanted.Items);
            foreach (var sample in into.IsWhole ? samples : into.Wanted.Items.ToArray())
            {
                into.Sockets.Add(sample with { AtMicros = into.AtMicros });
            }

            if (into.IsWhole)
            {
                spend();
            }

            return null;
        }

        public void Dispose()
        {
        }
    }
}
