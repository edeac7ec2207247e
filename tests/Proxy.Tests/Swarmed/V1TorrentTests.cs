using Swarm.Protocol;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>v1-only torrents on a whole node: given by the user, and Linked by an origin.</summary>
public sealed class V1TorrentTests
{
    private static readonly Film Film = Film.Make(41, format: MetainfoFormat.V1);

    [Fact]
    public async Task Given_WholeAndRanges_ComeFromPeersAndAreRight()
    {
        await using var seed = new SeedPeer(Film);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed], Torrents = [Film] });

        var part = await node.GetAsync($"/torrents/{Film.Infohash}", "Range: bytes=1000000-1999999");
        var whole = await node.GetAsync($"/torrents/{Film.Infohash}/film.mp4");

        PermissionTests.AssertBytes(Film.Bytes, 1_000_000, part.Body, 1_000_000);
        PermissionTests.AssertBytes(Film.Bytes, 0, whole.Body, Film.Length);
        Assert.Equal($"\"{Film.Infohash}-0\"", whole.Field("ETag"));
        var receipt = await node.ReceiptAsync(whole);
        Assert.Equal(("complete", "L5", 0L), (receipt.Outcome, receipt.Authority, receipt.BytesBySource.Origin));
        Assert.Equal(0, seed.HashRequests);
    }

    [Fact]
    public async Task Folder_PiecesAcrossFiles_EachFileIsRight()
    {
        var (folder, second, space) = Film.MakeV1Folder("Two", "a.mp4", "b.mp4");
        Assert.False(folder.Torrent.IsAligned);
        await using var seed = new SeedPeer(folder, pieceSpace: space);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed], Torrents = [folder] });

        var b = await node.GetAsync($"/torrents/{folder.Infohash}/b.mp4");
        var tail = await node.GetAsync($"/torrents/{folder.Infohash}/a.mp4", "Range: bytes=-1");
        var a = await node.GetAsync($"/torrents/{folder.Infohash}/a.mp4");

        PermissionTests.AssertBytes(second, 0, b.Body, second.Length);
        PermissionTests.AssertBytes(folder.Bytes, 0, a.Body, folder.Bytes.Length);
        PermissionTests.AssertBytes(folder.Bytes, folder.Bytes.Length - 1, tail.Body, 1);
        Assert.Equal("bytes 599999-599999/600000", tail.Field("Content-Range"));
        Assert.NotEqual(a.Field("ETag"), b.Field("ETag"));
    }

    [Fact]
    public async Task Restarted_WhatPassedIsServedWithoutAPeer()
    {
        var folder = Directory.CreateTempSubdirectory("swarm-v1-").FullName;
        try
        {
            await using (var seed = new SeedPeer(Film))
            await using (var node = await TestNode.StartAsync(new() { Peers = [seed], Torrents = [Film], DataDirectory = folder }))
            {
                await node.GetAsync($"/torrents/{Film.Infohash}");
                await node.Engine.Store!.FlushAsync();
            }

            await using var again = await TestNode.StartAsync(new() { Torrents = [Film], DataDirectory = folder });
            var answer = await again.GetAsync($"/torrents/{Film.Infohash}");

            PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task StalledOrigin_PeersDeliverTheRest_WholePieceByWholePiece()
    {
        await using var seed = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film);
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        gate.Open();
        var receipt = await node.ReceiptAsync(answer);
        Assert.True(receipt.BytesBySource.Peer > 2 << 20, $"{receipt.BytesBySource}");
        Assert.Equal(Film.Infohash, receipt.Version.Infohash);
    }

    [Fact]
    public async Task Corrupter_AmongGoodSeeds_IsBanned_NothingWrongLeaves_NobodyElseIs()
    {
        await using var good = new SeedPeer(Film);
        await using var other = new SeedPeer(Film, host: "127.0.0.2");
        await using var liar = new SeedPeer(Film, new() { Alter = (_, bytes) => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)] }, host: "127.0.0.3");
        await using var node = await TestNode.StartAsync(new() { Peers = [good, other, liar], Torrents = [Film] });

        var answer = await node.GetAsync($"/torrents/{Film.Infohash}");

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        var receipt = await node.ReceiptAsync(answer);
        Assert.DoesNotContain(receipt.Sources, s => s.Banned && s.Address != liar.Address);
        Assert.True(receipt.RejectedBytes == 0 || receipt.Sources.Any(s => s.Banned && s.Address == liar.Address), $"{receipt.RejectedBytes} bytes were wrong and nobody is named");
    }

    [Fact]
    public async Task TorrentOfAnotherFileOfEqualLength_NoPeerByteLeaves()
    {
        var other = Film.Make(42, format: MetainfoFormat.V1);
        await using var seed = new SeedPeer(other);
        await using var origin = new FilmOrigin(Film) { Metafile = other.Metafile };
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        Assert.Equal(Film.Length, (await node.ReceiptAsync(answer)).BytesBySource.Origin);
    }

    [Fact]
    public async Task Private_PeersThatNoTrackerNamed_AreNotDialled()
    {
        var (folder, _, space) = Film.MakeV1Folder("Private", "a.mp4", "b.mp4", isPrivate: true);
        await using var seed = new SeedPeer(folder, pieceSpace: space);
        var refused = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed], Torrents = [folder] });
        node.Engine.Events.Published += (kind, text) => refused.TrySetResult(kind + ": " + text);

        node.Engine.JoinNow(node.Engine.FindTorrent(folder.Infohash)!);

        Assert.StartsWith("peer.refused: Private is private", await refused.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(0, seed.Connections);
    }
}
