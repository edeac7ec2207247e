using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>The v1 side of a hybrid, and v1 torrents: SHA-1 before HAVE.</summary>
public sealed class HybridTests
{
    private const int Block = TestTorrent.Block;
    private const PeerFeatures V1Only = PeerFeatures.Fast | PeerFeatures.Extensions;

    [Fact]
    public async Task V1Leech_HearsOfPiecesOnceTheirSha1IsRight_AndGetsThem()
    {
        await using var rig = new UploadRig(format: MetainfoFormat.Hybrid).Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.LeechAsync(V1Only, v1: true);
        Assert.Empty(await leech.HeldAsync()); // nobody asked before: nothing is checked yet

        var told = new HashSet<int>();
        await leech.AllUntilAsync(m => m.Id == MessageId.Have && told.Add(RawLeech.Number(m.Payload, 0)) && told.Count == 4);
        await leech.SignalAsync(MessageId.Interested);
        await leech.UntilAsync(MessageId.Unchoke);
        await leech.RequestAsync(2, Block, Block);

        Assert.Equal(rig.Expected(2, Block, Block), (await leech.BlockAsync()).Bytes);
        var second = await rig.LeechAsync(V1Only, v1: true);
        int[] all = [0, 1, 2, 3];
        Assert.Equal(all, await second.HeldAsync());
    }

    [Fact]
    public async Task LeafRight_Sha1Wrong_CondemnsTheTorrent_ForBothSides()
    {
        var bytes = TestTorrent.Bytes((16 * Block) - 1_000);
        var metainfo = Spoiled(bytes, piece: 1);
        await using var rig = new UploadRig(metainfo: metainfo).Fill();
        await rig.HoldsAsync(4);
        var v2 = await rig.UnchokedAsync();
        await v2.RequestAsync(1, 0, Block);
        await v2.BlockAsync(); // nobody looked at the v1 side yet

        var v1 = await rig.LeechAsync(V1Only, v1: true);
        await rig.HoldsAsync(0);
        await v1.RequestAsync(1, 0, Block);
        await v1.UntilAsync(MessageId.RejectRequest);
        await v2.UntilAsync(MessageId.Choke);
        await v2.RequestAsync(0, 0, Block);
        await v2.UntilAsync(MessageId.RejectRequest);

        Assert.True(rig.Swarm.IsCondemned);
        Assert.False(rig.Uploads.Keeps(rig.Swarm));
    }

    [Fact]
    public async Task V1Leech_ThatOffersV2_IsServedAsV2()
    {
        await using var rig = new UploadRig(format: MetainfoFormat.Hybrid).Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.LeechAsync(V1Only | PeerFeatures.V2, v1: true);

        Assert.Equal(4, (await leech.HeldAsync()).Length);
        Assert.False(rig.Sessions[0].IsV1View);
    }

    [Fact]
    public async Task V1Torrent_PieceIsAnnouncedOnceItPassed_AndServed()
    {
        var bytes = TestTorrent.Bytes((16 * Block) - 1_000);
        await using var rig = new UploadRig(metainfo: TestTorrent.Of(bytes, format: MetainfoFormat.V1));
        var leech = await rig.LeechAsync(V1Only);
        Assert.Empty(await leech.HeldAsync());
        for (var block = 0; block < 4; block++)
        {
            Assert.Equal(0, rig.Swarm.HeldPieces);
            rig.Feed.Peer(block);
        }

        Assert.Equal(0, RawLeech.Number(await leech.UntilAsync(MessageId.Have), 0));
        await leech.SignalAsync(MessageId.Interested);
        await leech.UntilAsync(MessageId.Unchoke);
        await leech.RequestAsync(0, 3 * Block, Block);
        Assert.Equal(rig.Expected(0, 3 * Block, Block), (await leech.BlockAsync()).Bytes);
    }

    /// <summary>A hybrid of which one v1 piece hash belongs to other bytes.</summary>
    private static Metainfo Spoiled(byte[] bytes, int piece)
    {
        using var hasher = new MetainfoHasher(MetainfoFormat.Hybrid, 4 * Block, singleFile: true);
        hasher.Append(bytes);
        hasher.EndFile("film");
        var pieces = hasher.EndContent().ToArray();
        pieces[piece * 20] ^= 1;
        var builder = new MetainfoBuilder { Name = "film", PieceLength = 4 * Block, Format = MetainfoFormat.Hybrid, Files = hasher.Files, V1Pieces = pieces };
        Assert.True(builder.TryBuild(out var built, out var error), error?.ToString());
        Assert.True(Metainfo.TryParse(built, out var metainfo, out error), error?.ToString());
        return metainfo;
    }
}
