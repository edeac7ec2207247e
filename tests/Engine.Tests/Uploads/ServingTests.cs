using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>What a leech sees of us, on the wire.</summary>
public sealed class ServingTests
{
    private const int Block = TestTorrent.Block;

    [Fact]
    public async Task EveryBlock_OfAWholeFile_ComesByteForByte()
    {
        await using var rig = new UploadRig(blocks: 37).Fill();
        await rig.HoldsAsync(10);
        var leech = await rig.LeechAsync();
        Assert.Equal(Enumerable.Range(0, 10), await leech.HeldAsync());
        await leech.SignalAsync(MessageId.Interested);
        await leech.UntilAsync(MessageId.Unchoke);

        var got = new byte[rig.Bytes.Length];
        for (var at = 0; at < got.Length; at += Block)
        {
            await leech.RequestAsync(at / (4 * Block), at % (4 * Block), Math.Min(Block, got.Length - at));
        }

        for (var at = 0; at < got.Length; at += Block)
        {
            var (piece, begin, bytes) = await leech.BlockAsync();
            bytes.CopyTo(got, (piece * 4 * Block) + begin);
        }

        Assert.Equal(rig.Bytes, got);
        await Until.True(() => rig.Swarm.SentBytes == got.Length && rig.Sessions[0].SentBytes == got.Length, "what was sent is counted");
        Assert.Equal(got.Length, rig.Node.Context.Metrics.SentToPeerBytes);
        Assert.Equal(got.Length, rig.Sessions[0].Record.SentBytes);
    }

    [Theory]
    [InlineData(0, 100, 1_000)] // inside a block
    [InlineData(0, Block - 10, 20)] // across two
    [InlineData(3, 3 * Block, Block - 1_000)] // to the end of the file
    [InlineData(3, (4 * Block) - 1_001, 1)] // its last byte
    [InlineData(3, 3 * Block, Block)] // the whole last block, as libtorrent asks for it: zeros behind the file
    [InlineData(3, (4 * Block) - 500, 500)]
    public async Task OddRanges_OfAtMost16KiB_AreServed(int piece, int begin, int length)
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.UnchokedAsync();
        await leech.RequestAsync(piece, begin, length);

        Assert.Equal(rig.Expected(piece, begin, length), (await leech.BlockAsync()).Bytes);
    }

    [Theory]
    [InlineData(0, 0, Block + 1)] // longer than a block
    [InlineData(0, 0, 1 << 30)]
    [InlineData(0, 0, 0)]
    [InlineData(0, (4 * Block) - 1, 2)] // across the end of its piece
    [InlineData(3, (3 * Block) + 1, Block)] // past the last block
    [InlineData(4, 0, Block)] // no such piece
    [InlineData(int.MaxValue, 0, Block)]
    [InlineData(0, int.MaxValue, Block)]
    [InlineData(2, 0, Block)] // not here
    public async Task WhatCannotBeServed_IsRejected_AndTheConnectionGoesOn(int piece, int begin, int length)
    {
        await using var rig = new UploadRig().Fill();
        rig.Content.OnStoreLost(0); // of no effect: memory has it
        await rig.HoldsAsync(4);
        await using var partial = new UploadRig().Fill(0, 8);
        var about = piece == 2 ? partial : rig;
        await about.HoldsAsync(piece == 2 ? 2 : 4);
        var leech = await about.UnchokedAsync();

        await leech.RequestAsync(piece, begin, length);
        var rejected = await leech.UntilAsync(MessageId.RejectRequest);
        await leech.RequestAsync(0, 0, Block);

        Assert.Equal((piece, begin, length), (RawLeech.Number(rejected, 0), RawLeech.Number(rejected, 4), RawLeech.Number(rejected, 8)));
        Assert.Equal(about.Expected(0, 0, Block), (await leech.BlockAsync()).Bytes);
    }

    [Fact]
    public async Task RequestWhileChoked_IsRejected_OrMetWithSilenceWithoutTheFastExtension()
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        var fast = await rig.LeechAsync();
        await fast.RequestAsync(0, 0, Block);
        await fast.UntilAsync(MessageId.RejectRequest);

        var plain = await rig.LeechAsync(PeerFeatures.None);
        await plain.RequestAsync(0, 0, Block);
        await plain.SignalAsync(MessageId.Interested);
        await plain.RequestAsync(1, 0, Block); // may cross the unchoke
        var seen = await plain.AllUntilAsync(m => m.Id == MessageId.Unchoke);
        await plain.RequestAsync(3, Block, Block);
        var (piece, _, bytes) = await plain.BlockAsync();
        if (piece == 1)
        {
            (piece, _, bytes) = await plain.BlockAsync();
        }

        Assert.DoesNotContain(seen, m => m.Id is MessageId.RejectRequest or MessageId.Piece);
        Assert.Equal((3, rig.Expected(3, Block, Block)), (piece, bytes), new BlockComparer());
    }

    [Fact]
    public async Task Have_ComesOnlyOnceEveryBlockOfThePieceIsVerified()
    {
        await using var rig = new UploadRig();
        rig.Content.LearnLeaves(0, TestTorrent.Leaves(rig.Bytes).AsSpan(0, 7), giver: 1);
        var leech = await rig.LeechAsync();
        Assert.Empty(await leech.HeldAsync());

        rig.Feed.Peer(0);
        rig.Feed.Peer(1);
        rig.Feed.Peer(2, source: 9, lie: true);
        for (var block = 4; block < 8; block++)
        {
            rig.Feed.Peer(block); // the leaf of block 7 is not known: the whole piece proves it
        }

        await rig.HoldsAsync(1);
        Assert.Equal(1, RawLeech.Number(await leech.UntilAsync(MessageId.Have), 0));

        rig.Feed.Peer(2);
        rig.Feed.Peer(3);
        await rig.HoldsAsync(2);
        Assert.Equal(0, RawLeech.Number(await leech.UntilAsync(MessageId.Have), 0));
    }

    [Fact]
    public async Task OriginsOwnBytes_AreNotGiven_UntilTheyAgreeWithTheTree()
    {
        await using var rig = new UploadRig(confirmed: false);
        var leech = await rig.LeechAsync();
        Assert.Empty(await leech.HeldAsync());
        for (var block = 0; block < 3; block++)
        {
            rig.Feed.Origin(block);
        }

        await leech.RequestAsync(0, 0, Block);
        await leech.UntilAsync(MessageId.RejectRequest);
        Assert.Equal(0, rig.Swarm.HeldPieces);
        rig.Feed.Origin(3); // the piece is whole: it is compared with the torrent's own hash

        Assert.Equal(0, RawLeech.Number(await leech.UntilAsync(MessageId.Have), 0));
        await leech.SignalAsync(MessageId.Interested);
        await leech.UntilAsync(MessageId.Unchoke);
        await leech.RequestAsync(0, 0, Block);
        Assert.Equal(rig.Expected(0, 0, Block), (await leech.BlockAsync()).Bytes);
    }

    [Theory]
    [InlineData(Authority.OwnTlsFetch)]
    [InlineData(Authority.WholeDigest)]
    [InlineData(Authority.None)]
    public async Task BytesWhoseAuthorityAllowsNoPeers_AreNeitherAnnouncedNorGiven(Authority authority)
    {
        await using var rig = new UploadRig(authority: authority).Fill();
        await using var control = new UploadRig().Fill();
        await control.HoldsAsync(4);
        var leech = await rig.LeechAsync();
        Assert.Empty(await leech.HeldAsync());

        await leech.RequestAsync(0, 0, Block);

        await leech.UntilAsync(MessageId.RejectRequest);
        Assert.Equal(0, rig.Swarm.HeldPieces);
    }

    [Fact]
    public async Task VersionThatTheOriginNoLongerGivesToEverybody_IsRetracted_AndNotGiven()
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.LeechAsync();
        await leech.SendAsync(w => new ExtensionHandshake { DontHaveId = 9 }.Write(w));
        await leech.SignalAsync(MessageId.Interested);
        await leech.UntilAsync(MessageId.Unchoke);

        rig.Content.StopSharing();
        await rig.HoldsAsync(0);
        await leech.RequestAsync(0, 0, Block);

        var seen = await leech.AllUntilAsync(m => m.Id == MessageId.RejectRequest);
        Assert.Equal([0, 1, 2, 3], seen.Where(m => m.Id == MessageId.Extended && m.Payload[0] == 9).Select(m => RawLeech.Number(m.Payload, 1)));
        Assert.DoesNotContain(seen, m => m.Id == MessageId.Piece);
    }

    [Fact]
    public async Task FalsifiedTree_IsRetracted()
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        rig.Content.Falsify();

        await rig.HoldsAsync(0);
        Assert.Empty(await (await rig.LeechAsync()).HeldAsync());
    }

    [Fact]
    public async Task Cancel_OfWhatStillWaits_IsAnsweredByARejectAlone()
    {
        await using var rig = new UploadRig(upLimit: 1).Fill(); // one part goes out, then the limit holds the rest
        await rig.HoldsAsync(4);
        var leech = await rig.UnchokedAsync();
        await leech.RequestAsync(0, 0, Block);
        await leech.BlockAsync();
        await leech.RequestAsync(1, 0, Block);
        await leech.RequestAsync(2, 0, Block);
        await Until.True(() => rig.Sessions[0].Queued == 2, "both wait");

        await leech.SendAsync(new CancelMessage(1, 0, Block).Write);

        Assert.Equal(1, RawLeech.Number(await leech.UntilAsync(MessageId.RejectRequest), 0));
        Assert.Equal(1, rig.Sessions[0].Queued);
        await leech.SendAsync(new CancelMessage(3, 0, Block).Write); // never asked for: no answer
        await leech.SendAsync(new CancelMessage(2, 0, Block).Write);
        Assert.Equal(2, RawLeech.Number(await leech.UntilAsync(MessageId.RejectRequest), 0));
    }

    [Fact]
    public async Task Choke_RejectsWhatWaits_ForFastPeers()
    {
        await using var rig = new UploadRig(upLimit: 1).Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.UnchokedAsync();
        await leech.RequestAsync(0, 0, Block);
        await leech.BlockAsync();
        await leech.RequestAsync(1, 0, Block);
        await leech.RequestAsync(2, 0, Block);
        await Until.True(() => rig.Sessions[0].Queued == 2, "both wait");

        rig.Uploads.Set(ShareMode.Off, null, 1);

        var seen = await leech.AllUntilAsync(m => m.Id == MessageId.RejectRequest && RawLeech.Number(m.Payload, 0) == 2);
        Assert.Equal([MessageId.Choke, MessageId.RejectRequest, MessageId.RejectRequest], seen.Select(m => m.Id).Where(id => id is not MessageId.Extended));
    }

    [Fact]
    public async Task KillSwitch_NothingMoreIsSent_AndOnAgainItIs()
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.UnchokedAsync();
        rig.Uploads.Set(ShareMode.Off, null, null);
        Assert.Equal(0, rig.Uploads.Unchoked);
        await leech.UntilAsync(MessageId.Choke);
        await rig.HoldsAsync(0);
        var sent = rig.Swarm.SentBytes;
        await leech.RequestAsync(0, 0, Block);
        await leech.UntilAsync(MessageId.RejectRequest);
        Assert.Equal(sent, rig.Swarm.SentBytes);

        rig.Uploads.Set(ShareMode.Seed, null, null);

        await leech.UntilAsync(MessageId.Unchoke);
        await rig.HoldsAsync(4);
        await leech.RequestAsync(0, 0, Block);
        Assert.Equal(rig.Expected(0, 0, Block), (await leech.BlockAsync()).Bytes);
    }

    [Fact]
    public async Task Reading_GivesWhileAReaderIsOpen_AndALittleLonger()
    {
        await using var rig = new UploadRig(share: ShareMode.Reading).Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.LeechAsync();
        Assert.Equal(4, (await leech.HeldAsync()).Length);
        await leech.SignalAsync(MessageId.Interested);
        await leech.RequestAsync(0, 0, Block);
        await leech.UntilAsync(MessageId.RejectRequest);

        var reader = rig.Node.Reader(rig.Content);
        reader.Open(null);
        await leech.UntilAsync(MessageId.Unchoke);
        await leech.RequestAsync(0, 0, Block);
        await leech.BlockAsync();

        await reader.DisposeAsync();
        Assert.Equal(1, rig.Uploads.Unchoked);
        rig.Node.Time.Advance(TimeSpan.FromSeconds(12));
        await leech.UntilAsync(MessageId.Choke);
    }

    [Fact]
    public async Task Ratio_StopsGiving_OnceThatManyTimesWasGiven()
    {
        await using var rig = new UploadRig(blocks: 4, ratio: 1).Fill();
        await rig.HoldsAsync(1);
        var leech = await rig.UnchokedAsync();
        await TakeAllAsync(rig, leech);
        rig.Node.Time.Advance(TimeSpan.FromSeconds(2));

        await leech.UntilAsync(MessageId.Choke);
        Assert.Equal(0, rig.Uploads.Unchoked);
    }

    [Fact]
    public async Task Ratio_WhileAReaderIsOpen_CountsWhatItIsStillToBeGiven()
    {
        await using var rig = new UploadRig(blocks: 16, share: ShareMode.Reading, ratio: 1).Fill(0, 4);
        var reader = rig.Node.Reader(rig.Content);
        reader.Open(null);
        await rig.HoldsAsync(1);
        var leech = await rig.UnchokedAsync();
        for (var time = 0; time < 2; time++)
        {
            await TakeAllAsync(rig, leech);
            rig.Node.Time.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal(1, rig.Uploads.Unchoked);
        }

        // It has given twice what it holds, and half of what it will.
        Assert.Equal(2, rig.Swarm.Ratio, 3);

        await reader.DisposeAsync();
        await leech.UntilAsync(MessageId.Choke);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ratio_ReachedBeforeARestart_IsReachedAfterIt(bool stopsCleanly)
    {
        var folder = Directory.CreateTempSubdirectory("swarm-ratio-").FullName;
        try
        {
            var file = Path.Combine(folder, "given");
            var kept = Path.Combine(folder, "kept");
            await using (var rig = new UploadRig(blocks: 4, ratio: 1, givenFile: file).Fill())
            {
                await rig.HoldsAsync(1);
                var leech = await rig.UnchokedAsync();
                await TakeAllAsync(rig, leech);
                rig.Node.Time.Advance(TimeSpan.FromSeconds(6));
                await leech.UntilAsync(MessageId.Choke);
                if (!stopsCleanly)
                {
                    File.Copy(file, kept); // what a crash now would leave
                }
            }

            await using var again = new UploadRig(blocks: 4, ratio: 1, givenFile: stopsCleanly ? file : kept).Fill();
            await again.HoldsAsync(1);
            var late = await again.LeechAsync();
            await late.SignalAsync(MessageId.Interested);
            await late.RequestAsync(0, 0, Block);

            await late.UntilAsync(MessageId.RejectRequest);
            again.Node.Time.Advance(TimeSpan.FromSeconds(12));
            Assert.Equal((0, true), (again.Uploads.Unchoked, again.Swarm.Ratio >= 1));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task UpLimit_IsKept_OnInjectedTime()
    {
        const int rate = 10 * Block;
        await using var rig = new UploadRig(blocks: 64, upLimit: rate).Fill();
        await rig.HoldsAsync(16);
        var leech = await rig.UnchokedAsync();
        var reading = leech.IsClosedAsync();
        for (var block = 0; block < 64; block++)
        {
            await leech.RequestAsync(block / 4, block % 4 * Block, Math.Min(Block, rig.Bytes.Length - (block * Block)));
        }

        // A tenth of a second is a block; the first one is the burst.
        for (var block = 1; block <= 20; block++)
        {
            await Until.True(() => rig.Swarm.SentBytes >= block * Block, () => $"{rig.Swarm.SentBytes} bytes went instead of {block} blocks");
            Assert.InRange(rig.Swarm.SentBytes, block * Block, (block + 1) * Block); // the last one may be on credit
            rig.Node.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        leech.Dispose();
        await reading;
    }

    [Fact]
    public async Task SlotsAreFull_TheNextWaits_AndGetsTheFirstThatIsFree()
    {
        var slots = UploadSlots.For(1);
        await using var rig = new UploadRig(upLimit: 1).Fill();
        await rig.HoldsAsync(4);
        var served = new List<RawLeech>();
        for (var i = 0; i < slots; i++)
        {
            served.Add(await rig.UnchokedAsync());
        }

        var waiting = await rig.LeechAsync();
        await waiting.SignalAsync(MessageId.Interested);
        await waiting.RequestAsync(0, 0, Block);
        await waiting.UntilAsync(MessageId.RejectRequest);
        Assert.Equal(slots, rig.Uploads.Unchoked);

        await served[0].SignalAsync(MessageId.NotInterested);

        await waiting.UntilAsync(MessageId.Unchoke);
        await served[0].UntilAsync(MessageId.Choke);
    }

    [Fact]
    public async Task SlotsDealt_StandInTheLogOfTheirSwarm()
    {
        var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        await rig.UnchokedAsync();
        var peer = rig.Sessions[0].Id;
        rig.Uploads.Set(ShareMode.Off, null, null);
        var events = await TestNode.EventsOf(rig.Loop);

        Assert.Equal(
            [(1, (long)ChokeReason.Free), (0, (long)ChokeReason.Idle)],
            events.Where(e => e.Kind == EventKind.SlotDealt && e.Id == peer).Select(e => (e.A, e.B)));
        Assert.Contains(events, e => e is { Kind: EventKind.Grant, A: (int)GrantKind.UploadSlots, B: UploadSlots.Unknown });
        await rig.DisposeAsync();
    }

    [Fact]
    public async Task HashRequests_AreAnswered_WhileChoked_AndRejectedForWhatIsNotProven()
    {
        await using var rig = new UploadRig();
        rig.Content.LearnLeaves(0, TestTorrent.Leaves(rig.Bytes).AsSpan(0, 8), giver: 1);
        var leech = await rig.LeechAsync();
        var proven = new HashRequestMessage(rig.Root, 0, 0, 8, 4);
        await leech.SendAsync(proven.Write);

        var answer = await leech.UntilAsync(MessageId.Hashes);
        var leaves = TestTorrent.Leaves(rig.Bytes);
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(leaves[i], Hash256.Read(answer.AsSpan(48 + (i * 32), 32)));
        }

        // 8 of 16 leaves: the other half is one uncle.
        Assert.Equal(48 + (9 * 32), answer.Length);
        foreach (var unknown in new[] { new HashRequestMessage(rig.Root, 0, 8, 8, 0), new HashRequestMessage(default, 0, 0, 8, 0), new HashRequestMessage(rig.Root, 0, 0, 4096, 0) })
        {
            await leech.SendAsync(unknown.Write);
            await leech.UntilAsync(MessageId.HashReject);
        }
    }

    [Fact]
    public async Task EveryLeafWeGive_VerifiesAtOurOwnClient()
    {
        await using var rig = new UploadRig(blocks: 45).Fill();
        await rig.HoldsAsync(12);
        var leech = await rig.LeechAsync();
        foreach (var plan in HashRequestPlan.ForLeaves(rig.Metainfo, 0, new(0, 45), maxLength: 8))
        {
            await leech.SendAsync(new HashRequestMessage(plan.PiecesRoot, plan.BaseLayer, plan.Index, plan.Length, plan.ProofLayers).Write);
            var answer = await leech.UntilAsync(MessageId.Hashes);
            var hashes = Enumerable.Range(0, (answer.Length - 48) / 32).Select(i => Hash256.Read(answer.AsSpan(48 + (i * 32), 32))).ToArray();
            Assert.True(LeafRun.TryVerify(rig.Metainfo, 0, plan.BaseLayer, plan.Index, plan.Length, hashes.AsSpan(0, plan.Length), hashes.AsSpan(plan.Length)));
        }
    }

    private sealed class BlockComparer : IEqualityComparer<(int Piece, byte[] Bytes)>
    {
        public bool Equals((int Piece, byte[] Bytes) x, (int Piece, byte[] Bytes) y) => x.Piece == y.Piece && x.Bytes.AsSpan().SequenceEqual(y.Bytes);

        public int GetHashCode((int Piece, byte[] Bytes) obj) => obj.Piece;
    }

    /// <summary>Takes the four blocks of a file of one piece, and so all that a ratio of 1 lets go.</summary>
    private static async Task TakeAllAsync(UploadRig rig, RawLeech leech)
    {
        for (var block = 0; block < 4; block++)
        {
            await leech.RequestAsync(0, block * Block, Math.Min(Block, rig.Bytes.Length - (block * Block)));
            await leech.BlockAsync();
        }

        await Until.True(() => rig.Swarm.Ratio >= 1, "the ratio is reached");
    }
}
