using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>A piece that is proven whole, by its SHA-1 or by the piece layer where nobody gives leaf hashes, and who lied is found out.</summary>
public sealed class WholePieceTests
{
    private const int Block = TestTorrent.Block;

    // Eleven blocks, the last one short; pieces of four.
    private static readonly byte[] Bytes = TestTorrent.Bytes((10 * Block) + 777);
    private static readonly Metainfo Torrent = TestTorrent.Of(Bytes, format: MetainfoFormat.V1);

    [Fact]
    public async Task Piece_NotYetWhole_ReleasesNothing()
    {
        await using var rig = new Rig();
        rig.PeerBlocks(2, 0, 1, 2);

        Assert.Equal(0, rig.Feed.Released(0));
        Assert.DoesNotContain(await rig.Told(), e => e.Kind is EventKind.Admitted or EventKind.HashesKnown);
    }

    [Fact]
    public async Task Piece_WholeAndRight_IsReleased_AndItsLeavesAreKnown()
    {
        await using var rig = new Rig();
        rig.PeerBlocks(2, 3, 1, 0);
        rig.PeerBlocks(3, 2);

        for (var block = 0; block < 4; block++)
        {
            Assert.Equal(Block, rig.Feed.Released(block));
            Assert.True(rig.Content.TryTreeLeaf(block, out var leaf));
            Assert.Equal(TestTorrent.Leaves(Bytes)[block], leaf);
        }

        var told = await rig.Told();
        Assert.Contains(told, e => e is { Kind: EventKind.HashesKnown, A: 0, B: 4 });
        Assert.Equal([(2, 0), (2, 1), (3, 2), (2, 3)], told.Where(e => e.Kind == EventKind.Admitted).Select(e => (e.Id, e.A)));
    }

    [Fact]
    public async Task LastPiece_ShortAndRight_IsReleased()
    {
        await using var rig = new Rig();
        rig.PeerBlocks(2, 8, 9, 10);

        Assert.Equal(777, rig.Feed.Released(10));
    }

    [Theory]
    [InlineData(MetainfoFormat.V1)]
    [InlineData(MetainfoFormat.V2)]
    public async Task Piece_OfOneLiar_IsDroppedAndTheLiarNamed(MetainfoFormat format)
    {
        await using var rig = new Rig(format: format);
        rig.PeerBlocks(2, 0, 1, 2);
        rig.Feed.Peer(3, source: 2, lie: true);

        Assert.Equal(0, rig.Feed.Released(0));
        Assert.Equal(4 * Block, rig.Content.RejectedBytes);
        Assert.Empty(rig.Node.Pool.Outstanding());
        Assert.Equal([(2, 0, 0L), (-1, 1, 0L), (-1, 2, 0L), (-1, 3, 0L)], (await rig.Corrupt()).Select(e => (e.Id, e.A, e.B)));
    }

    [Theory]
    [InlineData(MetainfoFormat.V1)]
    [InlineData(MetainfoFormat.V2)]
    public async Task Piece_OfSeveral_Failed_OnlyTheWitnessGoesOn_AndItsBlocksStay(MetainfoFormat format)
    {
        await using var rig = new Rig(format: format);
        rig.PeerBlocks(2, 0, 1);
        rig.PeerBlocks(4, 2);
        rig.Feed.Peer(3, source: 3, lie: true);

        Assert.Equal([(-1, 2, 2L), (-1, 3, 2L)], (await rig.Corrupt()).Select(e => (e.Id, e.A, e.B)));
        Assert.Equal(2, rig.Node.Pool.Outstanding().Count);
    }

    [Theory]
    [InlineData(MetainfoFormat.V1)]
    [InlineData(MetainfoFormat.V2)]
    public async Task Piece_RightAtTheSecondTry_NamesWhoeverBroughtOtherBytesBefore_AndNobodyElse(MetainfoFormat format)
    {
        await using var rig = new Rig(format: format);
        rig.PeerBlocks(2, 0, 1);
        rig.PeerBlocks(4, 2);
        rig.Feed.Peer(3, source: 3, lie: true);
        rig.PeerBlocks(2, 2, 3); // the witness brings the rest

        Assert.Equal(Block, rig.Feed.Released(3));
        Assert.Equal((3, 3, 0L), (await rig.Corrupt()).Select(e => (e.Id, e.A, e.B)).Last());
        Assert.DoesNotContain(await rig.Corrupt(), e => e.Id is 2 or 4);
    }

    [Theory]
    [InlineData(MetainfoFormat.V1)]
    [InlineData(MetainfoFormat.V2)]
    public async Task Witness_ThatLied_IsNamedAtTheSecondTry(MetainfoFormat format)
    {
        await using var rig = new Rig(format: format);
        rig.Feed.Peer(0, source: 2, lie: true);
        rig.PeerBlocks(2, 1, 2);
        rig.PeerBlocks(3, 3);
        rig.PeerBlocks(2, 3);

        Assert.Equal(2, (await rig.Corrupt()).Last(e => e.Id >= 0).Id);
        Assert.Equal(0, rig.Feed.Released(0));
    }

    [Fact]
    public async Task Liar_Named_WhatElseOfItWaits_GoesToo_AndNothingUnprovenIsTakenFromItAnyMore()
    {
        await using var rig = new Rig();
        rig.PeerBlocks(2, 5);
        rig.PeerBlocks(3, 6);
        rig.PeerBlocks(2, 0, 1, 2);
        rig.Feed.Peer(3, source: 2, lie: true);

        Assert.False(rig.Feed.Peer(7, source: 2));
        Assert.Single(rig.Node.Pool.Outstanding()); // block 6, of the other one
        Assert.Equal(6 * Block, rig.Content.RejectedBytes);
        Assert.Contains(await rig.Corrupt(), e => e is { Id: -1, A: 5, B: 0 });
    }

    [Fact]
    public async Task Witness_ThatDoesNotComeBack_GivesWayToTheNext_AndItsBlocksGo()
    {
        await using var rig = new Rig();
        rig.Feed.Peer(0, source: 2, lie: true);
        rig.PeerBlocks(2, 1, 2);
        rig.PeerBlocks(3, 3);
        rig.PeerBlocks(3, 3); // the witness was 2; it left, and another brought what it should have
        Assert.Equal(0, rig.Feed.Released(3));
        rig.PeerBlocks(3, 0, 1, 2);

        Assert.Equal(Block, rig.Feed.Released(0));
        Assert.Equal([2], (await rig.Corrupt()).Where(e => e.Id >= 0).Select(e => e.Id));
    }

    [Fact]
    public async Task Witnesses_OfWhomEachFailedOnce_OneBringsTheWholePieceAnew()
    {
        await using var rig = new Rig();
        rig.Feed.Peer(0, source: 2, lie: true);
        rig.PeerBlocks(2, 1, 2);
        rig.PeerBlocks(3, 3); // fails; 2 is the witness
        rig.PeerBlocks(3, 3); // fails; 3 is
        rig.Feed.Peer(0, source: 5, lie: true);
        rig.PeerBlocks(3, 1, 2); // fails; 5 is, and 3 brings again what it has to
        rig.PeerBlocks(3, 1, 2, 3); // fails; each was, so 3 brings everything
        Assert.Empty(rig.Node.Pool.Outstanding());
        rig.PeerBlocks(3, 0, 1, 2, 3);

        Assert.Equal(Block, rig.Feed.Released(0));
        Assert.Equal([2, 5], (await rig.Corrupt()).Where(e => e.Id >= 0).Select(e => e.Id).Order());
    }

    [Fact]
    public async Task OriginAndPeers_InOneRightPiece_ConfirmTheTorrent()
    {
        await using var rig = new Rig(confirmed: false);
        rig.PeerBlocks(2, 2, 3);
        rig.Feed.Origin(0);
        Assert.False(rig.Content.TreeConfirmed);
        rig.Feed.Origin(1);

        Assert.True(rig.Content.TreeConfirmed);
        Assert.Equal(Block, rig.Feed.Released(3));
    }

    [Fact]
    public async Task OriginAlone_InAPieceThatFails_FalsifiesTheTorrent()
    {
        await using var rig = new Rig(confirmed: false);
        for (var block = 0; block < 4; block++)
        {
            rig.Feed.Origin(block, instead: block == 2 ? TestTorrent.Bytes(Block, seed: 99) : null);
        }

        Assert.True(rig.Content.Falsified);
    }

    [Fact]
    public async Task OriginInAFailedPiece_OfATorrentNobodyConfirmed_IsTheWitness_AndNobodyIsBlamed()
    {
        await using var rig = new Rig(confirmed: false);
        rig.Feed.Origin(0, source: 1);
        rig.PeerBlocks(2, 1, 2);
        rig.Feed.Peer(3, source: 2, lie: true);

        Assert.False(rig.Content.Falsified);
        Assert.Equal([(-1, 1, 1L), (-1, 2, 1L), (-1, 3, 1L)], (await rig.Corrupt()).Select(e => (e.Id, e.A, e.B)));
    }

    [Fact]
    public async Task OriginsBlock_InsideAConfirmedVersion_TellsWhoLied_BeforeThePieceIsWhole()
    {
        await using var rig = new Rig(confirmed: true);
        rig.PeerBlocks(2, 0, 1);
        rig.PeerBlocks(4, 2);
        rig.Feed.Peer(3, source: 3, lie: true);

        rig.Feed.Origin(3, source: 1);

        Assert.Equal((3, 3), (await rig.Corrupt()).Select(e => (e.Id, e.A)).Last());
    }

    [Fact]
    public async Task Block_LostAfterItsPiecePassed_IsProvenByItsLeafAlone()
    {
        await using var rig = new Rig();
        rig.PeerBlocks(2, 0, 1, 2, 3);
        rig.Content.TrimMemory(all: true);
        Assert.Equal(0, rig.Feed.Released(1));

        Assert.False(rig.Feed.Peer(1, source: 5, lie: true));
        rig.PeerBlocks(2, 1);

        Assert.Equal(Block, rig.Feed.Released(1));
    }

    [Fact]
    public async Task HeldBlocks_FarFromEveryReader_AreGivenUpWhenMemoryIsShort_AndWantedAgain()
    {
        await using var rig = new Rig(memoryLimitBytes: 2 * Block);
        await using var reader = rig.Node.Reader(rig.Content, new(0, Bytes.Length));
        reader.Open(null);
        rig.PeerBlocks(2, 0, 9);

        rig.Content.TrimMemory(all: true);

        Assert.Single(rig.Node.Pool.Outstanding());
        var told = await rig.Told();
        Assert.Equal(9, Assert.Single(told, e => e.Kind == EventKind.Lost).A);
    }

    [Fact]
    public async Task FileWithAPadBehindIt_ItsLastPieceIsHashedWithZeros()
    {
        // Two files of a block and a bit, padded to pieces of four blocks, as libtorrent lays them out.
        var bytes = TestTorrent.Bytes(Block + 100);
        var torrent = TestTorrent.PaddedV1(bytes, 4 * Block);
        Assert.True(torrent.IsAligned);
        await using var node = new TestNode();
        var content = node.Content(bytes.Length);
        var loop = node.Loop(torrent.Layout);
        content.BindTree(new(torrent, 0, Authority.Tree, confirmed: true), null);
        Assert.True(loop.TryAttach(content, 0));
        var feed = new ContentFeed(node, content, bytes);

        feed.Peer(0);
        feed.Peer(1);

        Assert.Equal(100, feed.Released(1));
    }

    [Fact]
    public async Task LastTwoBlocksAtOnce_OfALiarAndAnother_NameNobodyWhoDidNotLie()
    {
        // Both threads find the piece whole and wrong; the first drops the liar's blocks, and what is left is the honest one's alone.
        for (var round = 0; round < 200; round++)
        {
            await using var rig = new Rig();
            rig.PeerBlocks(2, 0, 1);
            using var both = new Barrier(2);
            await Task.WhenAll(
                Task.Run(() => { both.SignalAndWait(); rig.Feed.Peer(2, source: 2); }),
                Task.Run(() => { both.SignalAndWait(); rig.Feed.Peer(3, source: 3, lie: true); }));

            Assert.DoesNotContain(await rig.Corrupt(), e => e.Id == 2);
        }
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly SwarmLoop _loop;
        private SwarmEvent[]? _events;

        public Rig(bool confirmed = true, long memoryLimitBytes = 8 << 20, MetainfoFormat format = MetainfoFormat.V1)
        {
            Content = Node.Content(Bytes.Length, memoryLimitBytes: memoryLimitBytes);
            Feed = new(Node, Content, Bytes);
            _loop = Node.LoneLoop(Content);
            Content.BindTree(TestTorrent.Tree(format == MetainfoFormat.V1 ? Torrent : TestTorrent.Of(Bytes, format: format), confirmed), null);
        }

        public TestNode Node { get; } = new();

        public FileContent Content { get; }

        public ContentFeed Feed { get; }

        public void PeerBlocks(int source, params int[] blocks)
        {
            foreach (var block in blocks)
            {
                Assert.True(Feed.Peer(block, source));
            }
        }

        public async Task<SwarmEvent[]> Told() => _events ??= await TestNode.EventsOf(_loop);

        public async Task<SwarmEvent[]> Corrupt() => [.. (await Told()).Where(e => e.Kind == EventKind.Corrupt)];

        public ValueTask DisposeAsync() => Node.DisposeAsync();
    }
}
