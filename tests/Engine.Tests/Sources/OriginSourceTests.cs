using Swarm.Core;

namespace Swarm.Engine.Tests;

public sealed class OriginSourceTests
{
    private const int Block = TestTorrent.Block;
    private static readonly byte[] Bytes = TestTorrent.Bytes((100 * Block) + 321);

    [Fact]
    public async Task WholeAnswer_ReachesTheReader_AsOneRunThatStartsAndEnds()
    {
        await using var rig = new Rig(new(Bytes));
        rig.Open(new ScriptedBody(Bytes, 0, Bytes.Length) { MaxRead = 5_000 });

        Assert.Equal(Bytes, await rig.ReadAll());
        Assert.Empty(rig.Origin.Asked);
        var runs = await rig.Runs();
        Assert.Equal([EventKind.RunStarted, EventKind.RunEnded], runs.Select(e => e.Kind));
        Assert.Equal((101L, 101, (long)RunEnd.Complete), (runs[0].B, runs[1].A, runs[1].B));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task YieldingAnswer_GivesItsHead_AndTheRestOnceTheLineIsTaken_OrASecondLater(bool taken)
    {
        await using var rig = new Rig(new(Bytes));
        var body = new ScriptedBody(Bytes, 0, Bytes.Length);
        rig.Source.Adopt(body);
        rig.Reader.Open(rig.Source);
        rig.Reader.YieldLine();
        rig.Source.StartAdopted();
        var head = new byte[Block];
        for (var got = 0; got < head.Length;)
        {
            var reading = rig.Reader.ReadAsync(head.AsMemory(got), default).AsTask();
            await rig.Node.Drive(reading, stepMs: 0.1);
            got += await reading;
        }

        Assert.Equal(Bytes[..Block], head);
        var rest = rig.Reader.ReadAsync(head, default).AsTask();
        await Until.True(() => body.At >= Block, "the head was not received");
        rig.Node.Time.Advance(TimeSpan.FromMilliseconds(900));
        Assert.False(rest.IsCompleted);
        Assert.Equal(Block, body.At);

        if (taken)
        {
            rig.Reader.TakeLine();
        }
        else
        {
            rig.Node.Time.Advance(TimeSpan.FromMilliseconds(101));
        }

        Assert.True(await rest.WaitAsync(TimeSpan.FromMinutes(1)) > 0);
    }

    [Fact]
    public async Task UnalignedAnswer_HeadAndTailReachTheirOwnClientAlone()
    {
        await using var rig = new Rig(new(Bytes), new(100, 50_000));
        rig.Open(new ScriptedBody(Bytes, 100, 50_100) { MaxRead = 7_777 });

        Assert.Equal(Bytes[100..50_100], await rig.ReadAll());
        Assert.Empty(rig.Origin.Asked);
        Assert.Equal(2, rig.Content.PresentBlocks);
    }

    [Theory]
    [InlineData(200_000, false)]
    [InlineData(200_000, true)]
    [InlineData(163_840, false)]
    [InlineData(5, false)]
    public async Task AnswerThatBreaks_IsResumedBeforeAnyoneNotices_AfterTheOverlapWasCompared(long at, bool early)
    {
        await using var rig = new Rig(new(Bytes));
        rig.Open(early ? new ScriptedBody(Bytes, 0, Bytes.Length) { EndAt = at } : new ScriptedBody(Bytes, 0, Bytes.Length) { FailAt = at });

        Assert.Equal(Bytes, await rig.ReadAll());
        var whole = at / Block * Block;
        Assert.Equal(ByteRange.FromBounds(Math.Max(0, whole - 65_536), Bytes.Length), Assert.Single(rig.Origin.Asked));
        Rig.AssertPaired(await rig.Runs());
    }

    [Fact]
    public async Task ResumeThatDiffersWithinTheOverlap_ResetsTheClient_AndSplicesNothing()
    {
        var other = TestTorrent.Bytes(Bytes.Length, seed: 2);
        await using var rig = new Rig(new(Bytes) { Script = (_, range) => new OriginFetch(new ScriptedBody(other, range.Offset, range.End), null) });
        rig.Open(new ScriptedBody(Bytes, 0, Bytes.Length) { FailAt = 200_000 });

        await Assert.ThrowsAsync<ResourceResetException>(() => rig.ReadAll());
        Assert.True(rig.Content.Falsified);
        Assert.True(rig.Delivered <= 200_000);
        await Until.True(() => rig.Origin.Bodies is [{ Aborted: true }], "the other answer was left open");
    }

    [Fact]
    public async Task OriginThatDenies_EndsInAReset_NeverInACleanEnd()
    {
        await using var rig = new Rig(new(Bytes) { Script = (_, _) => new FetchError(FetchFailure.Denied, "403") });
        rig.Open(new ScriptedBody(Bytes, 0, Bytes.Length) { FailAt = 200_000 });

        await Assert.ThrowsAsync<ResourceResetException>(() => rig.ReadAll());
        Assert.Single(rig.Origin.Asked);
    }

    [Fact]
    public async Task OriginThatDiesWithinEachFirstBlock_IsGivenUp()
    {
        await using var rig = new Rig(new(Bytes)
        {
            Script = (_, range) => new OriginFetch(new ScriptedBody(Bytes, range.Offset, range.End) { FailAt = 200_000 }, null),
        });
        rig.Open(new ScriptedBody(Bytes, 0, Bytes.Length) { FailAt = 200_000 });

        await Assert.ThrowsAsync<ResourceResetException>(() => rig.ReadAll());
        Assert.InRange(rig.Origin.Asked.Count, 3, 8);
    }

    [Fact]
    public async Task FetchThatThrowsWhatItShouldNot_IsAFailedTransport()
    {
        await using var rig = new Rig(new(Bytes) { Script = (n, _) => n == 0 ? throw new TaskCanceledException("the client library's own time-out") : null });
        rig.Open(new ScriptedBody(Bytes, 0, Bytes.Length) { FailAt = 200_000 });

        Assert.Equal(Bytes, await rig.ReadAll());
        Assert.Equal(2, rig.Origin.Asked.Count);
    }

    [Fact]
    public async Task AnswerThatStartsElsewhere_IsUnusable()
    {
        await using var rig = new Rig(new(Bytes) { Script = (_, range) => new OriginFetch(new ScriptedBody(Bytes, range.Offset + 1, range.End), null) });
        rig.Open(new ScriptedBody(Bytes, 0, Bytes.Length) { FailAt = 200_000 });

        await Assert.ThrowsAsync<ResourceResetException>(() => rig.ReadAll());
    }

    [Fact]
    public async Task NoWayBackToTheOrigin_ABrokenAnswerEndsInAReset()
    {
        await using var rig = new Rig(null);
        rig.Open(new ScriptedBody(Bytes, 0, Bytes.Length) { FailAt = 200_000 });

        await Assert.ThrowsAsync<ResourceResetException>(() => rig.ReadAll());
    }

    [Fact]
    public async Task BodyLongerThanTheResource_IsCutAtItsEnd()
    {
        var longer = (byte[])[.. Bytes, .. new byte[40_000]];
        await using var rig = new Rig(new(Bytes));
        rig.Open(new ScriptedBody(longer, 0, longer.Length));

        Assert.Equal(Bytes, await rig.ReadAll());
    }

    [Fact]
    public async Task SlowReader_HoldsTheOriginBack()
    {
        var film = TestTorrent.Bytes(8 << 20);
        await using var rig = new Rig(new(film), bytes: film, memoryBytes: 32 << 20);
        var body = new ScriptedBody(film, 0, film.Length);
        rig.Open(body);
        var window = rig.Node.Context.PaceWindowBytes;
        await Until.True(() => body.At > window, "the run does not use its window");

        var first = new byte[4 * Block];
        Assert.True(await rig.Reader.ReadAsync(first, default) > 0);
        Assert.InRange(body.At, window, window + (4 * Block) + (256 << 10));
        Assert.Equal(film[first.Length..], await rig.ReadAll());
    }

    // --- Decisions, given by hand

    [Fact]
    public async Task Request_IsOneBoundedRange_LastBlockClipped()
    {
        await using var rig = new Rig(new(Bytes));
        var seat = rig.Seat();
        seat.Request(new(99, 2), Instant.Never);
        await Until.True(() => rig.Content.PresentBlocks == 2, "the blocks did not come");

        Assert.Equal(new ByteRange(99 * Block, Block + 321), Assert.Single(rig.Origin.Asked));
        var runs = await rig.Runs();
        Assert.Equal([EventKind.RunStarted, EventKind.RunEnded], runs.Select(e => e.Kind));
        Assert.Equal((99, 2L, 101, (long)RunEnd.Complete), (runs[0].A, runs[0].B, runs[1].A, runs[1].B));
    }

    [Fact]
    public async Task CancelledBeforeItStarted_TheRunEndsAsItBegins()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var rig = new Rig(new(Bytes) { Gate = gate.Task });
        var seat = rig.Seat();
        seat.Request(new(10, 5), Instant.Never);
        await Until.True(() => rig.Origin.Asked.Count == 1, "nothing was asked");
        seat.Cancel(new(10, 5));
        gate.SetResult();
        await Until.True(() => rig.Origin.Bodies is [{ Aborted: true }], "the answer was left open");

        var runs = await rig.Runs(settled: 2);
        Assert.Equal([EventKind.RunStarted, EventKind.RunEnded], runs.Select(e => e.Kind));
        Assert.Equal((10, (long)RunEnd.Aborted), (runs[1].A, runs[1].B));
        Assert.Equal(0, rig.Content.PresentBlocks);
    }

    [Fact]
    public async Task Cut_TheRunEndsBeforeThatBlock()
    {
        var body = new ScriptedBody(Bytes, 0, Bytes.Length).LetTo(2 * Block);
        await using var rig = new Rig(new(Bytes) { Script = (_, _) => new OriginFetch(body, null) });
        var seat = rig.Seat();
        seat.Request(new(0, 20), Instant.Never);
        await Until.True(() => rig.Content.PresentBlocks == 2, "the blocks did not come");
        seat.Cancel(new(6, 14));
        body.LetTo(long.MaxValue);
        await Until.True(() => body.Aborted, "the answer was left open");

        var ended = (await rig.Runs(settled: 2))[^1];
        Assert.Equal((EventKind.RunEnded, (long)RunEnd.Aborted), (ended.Kind, ended.B));
        Assert.InRange(ended.A, 6, 14); // what was in the receive already came too
    }

    [Fact]
    public async Task CutWhereItStands_IsAbortedAtOnce_AndNoFailure()
    {
        var body = new ScriptedBody(Bytes, 0, Bytes.Length).LetTo(2 * Block);
        await using var rig = new Rig(new(Bytes) { Script = (_, _) => new OriginFetch(body, null) });
        var seat = rig.Seat();
        seat.Request(new(0, 20), Instant.Never);
        await Until.True(() => rig.Content.PresentBlocks == 2, "the blocks did not come");
        seat.Cancel(new(0, 20));
        await Until.True(() => body.Aborted, "the answer was left open");

        var runs = await rig.Runs(settled: 2);
        Assert.Equal((EventKind.RunEnded, 2, (long)RunEnd.Aborted), (runs[^1].Kind, runs[^1].A, runs[^1].B));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cut_OfAnAnswerThatNoTreeHasConfirmed_WaitsForThat_ButNotWhileOtherViewersAreOnTheirWay(bool viewersExpected)
    {
        await using var rig = new Rig(new(Bytes), bound: true);
        var body = new ScriptedBody(Bytes, 0, Bytes.Length).LetTo(2 * Block);
        rig.Source.Adopt(body);
        var seat = rig.Seat();
        rig.Source.StartAdopted();
        await Until.True(() => body.At == 2 * Block, "the blocks did not come");
        if (viewersExpected)
        {
            rig.At.Loop.ViewersExpectedUntil = rig.Node.Context.Now + 1_000_000;
        }

        seat.Cancel(new(0, 101));

        Assert.Equal(viewersExpected, body.Aborted);
    }

    [Fact]
    public async Task AnswerThatWasCutBeforeItsFirstByte_WithholdsNothingThatIsHere()
    {
        await using var rig = new Rig(new(Bytes));
        for (var block = 0; block < rig.Content.BlockCount; block++)
        {
            // As an earlier run stored them.
            var bytes = Bytes.AsSpan(block * Block, rig.Content.BlockBytes(block));
            var buffer = rig.Node.Buffer(bytes);
            Assert.True(rig.Content.CompleteOrigin(block, buffer, bytes.Length, source: 999));
            buffer.Release();
        }

        var body = new ScriptedBody(Bytes, 0, 4 * Block).LetTo(0);
        rig.Open(body);
        await Until.True(() => body.Aborted, "the loop did not take back what is here already");
        rig.Content.BindTree(new(TestTorrent.Of(Bytes), 0, Authority.Tree, false), null);
        rig.Reader.TreeAllowed = true;

        // No time goes by here: what would wait for its proof waits for ever.
        var all = new byte[Bytes.Length];
        for (var got = 0; got < all.Length;)
        {
            got += await rig.Reader.ReadAsync(all.AsMemory(got), default).AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(Bytes, all);
    }

    [Fact]
    public async Task SecondRequestWhileOneRuns_IsAskedWhenItEnded()
    {
        var body = new ScriptedBody(Bytes, 0, 4 * Block).LetTo(Block);
        await using var rig = new Rig(new(Bytes) { Script = (n, _) => n == 0 ? new OriginFetch(body, null) : (OriginFetch?)null });
        var seat = rig.Seat();
        seat.Request(new(0, 4), Instant.Never);
        await Until.True(() => rig.Content.PresentBlocks == 1, "the block did not come");
        seat.Request(new(50, 3), Instant.Never);
        Assert.Single(rig.Origin.Asked);
        body.LetTo(long.MaxValue);
        await Until.True(() => rig.Content.PresentBlocks == 7, "the second run did not come");

        Assert.Equal(new ByteRange(50 * Block, 3 * Block), rig.Origin.Asked[1]);
        Rig.AssertPaired(await rig.Runs(settled: 4));
    }

    [Fact]
    public async Task ClosedWhileItAsks_TheAnswerIsNotUsed()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var rig = new Rig(new(Bytes) { Gate = gate.Task });
        var seat = rig.Seat();
        seat.Request(new(10, 5), Instant.Never);
        await Until.True(() => rig.Origin.Asked.Count == 1, "nothing was asked");
        rig.Source.Dispose();
        gate.SetResult();
        seat.Request(new(20, 5), Instant.Never);

        Assert.DoesNotContain(await rig.Runs(), e => e.Kind == EventKind.RunStarted);
        Assert.Single(rig.Origin.Asked);
    }

    [Fact]
    public async Task ClosedWithinABlock_ItsMemoryGoesBack()
    {
        await using var rig = new Rig(new(Bytes));
        var body = new ScriptedBody(Bytes, 100, Bytes.Length).LetTo((3 * Block) + 77);
        rig.Open(body);
        await Until.True(() => rig.Content.PresentBlocks == 2, "the blocks did not come");
        await rig.Reader.DisposeAsync();

        Assert.True(body.Aborted);
        rig.Content.Release();
        await Until.True(() => rig.Node.Pool.Outstanding().Count == 0, "a block was not given back");
    }

    [Fact]
    public async Task Moved_TheOldLoopsDecisionsReachNobody_AndTheNewOneHearsOfTheRun()
    {
        var body = new ScriptedBody(Bytes, 0, Bytes.Length).LetTo(2 * Block);
        await using var rig = new Rig(new(Bytes) { Script = (_, _) => new OriginFetch(body, null) });
        var old = rig.Seat();
        old.Request(new(0, 101), Instant.Never);
        await Until.True(() => rig.Content.PresentBlocks == 2, "the blocks did not come");
        var layout = new ContentLayout([new("a", 5 * Block, 0, default), new("film", Bytes.Length, 8, default)], 4 * Block);
        var next = rig.Node.Loop(layout);
        Assert.True(next.TryAttach(rig.Content, 1));
        rig.Source.LeaveLoop(rig.At);
        rig.Source.JoinLoop(rig.Content.Attachment!);

        old.Cancel(new(2, 50));
        old.Request(new(0, 1), Instant.Never);
        body.LetTo(long.MaxValue);
        await Until.True(() => rig.Content.PresentBlocks == 101, "the run did not go on");

        await Until.True(() => next.Log.Recent().Any(e => e.Kind == EventKind.RunEnded), "the new loop did not hear of the end");
        var events = (await TestNode.EventsOf(next)).Where(e => e.Id == rig.Source.Id).ToArray();
        Assert.Equal(EventKind.SourceJoined, events[0].Kind);
        Assert.Equal((EventKind.RunStarted, 10, 99L), (events[1].Kind, events[1].A, events[1].B));
        Assert.Equal((109, (long)RunEnd.Complete), events.Where(e => e.Kind == EventKind.RunEnded).Select(e => (e.A, e.B)).Single());
    }

    [Fact]
    public async Task MovedWhileItAsks_TheNewLoopCountsOnTheRun()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var rig = new Rig(new(Bytes) { Gate = gate.Task });
        rig.Seat().Request(new(10, 5), Instant.Never);
        await Until.True(() => rig.Origin.Asked.Count == 1, "nothing was asked");
        var next = rig.Node.Loop(ContentLayout.Single("film", Bytes.Length, 4 * Block));
        Assert.True(next.TryAttach(rig.Content, 0));
        rig.Source.LeaveLoop(rig.At);
        rig.Source.JoinLoop(rig.Content.Attachment!);
        gate.SetResult();
        await Until.True(() => next.Log.Recent().Any(e => e.Kind == EventKind.RunEnded), "the run did not end");

        Assert.Equal([EventKind.RunStarted, EventKind.RunEnded], (await TestNode.EventsOf(next)).Where(e => e.Kind is EventKind.RunStarted or EventKind.RunEnded).Select(e => e.Kind));
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly SwarmLoop _loop;
        private readonly byte[] _bytes;

        public Rig(ScriptedOrigin? origin, ByteRange? range = null, byte[]? bytes = null, long memoryBytes = 16 << 20, bool bound = false)
        {
            _bytes = bytes ?? Bytes;
            Node = new(memoryBytes: memoryBytes);
            Origin = origin ?? new(_bytes);
            Content = Node.Content(_bytes.Length);
            _loop = bound ? BoundLoop() : Node.LoneLoop(Content);
            At = Content.Attachment!;
            Reader = Node.Reader(Content, range);
            Reader.TreeAllowed = bound;
            Source = new(Node.Context, Reader, origin, "origin.example");
        }

        public TestNode Node { get; }

        public ScriptedOrigin Origin { get; }

        public FileContent Content { get; }

        public ResourceReader Reader { get; }

        public OriginSource Source { get; }

        public Attachment At { get; }

        public int Delivered { get; private set; }

        public void Open(ScriptedBody body)
        {
            Source.Adopt(body);
            Reader.Open(Source);
            Source.StartAdopted();
        }

        /// <summary>A torrent's loop, of whose tree nothing is known below its pieces.</summary>
        private SwarmLoop BoundLoop()
        {
            var metainfo = TestTorrent.Of(_bytes);
            var loop = Node.Loop(metainfo.Layout, metainfo.InfoHash);
            Content.BindTree(new(metainfo, 0, Authority.Tree, false), null);
            Assert.True(loop.TryAttach(Content, 0));
            return loop;
        }

        /// <summary>The seat in the loop, without a reader: the loop decides nothing by itself.</summary>
        public IBlockSource Seat()
        {
            Source.JoinLoop(At);
            return _loop.Sources.Single();
        }

        public async Task<byte[]> ReadAll()
        {
            var reading = Task.Run(async () =>
            {
                var all = new MemoryStream();
                var some = new byte[10_000];
                for (int n; (n = await Reader.ReadAsync(some, default)) > 0;)
                {
                    all.Write(some, 0, n);
                    Delivered += n;
                }

                return all.ToArray();
            });
            await Node.Drive(reading);
            return await reading;
        }

        /// <summary>Events about runs, in order, once there are as many as expected.</summary>
        public async Task<SwarmEvent[]> Runs(int settled = 0)
        {
            static bool IsRun(SwarmEvent e) => e.Kind is EventKind.RunStarted or EventKind.RunEnded;
            await Until.True(() => _loop.Log.Recent().Count(IsRun) >= settled, "a run was not told of");
            if (settled == 0 && Source.Id > 0)
            {
                await Until.True(() => IsSettled(_loop.Log.Recent().Where(IsRun).ToArray()), "a run was not ended");
            }

            return [.. (await TestNode.EventsOf(_loop)).Where(IsRun)];
        }

        public static void AssertPaired(SwarmEvent[] runs)
        {
            Assert.Equal(0, runs.Length % 2);
            for (var i = 0; i < runs.Length; i++)
            {
                Assert.Equal(i % 2 == 0 ? EventKind.RunStarted : EventKind.RunEnded, runs[i].Kind);
            }
        }

        public async ValueTask DisposeAsync()
        {
            Source.Dispose();
            await Node.DisposeAsync();
        }

        private static bool IsSettled(SwarmEvent[] runs) => runs.Count(e => e.Kind == EventKind.RunStarted) == runs.Count(e => e.Kind == EventKind.RunEnded);
    }
}
