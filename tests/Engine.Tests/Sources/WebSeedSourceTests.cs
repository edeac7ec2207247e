using Swarm.Core;

namespace Swarm.Engine.Tests;

/// <summary>A web seed as the loop drives it: runs, cancels, memory.</summary>
public sealed class WebSeedSourceTests
{
    private const int Block = TestTorrent.Block;
    private const string Url = "https://mirror.example/film";

    // Forty pieces of four blocks.
    private static readonly byte[] Bytes = TestTorrent.Bytes(160 * Block);

    [Fact]
    public async Task Requests_AreJoinedToBoundedRuns_TheEarliestDeadlineFirst_TwoAtATime()
    {
        await using var rig = new Rig();
        rig.Web.Gate = new TaskCompletionSource().Task;
        rig.Source.Request(new(0, 100), new(5_000));
        rig.Source.Request(new(120, 2), new(1_000));
        rig.Source.Request(new(130, 1), new(9_000));
        rig.Source.Flush();

        await Until.True(() => rig.Web.Asked.Count == 2, "two requests");
        rig.Source.Flush();

        Assert.Equal(
            [new(0, 64L * Block), new(120L * Block, 2L * Block)],
            rig.Web.Asked.Select(r => r.Range).OrderBy(r => r.Offset));
        Assert.All(rig.Web.Asked, r => Assert.Equal((Url, (long)Bytes.Length, true), (r.Url, r.FileLength, r.HttpsOnly)));
    }

    [Fact]
    public async Task Cancelled_BeforeItWasAsked_IsNeverAsked()
    {
        await using var rig = new Rig();
        rig.Source.Request(new(0, 8), new(1));
        rig.Source.Cancel(new(2, 6));
        rig.Source.Flush();

        await Until.True(() => rig.Events(EventKind.Arrived) == 2, "two blocks");
        Assert.Equal(new ByteRange(0, 2 * Block), Assert.Single(rig.Web.Asked).Range);
    }

    [Fact]
    public async Task Cancelled_WhileItFlows_ClosesTheAnswer_AndGivesItsMemoryBack()
    {
        await using var rig = new Rig();
        rig.Web.LetTo = (3 * Block) + 100;
        rig.Source.Request(new(0, 32), new(1));
        rig.Source.Flush();
        await Until.True(() => rig.Events(EventKind.Arrived) == 3, "three blocks");

        rig.Source.Cancel(new(3, 29));

        await Until.True(() => rig.Web.Bodies[0].Aborted, "the answer is closed");
        rig.Web.LetTo = long.MaxValue;
        rig.Source.Request(new(8, 1), new(1));
        rig.Source.Flush();
        await Until.True(() => rig.Events(EventKind.Arrived) == 4, "it is asked for more");
        Assert.Equal(0, rig.Events(EventKind.SourceLeft));
    }

    [Fact]
    public async Task Cancelled_BeforeItsAnswer_StillBringsOneBlock_AsASignOfLife()
    {
        await using var rig = new Rig();
        var gate = new TaskCompletionSource();
        rig.Web.Gate = gate.Task;
        rig.Source.Request(new(0, 8), new(1));
        rig.Source.Flush();
        await Until.True(() => rig.Web.Asked.Count == 1, "it is asked");

        rig.Source.Cancel(new(0, 8));
        gate.SetResult();

        await Until.True(() => rig.Web.Bodies.Count == 1 && rig.Web.Bodies[0].Aborted, "the answer is closed");
        await Until.True(() => rig.Events(EventKind.Arrived) >= 1, "its first block came");
    }

    [Fact]
    public async Task MemoryFull_IsBackPressure_NotALoss()
    {
        await using var rig = new Rig();
        var taken = new List<Swarm.Store.BlockBuffer>();
        while (rig.Node.Pool.TryRent() is { } buffer)
        {
            taken.Add(buffer);
        }

        rig.Source.Request(new(0, 4), new(1));
        rig.Source.Flush();
        await Until.True(() => rig.Web.Bodies.Count == 1 && rig.Web.Bodies[0].At > 0, "it reads, and waits for room");
        Assert.Equal(0, rig.Events(EventKind.Arrived));
        taken.ForEach(b => b.Release());

        await Until.True(
            () =>
            {
                rig.Node.Time.Advance(TimeSpan.FromMilliseconds(20));
                return rig.Events(EventKind.Arrived) == 4;
            },
            "all four come");
    }

    [Fact]
    public async Task Ban_EndsEverything_AndTellsWhy()
    {
        await using var rig = new Rig();
        rig.Web.LetTo = 100;
        rig.Source.Request(new(0, 4), new(1));
        rig.Source.Flush();
        await Until.True(() => rig.Web.Bodies.Count == 1, "it is asked");

        rig.Source.Ban(0);

        await Until.True(() => rig.Web.Bodies[0].Aborted, "the answer is closed");
        Assert.True(rig.Source.Record.Banned);
        Assert.True(rig.HasEnded);
        Assert.False(rig.Source.Record.Connected);
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly SwarmLoop _loop;
        private volatile bool _ended;

        public Rig()
        {
            var torrent = TestTorrent.Of(Bytes);
            Content = Node.Content(Bytes.Length); // of an https URL
            Content.BindTree(TestTorrent.Tree(torrent, confirmed: true), null);
            _loop = Node.Loop(torrent.Layout, torrent.InfoHash);
            Assert.True(_loop.TryAttach(Content, 0));
            Source = new(Node.Context, _loop, torrent, HttpSeed.WebSeed(Url), Web, (_, _) => _ended = true);
        }

        public TestNode Node { get; } = new();

        public ScriptedWebSeed Web { get; } = new(Bytes);

        public FileContent Content { get; }

        public WebSeedSource Source { get; }

        public bool HasEnded => _ended;

        public int Events(EventKind kind) => _loop.Log.Recent().Count(e => e.Kind == kind);

        public ValueTask DisposeAsync()
        {
            Source.Close();
            return Node.DisposeAsync();
        }
    }

    /// <summary>A way to web seeds that answers honestly, as far and as soon as it is let.</summary>
    private sealed class ScriptedWebSeed(byte[] bytes) : ScriptedAnswers<WebSeedRequest>, IWebSeedAccess
    {
        public long LetTo { get; set; } = long.MaxValue;

        public async ValueTask<WebSeedFetch> FetchAsync(WebSeedRequest request, CancellationToken cancel)
        {
            await AskAsync(request, cancel);
            var body = new ScriptedBody(bytes, request.Range.Offset, request.Range.End).LetTo(LetTo);
            Note(body);
            return new(body, null, request.Url);
        }
    }
}
