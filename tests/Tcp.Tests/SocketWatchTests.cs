using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp.Tests;

/// <summary>The whole way, from a socket of the test's own to the finding about it.</summary>
public sealed class SocketWatchTests
{
    [Fact]
    public async Task StalledReader_IsNamedByPortAndPid_AndItsHealthyNeighboursAreNot()
    {
        using var sick = new LoopbackPair();
        using var idle = new LoopbackPair();
        using var talking = new LoopbackPair();
        using var bulk = new LoopbackPair();
        sick.Fill();
        idle.Writer.Send(new byte[40]);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var traffic = Task.WhenAll(TalkAsync(talking, stop.Token), PumpAsync(bulk, stop.Token), DrainAsync(bulk));

        using var watch = new SocketWatch(SocketWatch.ProbesOfThisMachine(), TimeProvider.System);
        Assert.All(watch.Probes, p => Assert.Null(p.AbsentBecause));
        await watch.RunAsync(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await traffic;

        var findings = watch.FindingsWithOwners();
        var stalled = Assert.Single(findings, f => f.Verdict == Verdict.StalledReader && sick.IsReaderOf(f.Socket!.Value));
        Assert.Equal(Environment.ProcessId, stalled.Owner?.ProcessId);
        var (rmemAlloc, rcvbuf) = sick.MemInfoOfReader();
        Assert.InRange(stalled.Socket!.Value.RmemAllocBytes, rmemAlloc * 0.95, rmemAlloc * 1.05);
        Assert.InRange(stalled.Socket!.Value.RcvbufBytes, rcvbuf * 0.95, rcvbuf * 1.05);
        Assert.Contains(stalled.Advice, a => a.StartsWith("Fix the reader first", StringComparison.Ordinal));
        int[] healthy = [idle.ReaderPort, idle.WriterPort, talking.ReaderPort, talking.WriterPort, bulk.ReaderPort, bulk.WriterPort, sick.WriterPort];
        Assert.All(findings.Where(f => f.Socket is not null), f => Assert.DoesNotContain(f.Socket!.Value.Local.Port, healthy));
        Assert.True(watch.Sweeps >= 3);
        Assert.Null(watch.CannotMeasure);
    }

    [Fact]
    public void MachineWithoutSockDiag_SaysSo_AndKeepsTheOtherTiers()
    {
        using var watch = new SocketWatch([new AbsentProbe(), new NetstatProbe()], TimeProvider.System);
        watch.Sweep();
        Assert.Equal("a container without it", watch.Probes[0].AbsentBecause);
        Assert.Null(watch.Probes[1].AbsentBecause);
        Assert.Equal("a container without it", watch.CannotMeasure);
        Assert.NotNull(watch.Analyser.Host.Current[HostCounter.PruneCalled]);
    }

    [Fact]
    public void OwnersAreFoundForTheInodesAskedForOnly()
    {
        using var pair = new LoopbackPair();
        using var sweep = InetDiagSweep.TryOpen(out _);
        var buffer = new SampleBuffer();
        Assert.Null(sweep!.Run(buffer, 0).Problem);
        var inode = buffer.Samples.ToArray().Single(s => pair.IsReaderOf(s)).Inode;
        var owners = SocketOwners.Find(new HashSet<uint> { inode, uint.MaxValue });
        Assert.Equal(Environment.ProcessId, Assert.Single(owners).Value.ProcessId);
        Assert.Empty(SocketOwners.Find(new HashSet<uint>()));
    }

    private static async Task TalkAsync(LoopbackPair pair, CancellationToken stop)
    {
        var bytes = new byte[500];
        while (!stop.IsCancellationRequested)
        {
            await pair.Writer.SendAsync(bytes, CancellationToken.None);
            Assert.True(await pair.Reader.ReceiveAsync(bytes, CancellationToken.None) > 0);
            await Task.Yield();
        }
    }

    private static async Task PumpAsync(LoopbackPair pair, CancellationToken stop)
    {
        var bytes = new byte[64 * 1024];
        while (!stop.IsCancellationRequested)
        {
            await pair.Writer.SendAsync(bytes, CancellationToken.None);
        }

        pair.Writer.Shutdown(System.Net.Sockets.SocketShutdown.Send);
    }

    private static async Task DrainAsync(LoopbackPair pair)
    {
        var bytes = new byte[64 * 1024];
        while (await pair.Reader.ReceiveAsync(bytes, CancellationToken.None) > 0)
        {
        }
    }

    private sealed class AbsentProbe : IProbe
    {
        public string Name => "T1 inet_diag";

        public string Gives => "nothing";

        public string? Start() => "a container without it";

        public string? Read(Reading into) => throw new InvalidOperationException("an absent probe was read");

        public void Dispose()
        {
        }
    }
}
