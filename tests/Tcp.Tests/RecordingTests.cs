using FsCheck;
using FsCheck.Fluent;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp.Tests;

/// <summary>What is written is what is read: to the last byte of every number, whatever was cut off or spoiled.</summary>
public sealed class RecordingTests
{
    private static readonly RecordingHeader Header = new("test", "1", "Linux 6.18", DateTimeOffset.UnixEpoch, [new ProbeStatus("T1", "all", null), new ProbeStatus("T3a", "more", "not here")]);

    [Fact]
    public void Readings_ComeBackAsTheyWere()
    {
        var script = Script(seed: 1, readings: 60);
        var bytes = Write(script);
        using var reader = Open(bytes);
        Assert.Equal(Header.Tiers, reader.Header.Tiers);
        foreach (var expected in script)
        {
            var actual = new Reading();
            Assert.True(reader.TryRead(actual));
            AssertSame(expected, actual);
        }

        Assert.False(reader.TryRead(new Reading()));
        Assert.Equal(RecordingEnd.Clean, reader.End);
        Assert.Equal(new SocketOwner(7, "nginx"), Assert.Single(reader.Names).Value.Owner);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Findings_OfTheFile_EqualTheLiveOnes(int seed)
    {
        var script = Script(seed, readings: 40);
        var live = new Analyser();
        script.ForEach(r => r.ObserveBy(live));
        Assert.NotEmpty(live.Findings());

        var again = new Analyser();
        using var reader = Open(Write(script));
        for (var reading = new Reading(); reader.TryRead(reading);)
        {
            reading.ObserveBy(again);
        }

        Assert.Equal(FindingText.Lines(live.Findings()), FindingText.Lines(again.Findings()));
    }

    [Fact]
    public void CutAtAnyByte_WhatStandsBeforeIsRead()
    {
        var script = Script(seed: 5, readings: 6);
        var bytes = Write(script);
        var before = 0;
        for (var length = 0; length < bytes.Length; length++)
        {
            using var reader = RecordingReader.TryOpen(new MemoryStream(bytes, 0, length), out var problem);
            if (reader is null)
            {
                Assert.NotNull(problem);
                Assert.Equal(0, before);
                continue;
            }

            var readings = 0;
            for (var reading = new Reading(); reader.TryRead(reading);)
            {
                AssertSame(script[readings++], reading);
            }

            Assert.Equal(RecordingEnd.Cut, reader.End);
            Assert.InRange(readings, before, before + 1);
            before = readings;
        }

        Assert.Equal(script.Count, before);
    }

    [Fact]
    public void AnyByteSpoiled_IsNeverANumber()
    {
        var script = Script(seed: 6, readings: 4);
        var bytes = Write(script);
        for (var at = 0; at < bytes.Length; at++)
        {
            var spoiled = (byte[])bytes.Clone();
            spoiled[at] ^= 0x21;
            using var reader = RecordingReader.TryOpen(new MemoryStream(spoiled), out _);
            var readings = 0;
            for (var reading = new Reading(); reader?.TryRead(reading) == true;)
            {
                AssertSame(script[readings++], reading);
            }

            Assert.True(reader is null || reader.End is RecordingEnd.Damaged or RecordingEnd.Cut, $"byte {at} went unnoticed");
        }
    }

    [Fact]
    public void BlocksWithRightChecksumsAndWrongContents_EndTheReading()
    {
        Prop.ForAll<byte[]>(payload =>
        {
            var start = Write([]);
            var block = new ByteBuilder();
            block.Begin(BlockKind.Reading);
            block.Raw(payload ?? []);
            block.End();
            // The last nine bytes are the block that says the recording was ended.
            using var reader = Open([.. start[..^9], .. block.Written]);
            var analyser = new Analyser();
            for (var reading = new Reading(); reader.TryRead(reading);)
            {
                reading.ObserveBy(analyser);
            }

            return reader.End is RecordingEnd.Damaged or RecordingEnd.Cut && FindingText.Lines(analyser.Findings()).All(l => l.Length > 0);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("")]
    [InlineData("ESTAB 0 0 127.0.0.1:1 127.0.0.1:2")]
    public void WhatIsNoRecording_IsRefusedInWords(string text)
    {
        Assert.Null(RecordingReader.TryOpen(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), out var problem));
        Assert.Equal("it is no recording of this program", problem);
    }

    [Fact]
    public void RecordingOfALaterFormat_IsRefusedByNumber()
    {
        var bytes = Write([]);
        bytes[RecordingFormat.Magic.Length - 1] = 9;
        Assert.Null(RecordingReader.TryOpen(new MemoryStream(bytes), out var problem));
        Assert.Equal("it is a recording of format 9, and this program reads format 1", problem);
    }

    [Fact]
    public void ColumnThisProgramDoesNotKnow_IsPassedOver()
    {
        // What a later version writes: a column more, first, and one of ours gone.
        var block = new ByteBuilder();
        var bytes = new List<byte>(RecordingFormat.Magic.ToArray());
        block.Begin(BlockKind.Header);
        block.Raw((Header with { SampleColumnNames = ["phase_of_moon", "rmem_alloc", "fields"], TraceColumnNames = [], HostColumnNames = ["PruneCalled"] }).ToJson());
        block.End();
        bytes.AddRange(block.Written);
        block.Begin(BlockKind.Reading);
        block.Unsigned(1);
        block.Signed(1000);
        block.Unsigned(1);
        block.Signed(5);
        block.Unsigned(0);
        block.Unsigned(1);
        block.Signed(0);
        block.Unsigned(0b1111);
        block.Unsigned(9);
        block.Unsigned(0);
        foreach (var number in (ulong[])[80, 1, 81, 2])
        {
            block.Unsigned(number);
        }

        block.Signed(77);
        block.Signed(4096);
        block.Signed((long)SocketFields.Memory);
        block.Unsigned(0);
        block.Unsigned(0);
        block.End();
        bytes.AddRange(block.Written);
        using var reader = Open([.. bytes]);
        var reading = new Reading();
        Assert.True(reader.TryRead(reading));
        var sample = Assert.Single(reading.Sockets.Samples.ToArray());
        Assert.Equal((9ul, 80, 4096, SocketFields.Memory), (sample.Cookie, sample.Local.Port, sample.RmemAllocBytes, sample.Fields));
        Assert.Equal(5, reading.Host[HostCounter.PruneCalled]);
    }

    [Fact]
    public void ConnectionAtRest_CostsAFewBytes()
    {
        var idle = Enumerable.Range(0, 1000).Select(i => Sample(i) with { SinceDataMicros = 1_000_000 }).ToArray();
        using var stream = new MemoryStream();
        using var writer = new RecordingWriter(stream, Header);
        var reading = new Reading();
        for (var i = 0; i < 101; i++)
        {
            reading.Begin(i * 200_000);
            foreach (var sample in idle)
            {
                reading.Sockets.Add(sample with { AtMicros = i * 200_000, SinceDataMicros = 1_000_000 + (i * 200_000) + (i % 3 * 1000) });
            }

            writer.Write(reading);
        }

        // The clock of the kernel's milliseconds wanders against ours: that much changes.
        Assert.InRange((double)writer.Bytes / 101_000, 0, 6);
    }

    [Fact]
    public void DiskThatIsFull_IsAProblem_AndNoException()
    {
        using var writer = new RecordingWriter(new FullStream(2000), Header);
        Assert.Null(writer.Problem);
        Script(seed: 9, readings: 50).ForEach(writer.Write);
        Assert.Equal("no space left", writer.Problem);
        Assert.Null(RecordingWriter.TryCreate("/dev/null/x", Header, out var problem));
        Assert.NotNull(problem);
    }

    private static RecordingReader Open(byte[] bytes)
    {
        var reader = RecordingReader.TryOpen(new MemoryStream(bytes), out var problem);
        Assert.Null(problem);
        return reader!;
    }

    private static byte[] Write(List<Reading> script)
    {
        var stream = new MemoryStream();
        using (var writer = new RecordingWriter(stream, Header))
        {
            script.ForEach(writer.Write);
            if (script.Count > 0)
            {
                writer.Write([new ConnectionName(Sample(0).Key, new SocketOwner(7, "nginx"), new SocketLabel("origin", "http://h/"))]);
            }

            Assert.Null(writer.Problem);
        }

        return stream.ToArray();
    }

    /// <summary>Connections that come, grow, collapse, rest and go, some of them IPv6, in whole readings and looks at a few.</summary>
    private static List<Reading> Script(int seed, int readings)
    {
        var random = new Random(seed);
        var live = new Dictionary<int, SocketSample>();
        var next = 0;
        var at = 0L;
        var collapsed = 0L;
        var script = new List<Reading>();
        for (var i = 0; i < readings; i++)
        {
            at += random.Next(1, 400_000);
            var reading = new Reading();
            var whole = i == 0 || random.Next(4) > 0;
            reading.Begin(at, whole);
            reading.Host.Settings = TcpSettings.Unknown with { RmemMaxBytes = 6_291_456, ShrinkWindow = i > 10 ? null : false };
            reading.Host[HostCounter.TCPRcvCollapsed] = collapsed += random.Next(3) * 1000;
            reading.Host.MemPages = random.Next(2) == 0 ? null : random.Next(100_000);
            reading.Host.IsTraced = i % 3 == 0;
            reading.Host.CollapseTickMicros = i % 2 == 0 ? i : null;
            while (whole && (live.Count < 5 || random.Next(3) == 0))
            {
                live.Add(next, Sample(next++));
            }

            foreach (var key in live.Keys.ToList())
            {
                if (whole && random.Next(12) == 0)
                {
                    live.Remove(key);
                    continue;
                }

                var s = live[key];
                if (random.Next(3) > 0)
                {
                    s.RmemAllocBytes = random.Next(9) == 0 ? 1000 : s.RmemAllocBytes + random.Next(500_000);
                    s.BytesReceived += (ulong)random.Next(2000);
                    s.PayloadBytes = Math.Min((long)s.BytesReceived, s.PayloadBytes + random.Next(1000));
                    s.RcvbufBytes = Math.Max(s.RcvbufBytes, s.RmemAllocBytes);
                    s.DataSegmentsIn = unchecked(s.DataSegmentsIn + 0x7000_0000);
                    s.SinceDataMicros = random.Next(2) * 1000;
                }

                live[key] = s with { AtMicros = at };
                if (whole || key % 2 == 0)
                {
                    reading.Sockets.Add(live[key]);
                    if (key % 3 == 0)
                    {
                        reading.Traces.Add(new SocketTrace { Cookie = s.Cookie, Collapses = i / 3, CollapseNanos = i * 1000L, SkbsRemoved = i });
                        reading.Collapses.Add(new CollapseEvent(at - 500, s.Cookie, 15_000_000, 30_000, 900, 33_000_000, 4_000_000, 33_554_432));
                    }
                }
            }

            script.Add(reading);
        }

        return script;
    }

    private static SocketSample Sample(int i) => new()
    {
        Cookie = (ulong)i + 1,
        State = TcpState.Established,
        Tier = Tier.Sampled,
        Fields = SocketFields.Memory | SocketFields.BytesReceived | SocketFields.Info | SocketFields.Segments,
        Local = new SocketEnd(i % 2 == 0 ? 0x0A000001u : UInt128.MaxValue - 5, i % 2 != 0, 80),
        Remote = new SocketEnd(0x0A000002, false, i % 65536),
        CgroupId = ulong.MaxValue - (ulong)i,
        Inode = uint.MaxValue - (uint)i,
        RcvbufBytes = 131072,
        RcvMssBytes = 1448,
        BytesSent = ulong.MaxValue - (ulong)i,
        BytesAcked = (ulong)i,
    };

    private static void AssertSame(Reading expected, Reading actual)
    {
        Assert.Equal((expected.AtMicros, expected.IsWhole), (actual.AtMicros, actual.IsWhole));
        Assert.Equal(expected.Sockets.Samples.ToArray().OrderBy(s => s.Cookie), actual.Sockets.Samples.ToArray().OrderBy(s => s.Cookie));
        Assert.Equal(expected.Traces.Items.ToArray(), actual.Traces.Items.ToArray());
        Assert.Equal(expected.Collapses.Items.ToArray(), actual.Collapses.Items.ToArray());
        Assert.Equal(expected.Host.Settings, actual.Host.Settings);
        Assert.Equal(
            (expected.Host.MemPages, expected.Host.IsTraced, expected.Host.CollapseTickMicros, expected.Host.Tier),
            (actual.Host.MemPages, actual.Host.IsTraced, actual.Host.CollapseTickMicros, actual.Host.Tier));
        Assert.All(Enum.GetValues<HostCounter>(), c => Assert.Equal(expected.Host[c], actual.Host[c]));
    }

    /// <summary>A disk with room for so many bytes.</summary>
    private sealed class FullStream(int room) : MemoryStream
    {
        // A derived stream gets spans here too.
        public override void Write(byte[] buffer, int offset, int count)
        {
            if (Length + count > room)
            {
                throw new IOException("no space left");
            }

            base.Write(buffer, offset, count);
        }
    }
}
