using System.Security.Cryptography;

namespace Swarm.Peer.Tests;

/// <summary>Downloads from a stock libtorrent seed over loopback.</summary>
public sealed class LibtorrentTests(ITestOutputHelper output)
{
    private const int FileBytes = (12 << 20) + 12345;
    private const int PieceBytes = 1 << 20;

    [Theory]
    [InlineData("hybrid")]
    [InlineData("v2")]
    public async Task CheckedSeed_GivesLeavesFirst_AndEveryBlockPassesItsLeaf(string kind)
    {
        await using var seed = await LibtorrentSeed.StartAsync(kind, FileBytes, PieceBytes);
        var sink = new DownloadingSink(FileBytes, PieceBytes, seed.PiecesRoot);
        await using var peer = PeerConnection.StartOutbound(await seed.DialAsync(), seed.Torrent, sink, new PeerSettings());

        await sink.Until(() => sink.IsDone || sink.CloseReason is not null, "the whole file");

        Assert.True(sink.IsDone, $"closed early: {sink.CloseReason} {seed.Errors}");
        output.WriteLine(
            $"libtorrent {seed.Version}, {kind}, client {peer.ClientName}, reqq {peer.ReqQ}: {peer.PayloadBytesReceived} B of blocks, {peer.RawBytesReceived} B received in "
            + $"{peer.ReceiveCalls} receives, {peer.RawBytesSent} B sent in {peer.SendCalls} sends, {sink.LeavesBeforeBlocks} of {sink.LeavesKnown} leaves before the first block");
        Assert.True(peer.IsV2);
        Assert.True(peer.SupportsFast);
        Assert.Contains("libtorrent", peer.ClientName, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(seed.Torrent.PieceCount, sink.Pieces);
        Assert.Equal(1024, sink.LeavesBeforeBlocks);
        Assert.Equal(FileBytes, peer.PayloadBytesReceived);
        Assert.Equal(sink.BlocksReceived, sink.BlocksVerified);
        Assert.Equal(seed.Sha256, Convert.ToHexStringLower(SHA256.HashData(sink.File)));
        Assert.True(peer.TryGetRoundTripMicros(out var micros) && micros > 0);
    }

    [Fact]
    public async Task SeedWithoutUploadSlots_ChokesAndStillGivesLeaves()
    {
        await using var seed = await LibtorrentSeed.StartAsync("hybrid", FileBytes, PieceBytes, uploadSlots: 0);
        var sink = new DownloadingSink(FileBytes, PieceBytes, seed.PiecesRoot);
        await using var peer = PeerConnection.StartOutbound(await seed.DialAsync(), seed.Torrent, sink, new PeerSettings());

        await sink.Until(() => sink.LeavesKnown == 1024 || sink.CloseReason is not null, "all leaves");

        Assert.True(peer.PeerChokes);
        Assert.Equal(1024, sink.LeavesKnown);
        Assert.False(peer.RequestBlock(0, 0, 16384));
    }

    [Fact]
    public async Task V1Seed_StaysV1_RefusesToAskHashes_AndDownloads()
    {
        await using var seed = await LibtorrentSeed.StartAsync("v1", FileBytes, PieceBytes);
        var sink = new DownloadingSink(FileBytes, PieceBytes, default);
        await using var peer = PeerConnection.StartOutbound(await seed.DialAsync(), seed.Torrent, sink, new PeerSettings());

        await sink.Until(() => sink.IsDone || sink.CloseReason is not null, "the whole file");

        Assert.False(peer.IsV2);
        Assert.False(peer.AskHashes(new(default, 0, 0, 512, 1)));
        Assert.Equal(seed.Sha256, Convert.ToHexStringLower(SHA256.HashData(sink.File)));
    }

    [Fact]
    public async Task UnknownTorrent_IsClosedByTheSeed()
    {
        await using var seed = await LibtorrentSeed.StartAsync("v1", 1 << 16, 1 << 15);
        var other = new PeerTorrent(new Core.InfoHash(new string('a', 40), null), 2);
        var sink = new RecordingSink();
        await using var peer = PeerConnection.StartOutbound(await seed.DialAsync(), other, sink, new PeerSettings());

        await sink.Until(() => sink.CloseReason is not null, "the end");

        Assert.Equal(PeerCloseKind.RemoteClosed, sink.CloseReason!.Value.Kind);
        Assert.DoesNotContain("ready", sink.Lines);
    }
}
