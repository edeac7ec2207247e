using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary><c>/torrents/…</c>: a given torrent's files as HTTP resources.</summary>
public sealed class TorrentFileTests
{
    private static readonly Film Film = Film.Make(9);

    [Fact]
    public async Task Get_WholeAndRanges_ComeFromPeersAndAreRight()
    {
        await using var seed = new SeedPeer(Film);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed], Torrents = [Film] });
        var path = $"/torrents/{Film.Infohash}";

        var part = await node.GetAsync(path, "Range: bytes=1000000-1999999");
        var whole = await node.GetAsync($"/torrents/{Film.Torrent.InfoHash.V1Hex}/film.mp4");

        Assert.Equal(206, part.Status);
        Assert.Equal($"bytes 1000000-1999999/{Film.Length}", part.Field("Content-Range"));
        PermissionTests.AssertBytes(Film.Bytes, 1_000_000, part.Body, 1_000_000);
        PermissionTests.AssertBytes(Film.Bytes, 0, whole.Body, Film.Length);
        Assert.Equal("video/mp4", whole.Field("Content-Type"));
        var receipt = await node.ReceiptAsync(whole);
        Assert.Equal(("complete", "L5", false), (receipt.Outcome, receipt.Authority, receipt.Cleartext));
        Assert.Equal(0, receipt.BytesBySource.Origin);
    }

    [Fact]
    public async Task HeadAndConditions_NeedNoPeer()
    {
        await using var node = await TestNode.StartAsync(new() { Torrents = [Film] });
        var path = $"/torrents/{Film.Infohash.ToUpperInvariant()}";
        var tag = $"\"{Film.Torrent.Layout.Files[0].PiecesRoot}\"";

        var head = await node.HeadAsync(path);
        var same = await node.GetAsync(path, $"If-None-Match: {tag}");
        var beyond = await node.GetAsync(path, $"Range: bytes={Film.Length}-");

        Assert.Equal((200, $"{Film.Length}", tag), (head.Status, head.Field("Content-Length"), head.Field("ETag")));
        Assert.Equal(304, same.Status);
        Assert.Equal((416, $"bytes */{Film.Length}"), (beyond.Status, beyond.Field("Content-Range")));
    }

    [Fact]
    public async Task Folder_PathsByTheirEscapes_UnknownOnes404()
    {
        var (folder, second) = Film.MakeFolder("Two Films", "a #1.mp4", "b/d\u00e9j\u00e0.mp4");
        var space = new byte[(3 << 18) + second.Length];
        folder.Bytes.CopyTo(space, 0);
        second.CopyTo(space, 3 << 18);
        await using var seed = new SeedPeer(folder, pieceSpace: space);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed], Torrents = [folder] });

        var a = await node.GetAsync($"/torrents/{folder.Infohash}/a%20%231.mp4");
        var b = await node.GetAsync($"/torrents/{folder.Infohash}/b/d%C3%A9j%C3%A0.mp4");

        PermissionTests.AssertBytes(folder.Bytes, 0, a.Body, folder.Bytes.Length);
        PermissionTests.AssertBytes(second, 0, b.Body, second.Length);
        Assert.Equal(404, (await node.GetAsync($"/torrents/{folder.Infohash}")).Status);
        Assert.Equal(404, (await node.GetAsync($"/torrents/{folder.Infohash}/c.mp4")).Status);
        Assert.Equal(404, (await node.GetAsync($"/torrents/{folder.Infohash}/b/..%2fa%20%231.mp4")).Status);
        Assert.Equal(404, (await node.GetAsync($"/torrents/{new string('0', 64)}")).Status);
        Assert.Equal(404, (await node.GetAsync("/torrents/x")).Status);
    }

    [Fact]
    public async Task NoPeers_IsResetAfter30Seconds_NotLeftHanging()
    {
        var time = new FakeTime();
        await using var node = await TestNode.StartAsync(new() { Time = time, Torrents = [Film] });

        var download = node.TryGetAsync($"/torrents/{Film.Infohash}");
        await Harness.Eventually.IsTrueAsync(() => node.Engine.OpenReaders == 1, "the response is open");
        await Harness.Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return download.IsCompleted;
            },
            "the reset");

        var (head, body, whole) = await download;
        Assert.False(whole);
        Assert.Empty(body);
        Assert.Equal("sources-failed", (await node.ReceiptAsync(head)).Outcome);
    }

    [Fact]
    public async Task LinkedTorrent_ThatNobodyGave_IsNotServedByItsInfohash()
    {
        await using var origin = new FilmOrigin(Film);
        await using var node = await TestNode.StartAsync();
        await node.GetAsync(origin.Url);

        Assert.Equal(404, (await node.GetAsync($"/torrents/{Film.Infohash}")).Status);
    }

    [Fact]
    public async Task DeadTrackers_OfEverySort_HarmNobody()
    {
        var film = Film.Make(71);
        await using var mute = RawOrigin.Start(async session => await session.ReadHeadAsync());
        await using var broken = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nd1:");
        await using var seed = new SeedPeer(film);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });
        node.Engine.AddTorrent(
            film.Torrent.WithHints(
                [[$"{mute.Url}/announce"], [$"{broken.Url}/announce", "http://127.0.0.1:1/announce"], ["udp://127.0.0.1:1/announce"], ["udp://10.0.0.1:6969/announce"]], []),
            givenByUser: true);

        var answer = await node.GetAsync($"/torrents/{film.Infohash}");

        PermissionTests.AssertBytes(film.Bytes, 0, answer.Body, Film.Length);
    }
}
