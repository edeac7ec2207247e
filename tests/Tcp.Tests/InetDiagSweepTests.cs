using System.Net.Sockets;
using Swarm.Diagnostics.Analysis;
using Swarm.Testing;

namespace Swarm.Diagnostics.Tcp.Tests;

/// <summary>The sweep against the kernel of this machine.</summary>
public sealed class InetDiagSweepTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void UnreadPayload_IsFoundWithTheMemoryTheSocketItselfReports(bool v6)
    {
        using var pair = new LoopbackPair(v6);
        pair.Fill();
        using var sweep = InetDiagSweep.TryOpen(out var reason);
        Assert.True(sweep is not null, reason);

        var sample = Assert.Single(Sweep(sweep), s => pair.IsReaderOf(s));
        var (rmemAlloc, rcvbuf) = pair.MemInfoOfReader();
        Assert.True(rmemAlloc > 32 * 1024, $"the test's own queue holds {rmemAlloc} B");
        Assert.InRange(sample.RmemAllocBytes, rmemAlloc * 0.95, rmemAlloc * 1.05);
        Assert.InRange(sample.RcvbufBytes, rcvbuf * 0.95, rcvbuf * 1.05);
        Assert.InRange(sample.PayloadBytes, pair.Reader.Available * 0.95, pair.Reader.Available * 1.05);
        Assert.Equal(v6, sample.Local.IsIPv6);
        Assert.Equal(0, sample.ReadBytes);
        Assert.NotEqual(0ul, sample.Cookie);
        Assert.NotEqual(0u, sample.Inode);
        Assert.True(sample.Has(SocketFields.Memory | SocketFields.Info | SocketFields.BytesReceived | SocketFields.Segments));
    }

    [Fact]
    public void WhatTheApplicationRead_IsReceivedLessWaiting_AndTheFinCountsForNothing()
    {
        using var pair = new LoopbackPair();
        pair.Writer.Send(new byte[5000]);
        Assert.Equal(3000, pair.Reader.Receive(new byte[3000]));
        pair.Writer.Shutdown(SocketShutdown.Send);
        using var sweep = InetDiagSweep.TryOpen(out _);
        SocketSample sample = default;
        Assert.True(SpinWait.SpinUntil(
            () => Sweep(sweep!).FirstOrDefault(s => pair.IsReaderOf(s)) is { State: TcpState.CloseWait } s && (sample = s).PayloadBytes > 0,
            TimeSpan.FromSeconds(20)));
        Assert.Equal(2000, sample.PayloadBytes);
        Assert.Equal(3000, sample.ReadBytes);
    }

    [Fact]
    public void WarmSweep_AllocatesNothing()
    {
        using var pair = new LoopbackPair();
        using var sweep = InetDiagSweep.TryOpen(out _);
        var buffer = new SampleBuffer();
        Assert.Equal(0, Allocated.Bytes(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                buffer.Clear();
                Assert.Null(sweep!.Run(buffer, i).Problem);
            }
        }));
        Assert.True(buffer.Count >= 2);
    }

    [Fact]
    public void VanishedSocket_IsSimplyNotThere()
    {
        using var sweep = InetDiagSweep.TryOpen(out _);
        var pair = new LoopbackPair();
        var (readerPort, writerPort) = (pair.ReaderPort, pair.WriterPort);
        bool IsThere() => Sweep(sweep!).Any(s => s.Local.Port == readerPort && s.Remote.Port == writerPort);
        Assert.True(IsThere());
        // A reset leaves nothing behind, not even a state that waits.
        pair.Writer.LingerState = new LingerOption(true, 0);
        pair.Dispose();
        Assert.True(SpinWait.SpinUntil(() => !IsThere(), TimeSpan.FromSeconds(20)));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(40, "an answer of the kernel came cut, so connections are missing")]
    public void ListWithAnAnswerThatCameCut_IsNoList(int missing, string? problem)
    {
        var folder = Directory.CreateTempSubdirectory("swarm-diag-");
        try
        {
            using var kernel = Datagrams(Path.Combine(folder.FullName, "kernel"));
            using var user = Datagrams(Path.Combine(folder.FullName, "user"));
            user.Connect(kernel.LocalEndPoint!);
            kernel.Connect(user.LocalEndPoint!);
            // The requests have the numbers 1 and 2; whoever asks finds the answers there.
            for (var sequence = 1u; sequence <= 2; sequence++)
            {
                var sockets = new NetlinkBytes().Socket(sequence, 1, 8080, 1, NetlinkBytes.Memory(10, 20)).Socket(sequence, 1, 8081, 1, NetlinkBytes.Memory(30, 40)).ToArray();
                kernel.Send(sockets.AsSpan(0, sockets.Length - missing));
                kernel.Send(new NetlinkBytes().Done(sequence).ToArray());
            }

            using var sweep = new InetDiagSweep(user.SafeHandle);
            var buffer = new SampleBuffer();
            Assert.Equal(problem, sweep.Run(buffer, 0).Problem);
            Assert.Equal(problem is null ? 4 : 1, buffer.Count);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Socket Datagrams(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static List<SocketSample> Sweep(InetDiagSweep sweep)
    {
        var buffer = new SampleBuffer();
        Assert.Null(sweep.Run(buffer, 0).Problem);
        return [.. buffer.Samples];
    }
}
