using Swarm.Core;

namespace Swarm.Engine.Tests;

public sealed class FileContentTests
{
    private const int Block = TestTorrent.Block;

    // Eleven blocks, the last one short; pieces of four.
    private static readonly byte[] Bytes = TestTorrent.Bytes((10 * Block) + 777);
    private static readonly Protocol.Metainfo Torrent = TestTorrent.Of(Bytes);

    [Fact]
    public async Task OriginBlock_IsReleasableAtOnce_WithoutAnyTree()
    {
        await using var rig = new Rig();

        Assert.True(rig.Feed.Origin(10));
        Assert.Equal(777, rig.Feed.Released(10, treeAllowed: false));
        Assert.Equal(0, rig.Feed.Released(9));
        Assert.Equal([(EventKind.Admitted, 1, 10)], await rig.Told());
    }

    [Fact]
    public async Task OriginBlock_ThenLeafLearned_ConfirmsTheTree()
    {
        await using var rig = new Rig(tree: true);
        rig.Feed.Origin(0);
        Assert.False(rig.Content.TreeConfirmed);

        rig.Content.LearnLeaves(0, TestTorrent.Leaves(Bytes).AsSpan(0, 4), giver: 2);

        Assert.True(rig.Content.TreeConfirmed);
        Assert.False(rig.Content.Falsified);
    }

    [Fact]
    public async Task OriginBlock_ThatContradictsItsLeaf_FalsifiesTheTree_AndStaysPrivate()
    {
        await using var rig = new Rig(tree: true);
        rig.Content.LearnLeaves(0, TestTorrent.Leaves(Bytes), giver: -1);

        Assert.False(rig.Feed.Origin(3, instead: TestTorrent.Bytes(Block, seed: 99)));
        Assert.True(rig.Content.Falsified);
        Assert.False(rig.Feed.Origin(4)); // the answer goes on, for its own client alone
    }

    [Fact]
    public async Task OriginBlock_ThenOtherBytesUnderTheSameValidator_FalsifiesByItself()
    {
        await using var rig = new Rig();
        rig.Feed.Origin(3);

        Assert.False(rig.Feed.Origin(3, source: 5, instead: TestTorrent.Bytes(Block, seed: 99)));
        Assert.True(rig.Content.Falsified);
    }

    [Fact]
    public async Task PeerBlock_LeafUnknown_IsHeld_AndNeverLeaves()
    {
        await using var rig = new Rig(tree: true, confirmed: true);

        Assert.True(rig.Feed.Peer(2));
        Assert.Equal(0, rig.Feed.Released(2));
        Assert.True(rig.Content.LacksAny(new(2 * Block, 1)));
        Assert.Equal([(EventKind.Arrived, 2, 2)], await rig.Told());
    }

    [Fact]
    public async Task PeerBlock_Held_IsAdmittedWhenItsLeafComes_AfterTheNewsOfTheLeaf()
    {
        await using var rig = new Rig(tree: true, confirmed: true);
        rig.Feed.Peer(2);
        rig.Content.LearnLeaves(0, TestTorrent.Leaves(Bytes).AsSpan(0, 4), giver: 9);

        Assert.Equal(Block, rig.Feed.Released(2));
        Assert.Equal([(EventKind.Arrived, 2, 2), (EventKind.HashesKnown, 9, 0), (EventKind.Admitted, 2, 2)], await rig.Told());
    }

    [Fact]
    public async Task PeerBlock_HeldAndWrong_IsCorruptWhenItsLeafComes_AndItsMemoryGoesBack()
    {
        await using var rig = new Rig(tree: true, confirmed: true);
        rig.Feed.Peer(2, lie: true);
        rig.Content.LearnLeaves(0, TestTorrent.Leaves(Bytes).AsSpan(0, 4), giver: 9);

        Assert.Equal(0, rig.Feed.Released(2));
        Assert.Empty(rig.Node.Pool.Outstanding());
        Assert.Equal(Block, rig.Content.RejectedBytes);
        Assert.Contains((EventKind.Corrupt, 2, 2), await rig.Told());
    }

    [Fact]
    public async Task PeerBlock_LeafKnownAndWrong_IsCorruptAtOnce()
    {
        await using var rig = new Rig(tree: true, confirmed: true);
        rig.Content.LearnLeaves(0, TestTorrent.Leaves(Bytes), giver: -1);

        Assert.False(rig.Feed.Peer(2, lie: true));
        Assert.Empty(rig.Node.Pool.Outstanding());
        Assert.True(rig.Feed.Peer(2, source: 3)); // and the right one is taken
        Assert.Equal(Block, rig.Feed.Released(2));
    }

    [Fact]
    public async Task PeerBlock_ProvenByATreeNobodyConfirmed_DoesNotLeave_UntilTheOriginDid()
    {
        await using var rig = new Rig(tree: true);
        rig.Content.LearnLeaves(0, TestTorrent.Leaves(Bytes), giver: -1);
        rig.Feed.Peer(2);
        Assert.Equal(0, rig.Feed.Released(2));

        rig.Feed.Origin(7);

        Assert.Equal(Block, rig.Feed.Released(2));
        Assert.Equal(0, rig.Feed.Released(2, treeAllowed: false));
    }

    [Fact]
    public async Task PeerBlock_WithoutATree_IsThrownAway()
    {
        await using var rig = new Rig();

        rig.Feed.Peer(2);
        Assert.Empty(rig.Node.Pool.Outstanding());
        Assert.Equal(Block, rig.Content.DuplicateBytes);
    }

    [Fact]
    public async Task PeerBlock_ThenTheOriginsOwn_MayLeaveWhereTheTreeMayNot()
    {
        await using var rig = new Rig(tree: true, confirmed: true);
        rig.Content.LearnLeaves(0, TestTorrent.Leaves(Bytes), giver: -1);
        rig.Feed.Peer(2);
        Assert.Equal(0, rig.Feed.Released(2, treeAllowed: false));

        Assert.True(rig.Feed.Origin(2, source: 1));

        Assert.Equal(Block, rig.Feed.Released(2, treeAllowed: false, onlyFrom: 1));
        Assert.Equal(Block, rig.Content.DuplicateBytes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Duplicate_CountsOnceMore_AndTakesNoMemory(bool held)
    {
        await using var rig = new Rig(tree: true, confirmed: true);
        if (!held)
        {
            rig.Content.LearnLeaves(0, TestTorrent.Leaves(Bytes), giver: -1);
        }

        rig.Feed.Peer(2);
        rig.Feed.Peer(2, source: 3);

        Assert.Single(rig.Node.Pool.Outstanding());
        Assert.Equal(Block, rig.Content.DuplicateBytes);
    }

    // --- Whole pieces

    [Fact]
    public async Task WholePiece_WithoutAnyLeaves_ProvesItsBlocks()
    {
        await using var rig = new Rig(tree: true, confirmed: true);
        foreach (var block in (int[])[7, 4, 6, 5])
        {
            Assert.Equal(0, rig.Feed.Released(4));
            rig.Feed.Peer(block, source: block);
        }

        Assert.All(Enumerable.Range(4, 4), b => Assert.Equal(Block, rig.Feed.Released(b)));
        Assert.Equal(4, (await rig.Told()).Count(e => e.Kind == EventKind.Admitted));
    }

    [Fact]
    public async Task WholePiece_TheShortLastOne()
    {
        await using var rig = new Rig(tree: true, confirmed: true);
        foreach (var block in (int[])[10, 9, 8])
        {
            rig.Feed.Peer(block);
        }

        Assert.Equal(777, rig.Feed.Released(10));
    }

    [Fact]
    public async Task WholePiece_WhoseLastBlockIsTheOrigins_ProvesThePeersAndConfirmsTheTree()
    {
        await using var rig = new Rig(tree: true);
        rig.Feed.Peer(0);
        rig.Feed.Peer(1);
        rig.Feed.Peer(2);
        rig.Feed.Origin(3);

        Assert.True(rig.Content.TreeConfirmed);
        Assert.Equal(Block, rig.Feed.Released(0));
    }

    [Fact]
    public async Task WholePiece_WithALie_OfASoleContributor_BlamesIt()
    {
        await using var rig = new Rig(tree: true, confirmed: true);
        for (var block = 0; block < 4; block++)
        {
            rig.Feed.Peer(block, source: 6, lie: block == 2);
        }

        Assert.Empty(rig.Node.Pool.Outstanding());
        var corrupt = (await rig.Told()).Where(e => e.Kind == EventKind.Corrupt).ToArray();
        Assert.Equal(4, corrupt.Length);
        Assert.Equal([6, -1, -1, -1], corrupt.Select(e => e.Id));
    }

    [Fact]
    public async Task WholePiece_WithALie_AmongSeveral_BlamesNobody()
    {
        await using var rig = new Rig(tree: true, confirmed: true);
        for (var block = 0; block < 4; block++)
        {
            rig.Feed.Peer(block, source: block, lie: block == 2);
        }

        Assert.All((await rig.Told()).Where(e => e.Kind == EventKind.Corrupt), e => Assert.Equal(-1, e.Id));
    }

    [Fact]
    public async Task WholePiece_ThatFails_BesideBlocksOfAnOriginThatConfirmedNothing_BlamesNobody()
    {
        await using var rig = new Rig(tree: true);
        rig.Feed.Origin(0, instead: TestTorrent.Bytes(Block, seed: 99));
        rig.Feed.Peer(1, source: 6);
        rig.Feed.Peer(2, source: 6);
        rig.Feed.Peer(3, source: 6);

        Assert.All((await rig.Told()).Where(e => e.Kind == EventKind.Corrupt), e => Assert.Equal(-1, e.Id));
        Assert.False(rig.Content.Falsified);
    }

    [Fact]
    public async Task WholePiece_AllOfItTheOrigins_ThatFails_FalsifiesTheTree()
    {
        await using var rig = new Rig(tree: true);
        for (var block = 0; block < 4; block++)
        {
            rig.Feed.Origin(block, instead: TestTorrent.Bytes(Block, seed: 50 + block));
        }

        Assert.True(rig.Content.Falsified);
    }

    [Fact]
    public async Task WholePieceOfTheOrigins_BeforeTheTree_ConfirmsItWhenItIsBound()
    {
        await using var rig = new Rig();
        for (var block = 4; block < 8; block++)
        {
            rig.Feed.Origin(block);
        }

        rig.Content.BindTree(TestTorrent.Tree(Torrent), null);

        Assert.True(rig.Content.TreeConfirmed);
    }

    // --- Falsified

    [Fact]
    public async Task Falsified_ThePeersBytesAreGone_TheOriginsStay()
    {
        await using var rig = new Rig(tree: true, confirmed: true);
        rig.Content.LearnLeaves(0, TestTorrent.Leaves(Bytes).AsSpan(0, 8), giver: -1);
        rig.Feed.Peer(1);
        rig.Feed.Origin(2);
        rig.Feed.Peer(3);
        rig.Feed.Origin(3);
        rig.Feed.Peer(9); // held
        var called = 0;
        rig.Content.WhenFalsified = _ => called++;

        rig.Content.Falsify();
        rig.Content.Falsify();

        Assert.Equal(1, called);
        Assert.Equal(0, rig.Feed.Released(1));
        Assert.Equal(Block, rig.Feed.Released(2));
        Assert.Equal(Block, rig.Feed.Released(3));
        Assert.Equal(2, rig.Node.Pool.Outstanding().Count);
        rig.Feed.Peer(4);
        Assert.Equal(2, rig.Node.Pool.Outstanding().Count);
        Assert.Equal([1], (await rig.Told()).Where(e => e.Kind == EventKind.Lost).Select(e => e.Block));
    }

    // --- Memory

    [Fact]
    public async Task MemoryOverItsLimit_WithoutAStore_LosesTheOldestThatNobodyNeeds()
    {
        await using var rig = new Rig(memoryLimitBytes: 4 * Block);
        for (var block = 0; block < 6; block++)
        {
            rig.Feed.Origin(block);
        }

        Assert.Equal(4 * Block, rig.Content.MemoryBytes);
        Assert.Equal(0, rig.Feed.Released(0));
        Assert.Equal(Block, rig.Feed.Released(5));
        Assert.Equal([0, 1], (await rig.Told()).Where(e => e.Kind == EventKind.Lost).Select(e => e.Block));
    }

    [Fact]
    public async Task MemoryOverItsLimit_KeepsWhatAReaderNeeds()
    {
        await using var rig = new Rig(memoryLimitBytes: 4 * Block);
        var reader = rig.Node.Reader(rig.Content);
        reader.Open(null);
        for (var block = 0; block < 8; block++)
        {
            rig.Feed.Origin(block);
        }

        Assert.All(Enumerable.Range(0, 8), b => Assert.Equal(Block, rig.Feed.Released(b)));
        await reader.DisposeAsync();
        Assert.Equal(4 * Block, rig.Content.MemoryBytes);
    }

    [Fact]
    public async Task Released_WhatStillComes_JoinsNothing()
    {
        await using var rig = new Rig(tree: true, confirmed: true);
        rig.Content.LearnLeaves(0, TestTorrent.Leaves(Bytes), giver: -1);
        rig.Feed.Origin(0);
        rig.Content.Release();

        rig.Feed.Peer(1);
        Assert.False(rig.Feed.Origin(2));
        Assert.Empty(rig.Node.Pool.Outstanding());
    }

    [Fact]
    public async Task ManyBlocksThroughLittleMemory_LeaveNoTrail()
    {
        await using var rig = new Rig(memoryLimitBytes: 2 * Block);
        for (var i = 0; i < 20_000; i++)
        {
            rig.Feed.Origin(i % 10);
        }

        Assert.InRange(rig.Content.MemoryBytes, Block, 2 * Block);
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly SwarmLoop _loop;

        public Rig(bool tree = false, bool confirmed = false, long memoryLimitBytes = 8 << 20)
        {
            Content = Node.Content(Bytes.Length, memoryLimitBytes: memoryLimitBytes);
            Feed = new(Node, Content, Bytes);
            _loop = Node.LoneLoop(Content);
            if (tree)
            {
                Content.BindTree(TestTorrent.Tree(Torrent, confirmed), null);
            }
        }

        public TestNode Node { get; } = new();

        public FileContent Content { get; }

        public ContentFeed Feed { get; }

        public async Task<(EventKind Kind, int Id, int Block)[]> Told() =>
            [.. (await TestNode.EventsOf(_loop)).Where(e => e.Kind is not EventKind.Wake).Select(e => (e.Kind, e.Id, e.A))];

        public ValueTask DisposeAsync() => Node.DisposeAsync();
    }
}
