using Swarm.Core;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>The main job: one response from the origin and from peers, and I2 with peers that lie.</summary>
public sealed class PeerBytesTests
{
    private static readonly Film Film = Film.Make(3);

    [Fact]
    public async Task StalledOrigin_PeersDeliverTheRest_EveryByteRight_AndTheReceiptAddsUp()
    {
        await using var seed = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film);
        var gate = Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        gate.Open();
        var receipt = await node.ReceiptAsync(answer);
        Assert.Equal("complete", receipt.Outcome);
        Assert.Equal(Film.Length, receipt.TotalBytes);
        Assert.True(receipt.BytesBySource.Peer > 2 << 20, $"{receipt.BytesBySource}");
        Assert.True(receipt.BytesVerified16k >= receipt.BytesBySource.Peer);
        Assert.Equal("L5c", receipt.Authority);
        Assert.True(receipt.Cleartext);
        Assert.Equal(Film.Infohash, receipt.Version.Infohash);
        Assert.Contains(receipt.Sources, s => s.Kind == "peer" && s.Address == seed.Address && s.Bytes == receipt.BytesBySource.Peer);
        var film = node.Engine.Resources.Single(r => r.Version.Infohash == Film.Infohash);
        Assert.Equal(new string('1', film.Content.Picture(10).Kinds.Length), node.Engine.AvailabilityOf(film, 10)); // one seed has each piece
        Assert.Equal(film.Content.BlockCount, node.Engine.AvailabilityOf(film, 100_000)!.Length);
    }

    [Fact]
    public async Task OverTls_ThroughTheGateway_IsL5AndNotCleartext()
    {
        using var authority = new TestAuthority();
        await using var seed = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film, authority.Leaf(TestNode.TlsHost));
        var gate = Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed], TrustedRoots = authority.Roots });

        var answer = await node.GetAsync(origin.GatewayPath);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        gate.Open();
        var receipt = await node.ReceiptAsync(answer);
        Assert.Equal("L5", receipt.Authority);
        Assert.False(receipt.Cleartext);
        Assert.True(receipt.BytesBySource.Peer > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FirstRequestBeyondTheFirstUnit_OverCleartext_LooksAtThatByItself(bool isProgram)
    {
        var film = isProgram ? Film.Make(3, bytes: Film.Noise(3, Film.Length, "MZ"u8)) : Film;
        await using var seed = new SeedPeer(film);
        await using var origin = new FilmOrigin(film);
        var gate = Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });

        var asked = node.GetAsync(origin.Url, "Range: bytes=98304-2999999");
        if (isProgram)
        {
            await Eventually.IsTrueAsync(() => origin.Requests.Any(r => r.Field("Range") == "bytes=0-16383"), "its first unit was asked for");
            await gate.Reached;
            gate.Open();
        }

        var answer = await asked;
        PermissionTests.AssertBytes(film.Bytes, 98304, answer.Body, 3_000_000 - 98304);
        gate.Open();
        var receipt = await node.ReceiptAsync(answer);
        Assert.Equal(isProgram, receipt.BytesBySource.Peer == 0);
        Assert.Equal("bytes=0-16383", Assert.Single(origin.Requests, r => r.Field("Range")?.StartsWith("bytes=0-", StringComparison.Ordinal) == true).Field("Range"));
    }

    [Fact]
    public async Task BeforeTheFirstOriginUnitMatched_NoPeerByteLeaves()
    {
        await using var seed = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film);
        using var authority = new TestAuthority();
        await using var tls = new FilmOrigin(Film, authority.Leaf(TestNode.TlsHost));
        var gate = Stall(tls, 0);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed], TrustedRoots = authority.Roots });
        using var client = await node.ConnectAsync();

        // The range starts inside the file; the peer has all of it, and the origin has not brought one whole unit.
        await client.SendAsync(node.Request("GET", tls.GatewayPath, "Range: bytes=1048576-"));
        var head = await client.ReadHeadAsync();
        await Eventually.IsTrueAsync(() => seed.BlocksSent > 20, "the peer has delivered");
        var reading = TestNode.ReadUpToAsync(client, Film.Length - (1 << 20));
        var handle = node.Known($"https://{TestNode.TlsHost}:{tls.Port}{tls.Path}");
        Assert.False(handle.Content.TreeConfirmed);
        Assert.Equal(0, client.Socket.Available);
        Assert.False(reading.IsCompleted);
        gate.Open();

        PermissionTests.AssertBytes(Film.Bytes, 1 << 20, await reading, Film.Length - (1 << 20));
        await node.ReceiptAsync(head);
    }

    [Fact]
    public async Task CorruptBlock_IsNeverReleased_AndItsSenderIsBannedWithAddressAndBlock()
    {
        await using var liar = new SeedPeer(Film, new() { Alter = (_, b) => [.. b[..^1], (byte)(b[^1] ^ 0x80)] }, host: "127.0.0.2");
        await using var honest = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film);
        var gate = Stall(origin, 256 << 10);
        await using var node = await TestNode.StartAsync(new() { Peers = [liar, honest] });

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        gate.Open();
        var receipt = await node.ReceiptAsync(answer);
        var blamed = Assert.Single(receipt.Sources, s => s.Address == liar.Address && s.Banned);
        Assert.Equal(0, blamed.Bytes);
        Assert.NotEmpty(blamed.Blame);
        Assert.InRange(blamed.Blame[0].Block, 0, (Film.Length / PieceLayout.BlockSize) + 1);
        Assert.True(receipt.RejectedBytes > 0);
        Assert.DoesNotContain(receipt.Sources, s => s.Address == honest.Address && s.Banned);
        var shown = Assert.Single(node.Engine.Banned);
        Assert.Equal((Film.Infohash, liar.Address, "banned", $"block {blamed.Blame[0].Block}: {blamed.Blame[0].Reason}"), (shown.Infohash, shown.Address, shown.State, shown.Reason));
    }

    [Fact]
    public async Task WrongHashes_BanTheirSender_AndTheBytesStayRight()
    {
        await using var liar = new SeedPeer(Film, new() { LiesAboutHashes = true }, host: "127.0.0.2");
        await using var honest = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film);
        var gate = Stall(origin, 256 << 10);
        await using var node = await TestNode.StartAsync(new() { Peers = [liar, honest] });

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        gate.Open();
        var receipt = await node.ReceiptAsync(answer);
        Assert.Equal("complete", receipt.Outcome);
        if (liar.HashRequests > 0)
        {
            Assert.Contains(receipt.Sources, s => s.Address == liar.Address && s.Banned);
        }
    }

    [Fact]
    public async Task NoPeerGivesHashes_PiecesVerifyWhole()
    {
        await using var seed = new SeedPeer(Film, new() { RefusesHashes = true });
        await using var origin = new FilmOrigin(Film);
        var gate = Stall(origin, 256 << 10);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        gate.Open();
        Assert.True(seed.HashRequests > 0);
        Assert.True((await node.ReceiptAsync(answer)).BytesBySource.Peer > 0);
    }

    [Fact]
    public async Task UnaskedBlocks_ChangeNothing()
    {
        await using var pusher = new SeedPeer(Film, new() { SendsUnasked = true });
        await using var origin = new FilmOrigin(Film);
        var gate = Stall(origin, 512 << 10);
        await using var honest = new SeedPeer(Film);
        await using var node = await TestNode.StartAsync(new() { Peers = [pusher, honest] });

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        gate.Open();
        await node.ReceiptAsync(answer);
    }

    [Fact]
    public async Task MutePeers_TheOriginDeliversAll()
    {
        await using var mute = new SeedPeer(Film, new() { IsMute = true });
        await using var origin = new FilmOrigin(Film);
        await using var node = await TestNode.StartAsync(new() { Peers = [mute] });

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        Assert.Equal(Film.Length, (await node.ReceiptAsync(answer)).BytesBySource.Origin);
    }

    [Fact]
    public async Task AllPeersVanish_TheOriginGoesOn()
    {
        await using var seed = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film);
        var gate = Stall(origin, 512 << 10, firstOnly: true);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });
        using var client = await node.ConnectAsync(receiveBufferBytes: 16 << 10);

        await client.SendAsync(node.Request("GET", origin.Url));
        var head = await client.ReadHeadAsync();
        var first = await TestNode.ReadUpToAsync(client, 1 << 20);
        seed.Vanish();
        gate.Open();
        var rest = await TestNode.ReadUpToAsync(client, Film.Length - (1 << 20));

        PermissionTests.AssertBytes(Film.Bytes, 0, [.. first, .. rest], Film.Length);
        Assert.Equal("complete", (await node.ReceiptAsync(head)).Outcome);
    }

    [Fact]
    public async Task ClientLeaves_TheReceiptSaysSo_AndCountsWhatItTook()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        var gate = Stall(origin, 1 << 20);
        await using var node = await TestNode.StartAsync();
        RawAnswer head;
        using (var client = await node.ConnectAsync())
        {
            await client.SendAsync(node.Request("GET", origin.Url));
            head = await client.ReadHeadAsync();
            Assert.Equal(1 << 20, (await TestNode.ReadUpToAsync(client, 1 << 20)).Length);
            client.Reset();
        }

        var receipt = await node.ReceiptAsync(head);

        Assert.Equal("client-gone", receipt.Outcome);
        Assert.Equal(1 << 20, receipt.TotalBytes);
        Assert.Equal(1 << 20, receipt.BytesBySource.Origin);
        // The receipt is written before the response lets go of its reader.
        await Eventually.IsTrueAsync(() => node.Engine.OpenReaders == 0, "the reader is closed");
        gate.Open();
    }

    /// <summary>The origin delivers up to <paramref name="bytes"/> of the film and no further, until the gate opens.</summary>
    internal static Gate Stall(FilmOrigin origin, int bytes, bool firstOnly = false)
    {
        var gate = new Gate();
        origin.BeforeBytes = (r, at, cancel) => at >= bytes && (!firstOnly || r.Number == 1) ? gate.PassAsync(cancel) : Task.CompletedTask;
        return gate;
    }
}
