using FsCheck;
using FsCheck.Fluent;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp.Tests;

/// <summary>The kernel's bytes, whole, cut and strange.</summary>
public sealed class InetDiagReaderTests
{
    private static readonly byte[] TwoSocketsAndTheEnd = new NetlinkBytes()
        .Socket(7, 1, 8080, 1000, NetlinkBytes.Memory(115008, 131072), NetlinkBytes.Info(280), NetlinkBytes.Attribute(21, BitConverter.GetBytes(99ul)))
        .Socket(7, 8, 8081, 501, NetlinkBytes.Memory(1, 2), NetlinkBytes.Info(232))
        .Done(7)
        .ToArray();

    [Fact]
    public void EveryField_IsReadFromItsPlace()
    {
        var (step, samples) = Read(TwoSocketsAndTheEnd);
        Assert.Equal(new DumpStep(DumpState.Done, 0), step);
        Assert.Equal(2, samples.Count);
        var s = samples[0];
        Assert.Equal("127.0.0.1:8080", s.Local.ToString());
        Assert.Equal("10.1.2.3:40000", s.Remote.ToString());
        Assert.Equal(TcpState.Established, s.State);
        Assert.Equal(0x22_0000_0011ul, s.Cookie);
        Assert.Equal((4242u, 1000u, 99ul), (s.Inode, s.UserId, s.CgroupId));
        Assert.Equal((1000, 115008, 131072, 77, 3u), (s.PayloadBytes, s.RmemAllocBytes, s.RcvbufBytes, s.BacklogBytes, s.Drops));
        Assert.Equal((1448u, 64088u, 9000, 14480), (s.RcvMssBytes, s.RcvSsthreshBytes, s.RcvRttMicros, s.RcvSpaceBytes));
        Assert.Equal((5_000_000_000ul, 101u, 99u, 5u, 65536), (s.BytesReceived, s.SegmentsIn, s.DataSegmentsIn, s.OutOfOrderSegments, s.RcvWndBytes));
        Assert.Equal(250_000, s.SinceDataMicros);
        Assert.Equal(Tier.Sampled, s.Tier);
    }

    [Fact]
    public void ConnectionThatGotAFin_CountsItNeitherAsPayloadNorAsReceived()
    {
        var closing = Read(TwoSocketsAndTheEnd).Samples[1];
        Assert.Equal(500, closing.PayloadBytes);
        Assert.Equal(4_999_999_999ul, closing.BytesReceived);
    }

    [Theory]
    [InlineData(99, SocketFields.None)]
    [InlineData(100, SocketFields.Info)]
    [InlineData(136, SocketFields.Info | SocketFields.BytesReceived)]
    [InlineData(156, SocketFields.Info | SocketFields.BytesReceived | SocketFields.Segments)]
    [InlineData(232, SocketFields.Info | SocketFields.BytesReceived | SocketFields.Segments | SocketFields.OutOfOrder | SocketFields.Sent)]
    [InlineData(300, SocketFields.Info | SocketFields.BytesReceived | SocketFields.Segments | SocketFields.OutOfOrder | SocketFields.Sent | SocketFields.Window)]
    public void TcpInfoOfAnyKernel_GivesWhatItsLengthHolds(int length, SocketFields fields)
    {
        var (_, samples) = Read(new NetlinkBytes().Socket(7, 1, 1, 1, NetlinkBytes.Info(length)).ToArray());
        Assert.Equal(fields, Assert.Single(samples).Fields);
    }

    [Fact]
    public void AnswerCutAtAnyByte_GivesTheWholeMessagesBeforeTheCut()
    {
        var first = new NetlinkBytes()
            .Socket(7, 1, 8080, 1000, NetlinkBytes.Memory(115008, 131072), NetlinkBytes.Info(280), NetlinkBytes.Attribute(21, BitConverter.GetBytes(99ul))).ToArray().Length;
        var second = first + new NetlinkBytes().Socket(7, 8, 8081, 501, NetlinkBytes.Memory(1, 2), NetlinkBytes.Info(232)).ToArray().Length;
        var whole = Read(TwoSocketsAndTheEnd).Samples;
        for (var length = 0; length < TwoSocketsAndTheEnd.Length; length++)
        {
            var (step, samples) = Read(TwoSocketsAndTheEnd[..length]);
            var expected = length < first ? 0 : length < second ? 1 : 2;
            Assert.Equal(whole.Take(expected), samples);
            Assert.Equal(length == 0 || length == first || length == second ? DumpState.More : DumpState.Cut, step.State);
        }
    }

    [Fact]
    public void AttributeOfUnknownNumber_IsPassedOver()
    {
        var (_, samples) = Read(new NetlinkBytes()
            .Socket(7, 1, 1, 1, NetlinkBytes.Attribute(999, new byte[5]), NetlinkBytes.Memory(10, 20), NetlinkBytes.Attribute(0, [])).ToArray());
        Assert.Equal(10, Assert.Single(samples).RmemAllocBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(60000)]
    public void AttributeThatLiesAboutItsLength_EndsTheSocketAndNothingElse(ushort length)
    {
        var lie = NetlinkBytes.Memory(10, 20);
        BitConverter.GetBytes(length).CopyTo(lie, 0);
        var (step, samples) = Read(new NetlinkBytes().Socket(7, 1, 1, 1, lie).Socket(7, 1, 2, 1, NetlinkBytes.Memory(30, 40)).Done(7).ToArray());
        Assert.Equal(DumpState.Done, step.State);
        Assert.Equal([SocketFields.None, SocketFields.Memory], samples.Select(s => s.Fields));
    }

    [Fact]
    public void AnswerToAnEarlierRequest_IsPassedOver()
    {
        var (step, samples) = Read(new NetlinkBytes().Socket(6, 1, 1, 1).Done(6).Socket(7, 1, 2, 1).ToArray());
        Assert.Equal(DumpState.More, step.State);
        Assert.Equal(2, Assert.Single(samples).Local.Port);
    }

    [Fact]
    public void Refusal_IsItsErrorNumber()
    {
        Assert.Equal(new DumpStep(DumpState.Done, 2), Read(new NetlinkBytes().Error(7, 2).ToArray()).Step);
        Assert.Equal(new DumpStep(DumpState.Done, 22), Read(new NetlinkBytes().Done(7, 22).ToArray()).Step);
    }

    [Fact]
    public void AnyBytes_AreReadToSomeEnd()
    {
        Prop.ForAll<byte[]>(bytes => Read(bytes).Step.State is DumpState.More or DumpState.Done or DumpState.Cut).QuickCheckThrowOnFailure();
        Prop.ForAll<byte, ushort>((value, at) =>
        {
            var bytes = (byte[])TwoSocketsAndTheEnd.Clone();
            bytes[at % bytes.Length] = value;
            return Read(bytes).Samples.Count <= bytes.Length / 16;
        }).QuickCheckThrowOnFailure();
    }

    private static (DumpStep Step, List<SocketSample> Samples) Read(byte[] bytes)
    {
        var buffer = new SampleBuffer();
        var step = InetDiagReader.Read(bytes, 7, 0, buffer);
        return (step, [.. buffer.Samples]);
    }
}
