using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp.Lab;

namespace Swarm.Diagnostics.Tcp.Tests;

/// <summary>Tracing where this kernel and user allow it, and its reason in words where they do not.</summary>
public sealed class TraceTests
{
    [Fact]
    public void RefusalOfPrograms_NamesTheCapabilities_AndNotTheLimitThatLibbpfBlames()
    {
        var eperm = CollapseTracer.Refusal(1);
        Assert.Contains("CAP_BPF and CAP_PERFMON", eperm, StringComparison.Ordinal);
        Assert.Contains("not a matter of 'ulimit -l'", eperm, StringComparison.Ordinal);
        Assert.Equal("the kernel refuses the tracing programs: Invalid argument", CollapseTracer.Refusal(22));
    }

    [Fact]
    public void WithoutTypesOfTheKernel_ItIsAbsentInWords()
    {
        using var probe = new TraceProbe(TraceMode.OnDemand, "/proc/no-such-file");
        var reason = probe.Start();
        Assert.True(reason is not null && (reason.Contains("does not show its types", StringComparison.Ordinal) || reason.Contains("libbpf", StringComparison.Ordinal)), reason);
    }

    [Fact]
    public void SwitchedOff_ItLoadsNothing()
    {
        using var probe = new TraceProbe(TraceMode.Off);
        Assert.Equal("switched off", probe.Start());
        Assert.Equal("not started", probe.Read(new Reading()));
    }

    [Fact]
    public void WatchWithoutTracing_IsStillAWatch()
    {
        using var watch = new SocketWatch([new InetDiagProbe(), new NetstatProbe(), new TraceProbe(TraceMode.OnDemand, "/proc/no-such-file")], TimeProvider.System);
        watch.Sweep();
        Assert.Null(watch.CannotMeasure);
        Assert.NotNull(watch.Probes[2].AbsentBecause);
    }

    [Fact]
    public void OnDemand_AnIdleMachineIsNotTraced_AndAFullQueueIs()
    {
        using var probe = new TraceProbe(TraceMode.OnDemand);
        if (probe.Start() is { } reason)
        {
            // Not root, no libbpf, no BTF: all this machine can show is that it says so.
            Assert.NotEmpty(reason);
            return;
        }

        var reading = new Reading();
        reading.Begin(0);
        reading.Sockets.Add(new SocketSample { Fields = SocketFields.Memory, RmemAllocBytes = 60_000, RcvbufBytes = 131_072 });
        Assert.Null(probe.Read(reading));
        Assert.False(probe.IsArmed);
        reading.Begin(1);
        reading.Sockets.Add(new SocketSample { Fields = SocketFields.Memory, RmemAllocBytes = 100_000, RcvbufBytes = 131_072 });
        Assert.Null(probe.Read(reading));
        Assert.True(probe.IsArmed && reading.Host.IsTraced);
        reading.Begin(5_000_000);
        Assert.Null(probe.Read(reading));
        Assert.True(probe.IsArmed);
        reading.Begin(11_000_000);
        Assert.Null(probe.Read(reading));
        Assert.False(probe.IsArmed);
    }

    [Fact]
    public void StoppedReader_CollapsesAreCountedAndTimed_WhereTheKernelAllowsIt()
    {
        using var space = LabNamespace.TryCreate(out var reason);
        if (space is null)
        {
            Assert.NotNull(reason);
            return;
        }

        var scenario = LabScenarios.Find("stopped-reader")!;
        var result = LabRun.Run(
            scenario, new LabSettings(4 << 20, ShrinkWindow: false, TimeSpan.FromSeconds(8)), space, isOwn: true, static (_, _) => { }, TestContext.Current.CancellationToken);
        Assert.Null(result.Problem);
        var collapsed = result.Counters[HostCounter.TCPRcvCollapsed];
        Assert.True(result.PeakRmemBytes > 1 << 20, $"peak {result.PeakRmemBytes}");
        if (result.Trace is { } trace)
        {
            // Never one without the other, and as long as it was counted often.
            Assert.Equal(collapsed > 0, trace.Collapses > 0);
            Assert.Equal(trace.Collapses > 0, trace.CollapseNanos > 0);
            Assert.Equal(trace.Collapses, result.Collapses.Count);
            Assert.Equal(trace.SkbsRemoved, result.Collapses.Sum(c => c.SkbsBefore - c.SkbsAfter));
        }
    }

    [Fact]
    public void Namespace_HasSettingsOfItsOwn_AndTheMachinesStay()
    {
        const string Rmem = "/proc/sys/net/ipv4/tcp_rmem";
        var before = File.ReadAllText(Rmem);
        using (var space = LabNamespace.TryCreate(out var reason))
        {
            if (space is null)
            {
                Assert.NotNull(reason);
                return;
            }

            Assert.True(space.TrySet("tcp_rmem", "4096 131072 777777"));
            Assert.Contains("777777", space.Run(() => File.ReadAllText(Rmem)), StringComparison.Ordinal);
            Assert.False(space.TrySet("no_such_setting", "1"));
        }

        Assert.Equal(before, File.ReadAllText(Rmem));
    }

    [Theory]
    [InlineData("ffffffff81000000 T a\nffffffff81000100 t tcp_collapse\nffffffff81000900 t c\nffffffff81000400 t b\n", 0xffffffff81000100ul, 0xffffffff81000400ul)]
    [InlineData("0000000000000000 T a\n0000000000000000 t tcp_collapse\n", 0ul, 0ul)]
    [InlineData("ffffffff81000100 t tcp_collapse\n", 0ul, 0ul)]
    [InlineData("ffffffff81000100 t tcp_collapse_one\nshort\n\n", 0ul, 0ul)]
    public void Kallsyms_GivesTheRangeOfAFunction_OrNone(string text, ulong first, ulong last) =>
        Assert.Equal(first == 0 ? null : (first, last), Kallsyms.Find("tcp_collapse", new StringReader(text)));
}
