using Swarm.Core;

namespace Swarm.Engine.Tests;

/// <summary>What of the bytes that are here a response may have, and what it waits for. No time goes by but where a test says so.</summary>
public sealed class ReleaseTests
{
    private const int Block = TestTorrent.Block;
    private const int Earlier = 999;
    private static readonly byte[] Bytes = TestTorrent.Bytes((100 * Block) + 321);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task OwnAnswerBeginsFurtherOn_WhatIsHereBeforeItLeavesAtOnce()
    {
        await using var rig = new Rig(hole: new(60, 10));
        rig.OpenAskingTheOrigin(flowsTo: 60 * Block);
        await rig.ReadsAsync(0, 1);
        await Until.True(() => rig.Source.Answers == 1, "the origin was not asked for what is missing");

        await rig.ReadsAsync(1, 60);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OwnAnswerThatJoinsOtherBytes_LeavesOnceItIsProven_NeverBefore(bool contradicts)
    {
        await using var rig = new Rig(hole: new(4, 97), peer: true);
        rig.Content.LearnLeaves(0, TestTorrent.Leaves(Bytes).AsSpan(0, 4), giver: 5);
        rig.OpenAskingTheOrigin(flowsTo: 6 * Block, from: contradicts ? TestTorrent.Bytes(Bytes.Length, seed: 2) : Bytes);
        await rig.ReadsAsync(0, 4);
        await Until.True(() => rig.Content.PresentBlocks == 6, "the answer did not come");
        var next = rig.Reader.ReadAsync(new byte[Block], default).AsTask();
        Assert.False(next.IsCompleted);

        rig.Content.LearnLeaves(4, TestTorrent.Leaves(Bytes).AsSpan(4), giver: 5);

        if (contradicts)
        {
            await Assert.ThrowsAsync<ResourceResetException>(() => next.WaitAsync(Patience));
        }
        else
        {
            Assert.Equal(Block, await next.WaitAsync(Patience));
        }
    }

    [Fact]
    public async Task NobodyTellsTheLeaves_TheResponseWaitsASecondForThem_Once()
    {
        await using var rig = new Rig(hole: new(0, 4));
        rig.OpenAdopting(new ScriptedBody(Bytes, 0, 4 * Block));
        await rig.ReadsAsync(0, 4);
        var next = rig.Reader.ReadAsync(new byte[Block], default).AsTask();
        rig.Look(after: TimeSpan.FromSeconds(0.9));
        Assert.False(next.IsCompleted);
        rig.Look(after: TimeSpan.FromSeconds(0.2));
        Assert.Equal(Block, await next.WaitAsync(Patience));

        await rig.ReadsAsync(5, rig.Content.BlockCount - 1);
    }

    [Fact]
    public async Task OwnAnswerThatWasSlow_IsNoProofThatNobodyTellsTheLeaves()
    {
        await using var rig = new Rig(hole: new(0, 4));
        var body = new ScriptedBody(Bytes, 0, 4 * Block).LetTo(0);
        rig.OpenAdopting(body);
        var first = rig.Reader.ReadAsync(new byte[Block], default).AsTask();
        rig.Look(after: TimeSpan.FromSeconds(1.1));
        body.LetTo(4 * Block);
        for (var got = await first.WaitAsync(Patience); got < 4 * Block;)
        {
            got += await rig.Reader.ReadAsync(new byte[Math.Min(Block, (4 * Block) - got)], default).AsTask().WaitAsync(Patience);
        }

        // What another answer brought still has its second to be told apart.
        var next = rig.Reader.ReadAsync(new byte[Block], default).AsTask();
        rig.Look(after: TimeSpan.FromSeconds(0.9));
        Assert.False(next.IsCompleted);
        rig.Look(after: TimeSpan.FromSeconds(0.2));
        Assert.Equal(Block, await next.WaitAsync(Patience));
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly TestNode _node = new();
        private ScriptedOrigin? _origin;

        /// <summary>A content with a tree of which no leaf is known, and all bytes but the last block's and those of the hole, as an answer of before brought them.</summary>
        public Rig(BlockRun hole, bool peer = false)
        {
            // One piece that is never whole: nothing proves itself.
            var metainfo = TestTorrent.Of(Bytes, pieceLength: 128 * Block);
            Content = _node.Content(Bytes.Length);
            Content.BindTree(TestTorrent.Tree(metainfo, confirmed: true), null);
            var loop = _node.Loop(metainfo.Layout, metainfo.InfoHash);
            Assert.True(loop.TryAttach(Content, 0));
            var feed = new ContentFeed(_node, Content, Bytes);
            for (var block = 0; block < Content.BlockCount - 1; block++)
            {
                if (block < hole.First || block >= hole.End)
                {
                    Assert.True(feed.Origin(block, Earlier));
                }
            }

            if (peer)
            {
                loop.Join(_node.Context.NextId(), new IdlePeer(), requestSlots: 1, rttMicros: 0);
            }

            Reader = _node.Reader(Content);
            Reader.TreeAllowed = true;
        }

        public FileContent Content { get; }

        public ResourceReader Reader { get; }

        public OriginSource Source { get; private set; } = null!;

        public void OpenAdopting(ScriptedBody body)
        {
            Source = new(_node.Context, Reader, null, "origin.example");
            Source.Adopt(body);
            Reader.Open(Source);
            Source.StartAdopted();
        }

        public void OpenAskingTheOrigin(long flowsTo, byte[]? from = null)
        {
            _origin = new(from ?? Bytes) { Script = (_, range) => new OriginFetch(new ScriptedBody(from ?? Bytes, range.Offset, range.End).LetTo(flowsTo), null) };
            Source = new(_node.Context, Reader, _origin, "origin.example");
            Reader.Open(Source);
        }

        /// <summary>The once-a-second look of the loop, so much later.</summary>
        public void Look(TimeSpan after)
        {
            _node.Time.Advance(after);
            Reader.CheckStalled(anyPeer: false);
        }

        public async Task ReadsAsync(int first, int end)
        {
            var some = new byte[Block];
            var stop = Math.Min(Bytes.Length, (long)end * Block);
            while (Reader.Position < stop)
            {
                var at = (int)Reader.Position;
                Assert.True(at >= first * Block);
                var n = await Reader.ReadAsync(some.AsMemory(0, (int)Math.Min(Block, stop - at)), default).AsTask().WaitAsync(Patience);
                Assert.Equal(Bytes.AsSpan(at, n), some.AsSpan(0, n));
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Reader.DisposeAsync();
            await _node.DisposeAsync();
        }
    }
}
