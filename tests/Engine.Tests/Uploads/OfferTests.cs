using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>What the origin sent and no whole piece proves yet: for viewers who collect leaf hashes, of a tree that the origin has confirmed, and for nobody else.</summary>
public sealed class OfferTests
{
    private const int Block = TestTorrent.Block;

    [Fact]
    public async Task Viewer_GetsABlockOfTheOrigin_BeforeItsPieceIsWhole()
    {
        await using var rig = new UploadRig();
        rig.Feed.Origin(2);
        var viewer = await ViewerAsync(rig);
        await viewer.RequestAsync(0, 2 * Block, Block);

        Assert.Equal(rig.Expected(0, 2 * Block, Block), (await viewer.BlockAsync()).Bytes);
        Assert.Equal(0, rig.Swarm.HeldPieces);
    }

    [Fact]
    public async Task StockPeer_IsRefusedIt()
    {
        await using var rig = new UploadRig();
        rig.Feed.Origin(2);
        var leech = await rig.UnchokedAsync();
        await leech.RequestAsync(0, 2 * Block, Block);
        await leech.UntilAsync(MessageId.RejectRequest);
    }

    [Fact]
    public async Task TreeThatTheOriginHasNotConfirmed_IsOfferedToNobody()
    {
        await using var rig = new UploadRig(confirmed: false);
        rig.Feed.Origin(2);
        var viewer = await ViewerAsync(rig);
        await viewer.RequestAsync(0, 2 * Block, Block);
        await viewer.UntilAsync(MessageId.RejectRequest);
    }

    [Fact]
    public async Task TorrentWithoutLeaves_OffersNothing()
    {
        await using var rig = new UploadRig(format: MetainfoFormat.V1);
        rig.Feed.Origin(2);
        var viewer = await ViewerAsync(rig);
        await viewer.RequestAsync(0, 2 * Block, Block);
        await viewer.UntilAsync(MessageId.RejectRequest);
    }

    [Theory]
    [InlineData(true, true, true, false, true)]
    [InlineData(false, true, true, false, false)] // a peer's
    [InlineData(true, false, true, false, false)] // private
    [InlineData(true, true, false, false, false)] // not confirmed
    [InlineData(true, true, true, true, false)] // falsified
    public void Gate_OffersTheOriginsOwn_OfAConfirmedTree(bool fromOrigin, bool shareable, bool confirmed, bool falsified, bool may)
    {
        Assert.Equal(may, ReleaseGate.MayOffer(fromOrigin, shareable, Authority.Tree, confirmed, falsified));
        Assert.False(ReleaseGate.MayOffer(fromOrigin, shareable, Authority.None, confirmed, falsified));
    }

    private static async Task<RawLeech> ViewerAsync(UploadRig rig)
    {
        var leech = await rig.LeechAsync();
        await leech.SendAsync(new ExtensionHandshake { CrowdId = 9 }.Write);
        await leech.SignalAsync(MessageId.Interested);
        await leech.UntilAsync(MessageId.Unchoke);
        return leech;
    }
}
