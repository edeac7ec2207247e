using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine.Tests;

public sealed class FileContentStoreTests : IDisposable
{
    private const int Block = TestTorrent.Block;
    private static readonly byte[] Bytes = TestTorrent.Bytes(8 * Block);
    private static readonly Protocol.Metainfo Torrent = TestTorrent.Of(Bytes);
    private readonly string _folder = Directory.CreateTempSubdirectory("swarm-engine-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task MemoryOverItsLimit_WithAStore_LosesNothing()
    {
        await using var node = new TestNode();
        using var store = Open();
        var origin = store.Open("origin", Bytes.Length)!;
        var content = node.Content(Bytes.Length, origin, memoryLimitBytes: 2 * Block);
        var feed = new ContentFeed(node, content, Bytes);
        var loop = node.LoneLoop(content);
        for (var block = 0; block < 8; block++)
        {
            feed.Origin(block);
            await Until.True(() => origin.Has(block), "the writer did not write");
        }

        content.TrimMemory(all: true);

        Assert.Equal(0, content.MemoryBytes);
        Assert.All(Enumerable.Range(0, 8), b => Assert.Equal(Block, feed.Released(b)));
        Assert.DoesNotContain(await TestNode.EventsOf(loop), e => e.Kind == EventKind.Lost);
        content.Release();
    }

    [Fact]
    public async Task StoreThatIsFull_CostsTheClientNothing()
    {
        await using var node = new TestNode();
        using var store = Open(quotaBytes: 2 * Block);
        var content = node.Content(Bytes.Length, store.Open("origin", Bytes.Length), memoryLimitBytes: 4 * Block);
        var feed = new ContentFeed(node, content, Bytes);
        for (var block = 0; block < 8; block++)
        {
            Assert.True(feed.Origin(block));
            Assert.Equal(Block, feed.Released(block));
        }

        await Until.True(
            () =>
            {
                content.TrimMemory(all: true);
                return content.MemoryBytes == 0;
            },
            "memory that the store refused stayed");
        content.Release();
    }

    [Fact]
    public async Task FileThatVanished_TheBlockIsLost_AndTakenAgain()
    {
        await using var node = new TestNode();
        using var store = Open();
        var origin = store.Open("origin", Bytes.Length)!;
        var content = node.Content(Bytes.Length, origin);
        var feed = new ContentFeed(node, content, Bytes);
        var loop = node.LoneLoop(content);
        feed.Origin(0);
        await Until.True(() => origin.Has(0), "the writer did not write");
        content.TrimMemory(all: true);
        foreach (var file in Directory.GetFiles(Path.Combine(_folder, "data")))
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Write);
            RandomAccess.SetLength(handle, 0);
        }

        Assert.Equal(0, feed.Released(0));
        Assert.True(content.LacksAny(new(0, 1)));
        Assert.True(feed.Origin(0));
        Assert.Equal(Block, feed.Released(0));
        Assert.Equal([EventKind.Admitted, EventKind.Lost, EventKind.Admitted],
            (await TestNode.EventsOf(loop)).Select(e => e.Kind).Where(k => k is EventKind.Admitted or EventKind.Lost));
        content.Release();
    }

    [Fact]
    public async Task Contradicted_TheOriginsStoredBytesAreGoneAfterARestart_WhoeverEndsTheProcess()
    {
        await using var node = new TestNode();
        using (var store = Open())
        {
            var content = node.Content(Bytes.Length, store.Open("origin", Bytes.Length));
            var feed = new ContentFeed(node, content, Bytes);
            feed.Origin(3);
            Assert.True(await store.FlushAsync());

            Assert.False(feed.Origin(3, source: 5, instead: TestTorrent.Bytes(Block, seed: 99)));

            // Nothing else is needed for it: no response has ended, nobody has deleted it.
            await Until.True(() => store.Contents().Single().Metadata == "condemned", "the mark");
        }

        using var again = Open();
        Assert.Null(again.Find("origin"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reopened_AnswerThatBringsStoredBytesAgain_IsProvenWithTheirPiece_WheneverTheTreeComes(bool treeFirst)
    {
        using (var store = Open())
        {
            await using var earlier = new TestNode();
            var origin = store.Open("origin", Bytes.Length)!;
            var before = earlier.Content(Bytes.Length, origin);
            earlier.LoneLoop(before);
            var fed = new ContentFeed(earlier, before, Bytes);
            for (var block = 0; block < 8; block++)
            {
                fed.Origin(block);
            }

            await Until.True(() => Enumerable.Range(0, 8).All(origin.Has), "the writer did not write");
            before.Release();
        }

        await using var node = new TestNode();
        using var reopened = Open();
        var content = node.Content(Bytes.Length, reopened.Open("origin", Bytes.Length));
        node.LoneLoop(content);
        var feed = new ContentFeed(node, content, Bytes);
        const int answer = 7;
        if (treeFirst)
        {
            content.BindTree(TestTorrent.Tree(Torrent), null);
        }

        feed.Origin(5, source: answer); // a probe in the second piece; the rest of it lies in the store
        if (!treeFirst)
        {
            content.BindTree(TestTorrent.Tree(Torrent), null);
        }

        Assert.True(content.IsProven(answer));
        Assert.False(content.IsProven(answer + 1));
        content.Release();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SeveralAnswers_ThatBroughtTheSameBytes_AreProvenTogether_WheneverTheTreeComes(bool treeFirst)
    {
        await using var node = new TestNode();
        using var store = Open();
        var content = node.Content(Bytes.Length, store.Open("origin", Bytes.Length));
        node.LoneLoop(content);
        var feed = new ContentFeed(node, content, Bytes);
        if (treeFirst)
        {
            content.BindTree(TestTorrent.Tree(Torrent), null);
        }

        // Three clients at once; the second answer is cut after its first block, the third after its second.
        feed.Origin(4, source: 5);
        feed.Origin(4, source: 6);
        feed.Origin(4, source: 7);
        feed.Origin(5, source: 5);
        feed.Origin(5, source: 7);
        if (!treeFirst)
        {
            content.BindTree(TestTorrent.Tree(Torrent), null);
        }

        Assert.False(content.IsProven(5) || content.IsProven(6) || content.IsProven(7));
        content.LearnLeaves(4, TestTorrent.Leaves(Bytes).AsSpan(4, 1), giver: -1);

        Assert.True(content.IsProven(5) && content.IsProven(6) && content.IsProven(7));
        Assert.False(content.IsProven(8));
        content.Release();
    }

    [Fact]
    public async Task AnswerThatBroughtTheSameBytes_IsNotProvenByOthers_ThatTookTheirPlace()
    {
        await using var node = new TestNode();
        var content = node.Content(Bytes.Length);
        node.LoneLoop(content);
        content.BindTree(TestTorrent.Tree(Torrent), null);
        var old = new ContentFeed(node, content, TestTorrent.Bytes(Bytes.Length, seed: 2));
        old.Origin(4, source: 5);
        old.Origin(4, source: 6);

        content.TrimMemory(all: true); // no store, no reader: gone
        Assert.True(content.LacksAny(new(4 * TestTorrent.Block, 1)));
        new ContentFeed(node, content, Bytes).Origin(4, source: 7);
        content.LearnLeaves(4, TestTorrent.Leaves(Bytes).AsSpan(4, 1), giver: -1);

        Assert.True(content.IsProven(7));
        Assert.False(content.IsProven(5) || content.IsProven(6));
        content.Release();
    }

    [Fact]
    public async Task Reopened_PeersBytesNeverComeBackAsTheOrigins()
    {
        await using var node = new TestNode();
        using (var store = Open())
        {
            var content = node.Content(Bytes.Length, store.Open("origin", Bytes.Length));
            content.BindTree(TestTorrent.Tree(Torrent, confirmed: true), store.Open("tree", Bytes.Length));
            content.LearnLeaves(0, TestTorrent.Leaves(Bytes), giver: -1);
            var feed = new ContentFeed(node, content, Bytes);
            feed.Origin(0);
            feed.Peer(1);
            Assert.True(await store.FlushAsync());
            content.Release();
        }

        using (var store = Open())
        {
            var content = node.Content(Bytes.Length, store.Open("origin", Bytes.Length));
            var feed = new ContentFeed(node, content, Bytes);
            Assert.Equal(Block, feed.Released(0));
            Assert.Equal(0, feed.Released(1)); // no tree, no peers' bytes

            content.BindTree(TestTorrent.Tree(Torrent), store.Open("tree", Bytes.Length));
            Assert.Equal(0, feed.Released(1)); // a tree that nothing confirmed in this run
            content.LearnLeaves(0, TestTorrent.Leaves(Bytes).AsSpan(0, 4), giver: 5);
            Assert.True(content.TreeConfirmed);
            Assert.Equal(Block, feed.Released(1));
            Assert.Equal(0, feed.Released(1, treeAllowed: false));

            content.Falsify();
            Assert.Equal(Block, feed.Released(0));
            Assert.Equal(0, feed.Released(1));
            content.Release();
        }
    }

    [Fact]
    public async Task SecondTree_IsNotBound_AndItsStoreIsLetGo()
    {
        await using var node = new TestNode();
        using var store = Open();
        var content = node.Content(Bytes.Length);
        content.BindTree(TestTorrent.Tree(Torrent), store.Open("tree", Bytes.Length));
        var other = store.Open("other", Bytes.Length)!;
        Assert.True(other.TryEnqueue(0, Bytes.AsMemory(0, Block), TestTorrent.Leaves(Bytes)[0], _ => { }));
        Assert.True(await store.FlushAsync());
        content.BindTree(TestTorrent.Tree(TestTorrent.Of(TestTorrent.Bytes(Bytes.Length, 2))), other);

        Assert.Equal(Torrent.InfoHash, content.Tree!.Metainfo.InfoHash);
        Assert.True(store.Delete("other"), "the store of the refused tree is still held");
        content.Release();
    }

    private PieceStore Open(long quotaBytes = 1 << 30)
    {
        Assert.True(PieceStore.TryOpen(new() { DataDirectory = _folder, QuotaBytes = quotaBytes, CloseTimeout = TimeSpan.FromMinutes(5) }, out var store, out var error), error?.Message);
        return store;
    }
}
