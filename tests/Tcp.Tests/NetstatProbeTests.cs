using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp.Tests;

/// <summary>Counters and sysctls of a /proc that the test wrote, and of this machine's.</summary>
public sealed class NetstatProbeTests : IDisposable
{
    private readonly string _proc = Directory.CreateTempSubdirectory("proc-").FullName;

    public void Dispose() => Directory.Delete(_proc, recursive: true);

    [Fact]
    public void Proc_GivesCountersMemoryAndSysctls()
    {
        Write("net/netstat", "TcpExt: SyncookiesSent PruneCalled Strange TCPRcvCollapsed\nTcpExt: 1 22 -3 44\nIpExt: InNoRoutes\nIpExt: 5\n");
        Write("net/sockstat", "sockets: used 51\nTCP: inuse 4 orphan 0 tw 1 alloc 13 mem 17\nUDP: inuse 0 mem 9\n");
        Write("sys/net/ipv4/tcp_rmem", "4096\t131072\t33554432\n");
        Write("sys/net/ipv4/tcp_mem", "287901\t383868\t575802\n");
        Write("sys/net/ipv4/tcp_shrink_window", "0\n");
        var host = Read();
        Assert.Equal((22, 44, null), (host[HostCounter.PruneCalled], host[HostCounter.TCPRcvCollapsed], host[HostCounter.BeyondWindow]));
        Assert.Equal(17, host.MemPages);
        Assert.Equal((33554432, 383868, false, null), (host.Settings.RmemMaxBytes, host.Settings.MemPressurePages, host.Settings.ShrinkWindow, host.Settings.ModerateRcvbuf));
    }

    [Theory]
    [InlineData("TcpExt: PruneCalled\n")]
    [InlineData("TcpExt: PruneCalled\nTcpExt:\n")]
    [InlineData("TcpExt: A PruneCalled\nTcpExt: 1\n")]
    [InlineData("TcpExt: PruneCalled\nIpExt: X\nTcpExt: 1\n")]
    [InlineData("TcpExt: PruneCalled\nTcpExt: x\n")]
    public void TextThatIsCutOrStrange_GivesNoNumber(string netstat)
    {
        Write("net/netstat", netstat);
        Assert.Null(Read()[HostCounter.PruneCalled]);
    }

    [Fact]
    public void NoProc_IsAReason()
    {
        using var probe = new NetstatProbe(Path.Combine(_proc, "nothing"));
        Assert.Contains("net/netstat cannot be read", probe.Start()!, StringComparison.Ordinal);
    }

    [Fact]
    public void ThisMachine_HasTheCountersOfItsKernel()
    {
        using var probe = new NetstatProbe();
        Assert.Null(probe.Start());
        var reading = new Reading();
        reading.Begin(0);
        Assert.Null(probe.Read(reading));
        Assert.NotNull(reading.Host[HostCounter.PruneCalled]);
        Assert.True(reading.Host.Settings.RmemMaxBytes > 0);
        Assert.NotNull(reading.Host.MemPages);
    }

    private HostSample Read()
    {
        using var probe = new NetstatProbe(_proc);
        Assert.Null(probe.Start());
        var reading = new Reading();
        reading.Begin(0);
        Assert.Null(probe.Read(reading));
        return reading.Host;
    }

    private void Write(string file, string text)
    {
        var path = Path.Combine(_proc, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
