using System.Text.Json;

namespace Swarm.Diagnostics.Analysis.Tests;

/// <summary>Hysteresis, identity and arithmetic of the analyser.</summary>
public sealed class AnalyserTests
{
    private const string Bloated = "10.0.0.1:80 10.0.0.2:4000 rmem_alloc=1000000 rcvbuf=2000000 payload=10000";
    private const string Lean = "10.0.0.1:80 10.0.0.2:4000 rmem_alloc=10000 rcvbuf=2000000 payload=9000";

    [Fact]
    public void Verdict_NeedsTwoSamples_AndThreeWithoutItToEnd()
    {
        Assert.Empty(Run(Bloated).Findings());
        Assert.Single(Run(Bloated, Bloated).Findings());
        Assert.Empty(Run(Bloated, Lean, Bloated).Findings());
        Assert.Single(Run(Bloated, Bloated, Lean, Lean).Findings());
        Assert.Empty(Run(Bloated, Bloated, Lean, Lean, Lean).Findings());
    }

    [Fact]
    public void SlowReader_StaysSo_WhileCollapsesOpenTheWindowNowAndThen()
    {
        // 0.5 MB/s from a queue of 2.2 MB, looked at ten times a second; from the fourth second on the window is open for a second, then shut, then open for good.
        var analyser = new Analyser();
        var told = new List<(int Tenth, bool IsSlow)>();
        for (var tenth = 0; tenth < 100; tenth++)
        {
            var isOpen = tenth is >= 40 and < 50 or >= 60;
            var sample = new SocketSample
            {
                AtMicros = tenth * 100_000L,
                State = TcpState.Established,
                Fields = SocketFields.Memory | SocketFields.BytesReceived | SocketFields.Segments | SocketFields.Window | SocketFields.Info,
                RmemAllocBytes = isOpen ? 2_600_000 : 4_000_000, RcvbufBytes = 4_194_304, PayloadBytes = 2_200_000,
                BytesReceived = 2_200_000 + (ulong)(tenth * 50_000), DataSegmentsIn = (uint)(22_000 + (tenth * 500)),
                RcvWndBytes = isOpen ? 1_000_000 : 0, RcvMssBytes = 1448,
            };
            analyser.Observe(new HostSample { AtMicros = sample.AtMicros }, [sample]);
            var isSlow = analyser.VerdictsOf(sample.Key).Contains(Verdict.SlowReader);
            if (told.Count == 0 ? isSlow : told[^1].IsSlow != isSlow)
            {
                told.Add((tenth, isSlow));
            }
        }

        Assert.Equal([true, false], told.Select(t => t.IsSlow));
        Assert.InRange(told[0].Tenth, 1, 20);
        Assert.Equal(79, told[1].Tenth); // two seconds after the last yes, at 59
    }

    [Fact]
    public void ConnectionThatVanishes_TakesItsVerdictsWithIt()
    {
        var analyser = Run(Bloated, Bloated, "");
        Assert.Empty(analyser.Findings());
        Assert.Equal(0, analyser.SocketCount);
    }

    [Fact]
    public void CookieUsedAgainByOtherEnds_IsAnotherConnection()
    {
        var analyser = new Analyser();
        SocketSample Of(int port) => new()
        {
            Cookie = 7,
            Local = new SocketEnd(1, false, port),
            Fields = SocketFields.Memory,
            RmemAllocBytes = 1_000_000,
            RcvbufBytes = 2_000_000,
            State = TcpState.Established,
        };
        analyser.Observe(new HostSample(), [Of(1)]);
        analyser.Observe(new HostSample(), [Of(2)]);
        Assert.Empty(analyser.Findings());
        analyser.Observe(new HostSample(), [Of(2)]);
        Assert.Equal(2, Assert.Single(analyser.Findings()).Socket!.Value.Local.Port);
    }

    [Fact]
    public void EndsUsedAgainUnderAnotherCookie_AreAnotherConnection()
    {
        var analyser = new Analyser();
        SocketSample Of(ulong cookie) => new() { Cookie = cookie, Fields = SocketFields.Memory, RmemAllocBytes = 1_000_000, RcvbufBytes = 2_000_000, State = TcpState.Established };
        analyser.Observe(new HostSample(), [Of(7)]);
        analyser.Observe(new HostSample(), [Of(8)]);
        Assert.Empty(analyser.Findings()); // each was seen once
        Assert.Equal((1, null), (analyser.TrackOf(Of(8).Key)!.Samples, analyser.TrackOf(Of(7).Key)));
    }

    [Fact]
    public void CounterOfTheMachineThatFell_WasReset_AndCountsAnew()
    {
        var host = new HostTrack();
        host.Add(new HostSample { [HostCounter.PruneCalled] = 100 });
        host.Add(new HostSample { [HostCounter.PruneCalled] = 40 });
        Assert.Equal(40, host.Risen(HostCounter.PruneCalled));
        Assert.Equal((40, 60, null, null), (HostTrack.RisenBetween(100, 40), HostTrack.RisenBetween(40, 100), HostTrack.RisenBetween(null, 1), HostTrack.RisenBetween(1, null)));
    }

    [Fact]
    public void SegmentCountsThatWrap_GoOnRising()
    {
        // 32 bits of segments are a day of 50,000 a second.
        var before = new SocketSample
        {
            Fields = SocketFields.Memory | SocketFields.BytesReceived | SocketFields.Segments | SocketFields.OutOfOrder,
            BytesReceived = 10_000_000_000, DataSegmentsIn = uint.MaxValue - 9, OutOfOrderSegments = uint.MaxValue,
        };
        var track = new SocketTrack(before);
        track.Add(before with { AtMicros = 1, BytesReceived = 10_000_070_000, DataSegmentsIn = 40, OutOfOrderSegments = 2, PayloadBytes = 70_000, RmemAllocBytes = 112_000 }, null, isTraced: false);
        Assert.True(track.DataArrived && track.OutOfOrderGrew);
        Assert.Equal(2240, track.TruesizeBytes); // fifty segments of 1,400 bytes at 1.6
    }

    [Fact]
    public void SampleThatComesTwiceInASweep_CountsOnce()
    {
        var analyser = new Analyser();
        var sample = new SocketSample { Fields = SocketFields.Memory, RmemAllocBytes = 1_000_000, State = TcpState.Established };
        analyser.Observe(new HostSample(), [sample, sample, sample]);
        Assert.Empty(analyser.Findings());
    }

    [Fact]
    public void Reclaimable_IsWhatACollapseCouldFree()
    {
        // The measured case of 4-byte segments: 6.29 MB for 68 KB.
        var track = new SocketTrack(new SocketSample { RmemAllocBytes = 6_291_456, PayloadBytes = 68_000, Fields = SocketFields.Memory });
        Assert.InRange((double)track.ReclaimableBytes / 6_291_456, 0.98, 0.99);
        Assert.Equal(0, new SocketTrack(new SocketSample { RmemAllocBytes = 1_000, PayloadBytes = 1_000 }).ReclaimableBytes);
    }

    [Fact]
    public void SegmentReadBetweenPayloadAndTotal_IsNotAReading()
    {
        var analyser = Run(
            "10.0.0.1:80 10.0.0.2:4000 rmem_alloc=120000 rcvbuf=131072 payload=60000 received=60000 segs=10",
            "10.0.0.1:80 10.0.0.2:4000 rmem_alloc=120000 rcvbuf=131072 payload=60000 received=61000 segs=11",
            "10.0.0.1:80 10.0.0.2:4000 rmem_alloc=121000 rcvbuf=131072 payload=61000 received=61000 segs=11");
        var track = Assert.Single(analyser.Sockets);
        Assert.Equal(2_000_000, track.UnreadMicros);
    }

    [Theory]
    [InlineData(999, Unit.Bytes, "999 B")]
    [InlineData(131072, Unit.Bytes, "131 KB")]
    [InlineData(6291456, Unit.Bytes, "6.29 MB")]
    [InlineData(999999, Unit.Bytes, "1 MB")]
    [InlineData(1500, Unit.Micros, "1.5 ms")]
    [InlineData(92.02, Unit.Ratio, "92x")]
    [InlineData(8e6, Unit.Micros, "8 s")]
    [InlineData(124404, Unit.Count, "124,404")]
    public void Quantity_ReadsWell(double value, Unit unit, string text) => Assert.Equal(text, Quantity.Of(value, unit));

    [Fact]
    public void Json_NamesConnectionAndMemoryInBytes()
    {
        var finding = Assert.Single(Run(Bloated, Bloated).Findings()) with { Owner = new SocketOwner(12, "nginx") };
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            FindingJson.Write(writer, finding);
        }

        using var json = JsonDocument.Parse(stream.ToArray());
        var root = json.RootElement;
        Assert.Equal("BLOATED", root.GetProperty("verdict").GetString());
        Assert.Equal("10.0.0.1", root.GetProperty("local_address").GetString());
        Assert.Equal(80, root.GetProperty("local_port").GetInt32());
        Assert.Equal("10.0.0.2", root.GetProperty("remote_address").GetString());
        Assert.Equal(4000, root.GetProperty("remote_port").GetInt32());
        Assert.Equal(12, root.GetProperty("pid").GetInt32());
        Assert.Equal(1_000_000, root.GetProperty("rmem_alloc").GetInt64());
        Assert.Equal(2_000_000, root.GetProperty("rcvbuf").GetInt64());
        Assert.All(root.GetProperty("evidence").EnumerateArray(), e => Assert.NotEmpty(e.GetProperty("tier").GetString()!));
    }

    private static Analyser Run(params string[] sweeps) =>
        SampleScript.Run(sweeps.SelectMany((s, i) => new[] { $"t={i}", s }));
}
