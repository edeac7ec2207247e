using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>Peers that name others (BEP 11): whom we dial for it, whom we tell, and who is not believed.</summary>
public sealed class PexTests
{
    private const byte TheirId = 9;

    private static readonly byte[] Bytes = TestTorrent.Bytes(16 * TestTorrent.Block);
    private static readonly Metainfo Torrent = TestTorrent.Of(Bytes);
    private static readonly WireHash V2 = WireHash.V2Of(Torrent.InfoHash)!.Value;

    [Fact]
    public async Task NamedPeer_IsDialled()
    {
        await using var rig = new PeerRig(Torrent);
        using var listener = new WaitingPeer();
        using var caller = await rig.CallAsync(V2, Id('A'), pexId: TheirId);
        await NameAsync(caller, listener.EndPoint);

        using var dialled = await listener.AnswerAsync(V2, Id('B'));
        await rig.ConnectedAsync(2);
        Assert.Equal(1, rig.Swarm.CountKnown(FoundBy.Pex));
    }

    [Fact]
    public async Task NamedPeers_OfALocalNetworkOrTooMany_AreNotRemembered()
    {
        await using var rig = new PeerRig(Torrent);
        using var caller = await rig.CallAsync(V2, Id('A'), pexId: TheirId);
        IPEndPoint[] local = [IPEndPoint.Parse("10.0.0.1:6881"), IPEndPoint.Parse("192.168.1.1:80"), IPEndPoint.Parse("169.254.169.254:80"), IPEndPoint.Parse("[fe80::1]:6881")];

        // Ports where nobody is, on addresses that are allowed here.
        await NameAsync(caller, [.. local, .. Enumerable.Range(1, 90).Select(i => new IPEndPoint(IPAddress.Parse($"127.9.9.{i}"), 1))]);

        await Until.True(() => rig.Swarm.CountKnown(FoundBy.Pex) > 0, "the message is here");
        Assert.InRange(rig.Swarm.CountKnown(FoundBy.Pex), 1, PexMessage.MaxPeers - 3);
    }

    [Fact]
    public async Task WhoNamesPeersAllTheTime_IsClosed()
    {
        await using var rig = new PeerRig(Torrent);
        using var caller = await rig.CallAsync(V2, Id('A'), pexId: TheirId);
        for (var i = 0; i < 6; i++)
        {
            await NameAsync(caller, new IPEndPoint(IPAddress.Parse($"127.9.9.{i + 1}"), 1));
        }

        Assert.True(await RawLeech.On(caller, Torrent.PieceCount).IsClosedAsync());
        await rig.ConnectedAsync(0);
        Assert.Equal(1, rig.Swarm.CountKnown(FoundBy.Pex));
    }

    [Fact]
    public async Task WhoListens_IsToldOfTheOthers_WhereTheyTakeCalls()
    {
        await using var rig = new PeerRig(Torrent, new() { Share = ShareMode.Seed });
        using var listens = await rig.CallAsync(V2, Id('A'), listenPort: 4711);
        using var silent = await rig.CallAsync(V2, Id('B'));
        using var dialled = new WaitingPeer();
        rig.Swarm.Learn(dialled.EndPoint, FoundBy.Given);
        rig.Swarm.Tick();
        using var answered = await dialled.AnswerAsync(V2, Id('C'));
        await rig.ConnectedAsync(3);
        await Until.True(() => rig.Swarm.Connected.Count(p => p.DialAddress is not null) == 2, "who listens has said so");
        using var caller = await rig.CallAsync(V2, Id('D'), listenPort: 4712, pexId: TheirId);

        var message = await ExchangedAsync(RawLeech.On(caller, Torrent.PieceCount));

        Assert.Equal(
            [$"127.0.0.1:4711 None", $"{dialled.EndPoint} Reachable"],
            message.Added.Select(p => $"{p.EndPoint} {p.Flags}").Order(StringComparer.Ordinal).OrderBy(t => !t.Contains("4711", StringComparison.Ordinal)));
        Assert.Empty(message.Dropped);
    }

    [Theory]
    [InlineData("share off")]
    [InlineData("no-pex")]
    [InlineData("private")]
    public async Task NothingIsTold_WhereNothingMayBe(string why)
    {
        var torrent = why == "private" ? TestTorrent.Of(Bytes, isPrivate: true) : Torrent;
        var hash = WireHash.V2Of(torrent.InfoHash)!.Value;
        await using var rig = new PeerRig(torrent, new() { Share = why == "share off" ? ShareMode.Off : ShareMode.Seed, Pex = why != "no-pex" });
        using var listens = await rig.CallAsync(hash, Id('A'), listenPort: 4711);
        using var caller = await rig.CallAsync(hash, Id('B'), pexId: TheirId);
        using var named = new WaitingPeer();
        await NameAsync(caller, named.EndPoint);
        await Until.True(() => rig.Swarm.Connected.Count(p => p.DialAddress is not null) == 1, "who listens has said so");
        rig.Swarm.Tick();

        // The answer to what is asked now comes behind whatever was told before.
        await PeerRig.SendAsync(caller, to => new MetadataMessage(MetadataKind.Request, 0).Write(to, ExtensionHandshake.OwnMetadataId));
        await PeerRig.SendAsync(caller, to => new ExtensionHandshake { MetadataId = 5 }.Write(to));
        await PeerRig.SendAsync(caller, to => new MetadataMessage(MetadataKind.Request, 0).Write(to, ExtensionHandshake.OwnMetadataId));
        var leech = RawLeech.On(caller, torrent.PieceCount);
        ExtensionHandshake? said = null;
        while (true)
        {
            var payload = await leech.UntilAsync(MessageId.Extended);
            Assert.NotEqual(TheirId, payload[0]);
            if (payload[0] == 5)
            {
                break;
            }

            var reader = new SequenceReader<byte>(new(payload.AsMemory(1)));
            Assert.True(ExtensionHandshake.TryRead(ref reader, out said));
        }

        Assert.Equal(why == "share off", said?.PexId is not null);
        Assert.Equal(why == "share off" ? 1 : 0, rig.Swarm.CountKnown(FoundBy.Pex));
    }

    private static PeerId Id(char c) => PeerId.Read([.. "-"u8, .. System.Text.Encoding.ASCII.GetBytes(new string(c, 19))]);

    private static Task NameAsync(Socket socket, params IPEndPoint[] peers) => PeerRig.SendAsync(socket, to =>
    {
        new PexMessage([.. peers.Select(p => new PexPeer(PeerEndpoint.From(p), PexFlags.None))], []).Write(to, ExtensionHandshake.OwnPexId);
    });

    private static async Task<PexMessage> ExchangedAsync(RawLeech leech)
    {
        while (true)
        {
            var payload = await leech.UntilAsync(MessageId.Extended);
            if (payload[0] == TheirId)
            {
                var reader = new SequenceReader<byte>(new(payload.AsMemory(1)));
                Assert.True(PexMessage.TryRead(ref reader, out var message));
                return message;
            }
        }
    }
}
