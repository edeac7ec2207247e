using System.Buffers.Binary;
using System.Text;
using Swarm.Core;

namespace Swarm.Engine.Tests;

public sealed class EventLogTests
{
    private static readonly ContentLayout Layout = ContentLayout.Single("film", 3_000_000, 1 << 18, new(1, 2, 3, 4));

    [Fact]
    public void Recorded_ReplaysToTheIdenticalDigest()
    {
        var (bytes, digest, events) = Record(3_000);

        var replay = EventLogReplay.Run(bytes);

        Assert.Null(replay.Problem);
        Assert.Equal(digest, replay.Digest);
        Assert.Equal(events, replay.Events);
        Assert.Equal(3, replay.Checkpoints);
        Assert.True(replay.Decisions > 100, $"only {replay.Decisions} decisions: the log proves little");
    }

    [Fact]
    public void TcpFindings_AreReplayed_AndChangeNoDecision()
    {
        var (without, digest, events) = Record(600);
        var (with, same, more) = Record(600, tcpFindings: true);

        Assert.Equal(digest, same);
        Assert.Equal(2 * events, more);
        Assert.True(with.Length > without.Length);
        var replay = EventLogReplay.Run(with);
        Assert.Null(replay.Problem);
        Assert.Equal((digest, (long)more), (replay.Digest, replay.Events));
    }

    [Fact]
    public void AnyFlippedBitOfTheEvents_IsFound()
    {
        var (bytes, _, _) = Record(300);
        var records = Records(bytes);
        var random = new Random(5);
        for (var i = 0; i < 200; i++)
        {
            var at = random.Next(records, bytes.Length - SwarmEvent.Size);
            bytes[at] ^= 1;
            Assert.NotNull(EventLogReplay.Run(bytes).Problem);
            bytes[at] ^= 1;
        }

        Assert.Null(EventLogReplay.Run(bytes).Problem);
    }

    [Fact]
    public void LogOfTheFirstFormat_ReplaysTheSame()
    {
        var (bytes, _, events) = Record(300);
        bytes[EventLog.Format.Length - 1] = (byte)'1';

        var replay = EventLogReplay.Run(bytes);

        Assert.Null(replay.Problem);
        Assert.Equal(events, replay.Events);
    }

    [Fact]
    public void OtherDecisions_AreFound()
    {
        var (bytes, _, _) = Record(300);
        var last = bytes.Length - SwarmEvent.Size;
        Assert.Equal(EventLog.CheckpointKind, bytes[last]);
        var digest = bytes.AsSpan(last + 17);
        BinaryPrimitives.WriteUInt64LittleEndian(digest, BinaryPrimitives.ReadUInt64LittleEndian(digest) + 1);

        Assert.Contains("decisions differ", EventLogReplay.Run(bytes).Problem!, StringComparison.Ordinal);
    }

    [Fact]
    public void CutAnywhere_ReplaysWhatIsThere()
    {
        var (bytes, _, _) = Record(300);
        var records = Records(bytes);
        for (var length = records; length < bytes.Length; length += 101)
        {
            var replay = EventLogReplay.Run(bytes.AsSpan(0, length));
            Assert.Null(replay.Problem);
            Assert.Equal((length - records) / SwarmEvent.Size, replay.Events);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("swarmstream.eventlog/3\nseed 1\n\n")]
    [InlineData("swarmstream.eventlog/1\n\n")]
    [InlineData("swarmstream.eventlog/1\nseed 1\npiece-length 16384\n\n")]
    [InlineData("swarmstream.eventlog/1\nseed -1\npiece-length 16384\nfile 0 1 plain\n\n")]
    [InlineData("swarmstream.eventlog/1\nseed 1\npiece-length 16383\nfile 0 1 plain\n\n")]
    [InlineData("swarmstream.eventlog/1\nseed 1\npiece-length 0\nfile 0 1 plain\n\n")]
    [InlineData("swarmstream.eventlog/1\nseed 1\npiece-length 16384\nfile 0 9223372036854775807 tree\n\n")]
    [InlineData("swarmstream.eventlog/1\nseed 1\npiece-length 16384\nfile 2147483647 16385 tree\n\n")]
    [InlineData("swarmstream.eventlog/1\nseed 1\npiece-length 32768\nfile 1 1 tree\n\n")]
    [InlineData("swarmstream.eventlog/1\nseed 1\npiece-length 16384\nfile 0 99999 tree\nfile 1 1 tree\n\n")]
    [InlineData("swarmstream.eventlog/1\nseed 1\npiece-length 16384\nfile 0 1 lies\n\n")]
    [InlineData("swarmstream.eventlog/1\nseed 1\npiece-length 16384\nfile -1 1 plain\n\n")]
    [InlineData("swarmstream.eventlog/1\nwhat is this\n\n")]
    public void HostileHeader_IsASentence(string header)
    {
        var replay = EventLogReplay.Run(Encoding.UTF8.GetBytes(header));

        Assert.False(string.IsNullOrEmpty(replay.Problem));
        Assert.Equal(0, replay.Events);
    }

    [Fact]
    public void HostileRecords_NeverThrow()
    {
        var (bytes, _, _) = Record(10);
        var records = Records(bytes);
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var hostile = new byte[records + (40 * SwarmEvent.Size)];
            bytes.AsSpan(0, records).CopyTo(hostile);
            random.NextBytes(hostile.AsSpan(records));
            for (var at = records; at < hostile.Length; at += SwarmEvent.Size)
            {
                hostile[at] = (byte)random.Next(28); // mostly kinds that mean something
            }

            EventLogReplay.Run(hostile);
        }
    }

    [Fact]
    public void DiskThatFails_EndsTheFile_NotTheLog()
    {
        using var log = new EventLog(() => new Unclosed(new MemoryStream(new byte[400])), Layout, 1, "");
        for (var i = 0; i < 5_000; i++)
        {
            log.Append(new(EventKind.Wake, new(i), 0));
            log.Checkpoint(0);
        }

        log.Finish(0);
        Assert.NotNull(log.Problem);
        Assert.Equal(5_000, log.Count);
    }

    [Fact]
    public void FolderThatIsNotThere_IsAProblem_NotAnException()
    {
        using var log = new EventLog(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"), "x.events"), Layout, 1, "");

        Assert.NotNull(log.Problem);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(40_000)]
    public void Recent_AreTheNewest_InOrder(int events)
    {
        using var log = new EventLog(path: null, Layout, 1, "");
        for (var i = 0; i < events; i++)
        {
            log.Append(new(EventKind.Wake, new(i), i));
        }

        var recent = log.Recent();
        Assert.Equal(Math.Min(events, 16_384), recent.Length);
        Assert.Equal(Enumerable.Range(events - recent.Length, recent.Length), recent.Select(e => e.Id));
    }

    [Fact]
    public void Header_NamesNoContent()
    {
        var text = LogHeader.Write(ContentLayout.Single("secret-name", 5, 16_384, new(9, 9, 9, 9)), 1, "line one\r\nline two");

        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.Contains("# line one\n# line two\n", text, StringComparison.Ordinal);
        Assert.NotNull(LogHeader.Read(Encoding.UTF8.GetBytes(text), out _, out _));
    }

    private static int Records(byte[] bytes) => bytes.AsSpan().IndexOf("\n\n"u8) + 2;

    /// <summary>A swarm of one reader and three peers, at random, and what was decided.</summary>
    private static (byte[] Bytes, ulong Digest, int Events) Record(int events, bool tcpFindings = false)
    {
        var file = new MemoryStream();
        using var log = new EventLog(() => new Unclosed(file), Layout, 9, "swarmstream test");
        var state = new SwarmState(Layout, 9, new SchedulerOptions());
        var decisions = new DecisionBuffer();
        var digest = new DecisionDigest();
        var random = new Random(3);
        var count = 0;
        var found = 0;
        void Step(EventKind kind, int id, int a = 0, long b = 0, long c = 0)
        {
            Apply(new SwarmEvent(kind, new(1_000 * ++count), id, a, b, c));
            if (tcpFindings)
            {
                Apply(new SwarmEvent(EventKind.TcpFound, new(1_000 * count), 2, 1 << 4, (6_291_456L << 32) | 6_000_000, 68_000));
                found++;
            }
        }

        void Apply(in SwarmEvent e)
        {
            log.Append(e);
            decisions.Clear();
            state.Step(e, decisions);
            digest.Add(decisions.Items);
            log.Checkpoint(digest.Value);
        }

        Step(EventKind.HashesKnown, -1, 0, Layout.BlockCount);
        Step(EventKind.ReaderOpened, 1, 0, 0, 3_000_000);
        for (var peer = 2; peer < 5; peer++)
        {
            Step(EventKind.SourceJoined, peer, (int)SourceKind.Peer, 250, 10_000);
            Step(EventKind.SourceHas, peer, 0, Layout.BlockCount);
            Step(EventKind.Unchoked, peer);
        }

        while (count < events)
        {
            var block = random.Next(Layout.BlockCount);
            var peer = random.Next(2, 5);
            switch (random.Next(6))
            {
                case 0:
                    Step(EventKind.Lost, -1, block, 1);
                    break;
                case 1:
                    Step(EventKind.Wake, 0);
                    break;
                case 2:
                    Step(EventKind.Rejected, peer, block, 1);
                    break;
                default:
                    Step(EventKind.Arrived, peer, block, Layout.BlockBytes(block));
                    Step(EventKind.Admitted, peer, block);
                    break;
            }
        }

        log.Finish(digest.Value);
        return (file.ToArray(), digest.Value, count + found);
    }

    private sealed class Unclosed(Stream inner) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => inner.Length;
        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }
        public override void Flush() => inner.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count)
        {
            try
            {
                inner.Write(buffer, offset, count);
            }
            catch (NotSupportedException full)
            {
                throw new IOException("no space left on device", full);
            }
        }
    }
}
