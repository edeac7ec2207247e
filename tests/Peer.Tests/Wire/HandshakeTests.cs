using System.Buffers;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>The 68 bytes, and which hash answers which.</summary>
public sealed class HandshakeTests
{
    private static readonly string V1 = new('1', 40);
    private static readonly Hash256 V2 = new(0x2222222222222222, 0x2222222222222222, 0x2222222222222222, 0x2222222222222222);
    private static readonly PeerId Id = PeerId.Own("abcdefghijkl"u8);

    [Fact]
    public void Handshake_OfAHybrid_IsTheseBytes()
    {
        var torrent = new PeerTorrent(new InfoHash(V1, V2), 1);
        var to = new ArrayBufferWriter<byte>();

        new Handshake(torrent.OwnFeatures, torrent.DialHash, Id).Write(to);

        Assert.Equal(
            "13" + Convert.ToHexStringLower("BitTorrent protocol"u8) + "0000000000100014" + V1 + Convert.ToHexStringLower("-SM0100-abcdefghijkl"u8),
            Convert.ToHexStringLower(to.WrittenSpan));
    }

    [Theory]
    [InlineData("0000000000100005", true, true, false)] // libtorrent, v1 torrent
    [InlineData("0000000000100015", true, true, true)] // libtorrent, hybrid
    [InlineData("0000000000000000", false, false, false)] // BEP 3 alone
    [InlineData("ffffffffffffffff", true, true, true)]
    public void Features_AreReadFromTheReservedBits(string reserved, bool fast, bool extensions, bool v2)
    {
        var bytes = Convert.FromHexString("13" + Convert.ToHexString("BitTorrent protocol"u8) + reserved + V1 + Id);
        for (var size = 1; size <= 68; size += 13)
        {
            var reader = new SequenceReader<byte>(Segments.Of(bytes, size));
            Assert.True(Handshake.TryRead(ref reader, out var handshake));
            Assert.Equal((fast, extensions, v2), (handshake.Supports(PeerFeatures.Fast), handshake.Supports(PeerFeatures.Extensions), handshake.Supports(PeerFeatures.V2)));
            Assert.Equal(V1, handshake.InfoHash.ToString());
            Assert.Equal(Id, handshake.PeerId);
            Assert.True(reader.End);
        }
    }

    [Fact]
    public void MayBegin_KnowsAStrangerByItsFirstByte()
    {
        Assert.True(Handshake.MayBegin([]));
        Assert.True(Handshake.MayBegin([19]));
        Assert.True(Handshake.MayBegin("\u0013BitTorrent protocol and more"u8));
        Assert.False(Handshake.MayBegin("GET "u8));
        Assert.False(Handshake.MayBegin("\u0013BitTorrent protocoL"u8));
    }

    [Theory]
    [InlineData("v1", false, "v1", "v1")] // a v1 peer gets what it asked for
    [InlineData("hybrid", false, "v1", "v1")] // it did not offer to upgrade
    [InlineData("hybrid", true, "v1", "v2")] // BEP 52, upgrade path
    [InlineData("hybrid", false, "v2", "v2")]
    [InlineData("v2", true, "v2", "v2")]
    [InlineData("v2", true, "v1", null)]
    [InlineData("v1", true, "v1", "v1")] // nothing to upgrade to
    [InlineData("v1", true, "other", null)]
    [InlineData("hybrid", true, "other", null)]
    public void AnswerTo_UpgradesWhereBothCan(string kind, bool callerHasV2, string asked, string? answered)
    {
        var torrent = new PeerTorrent(new InfoHash(kind == "v2" ? null : V1, kind == "v1" ? null : V2), 1);
        WireHash? Named(string? name) => name switch
        {
            "v1" => WireHash.Read(Convert.FromHexString(V1)),
            "v2" => WireHash.Read(V2.ToArray()),
            "other" => new(1, 2, 3),
            _ => null,
        };

        Assert.Equal(Named(answered), torrent.AnswerTo(new(callerHasV2 ? PeerFeatures.V2 : 0, Named(asked)!.Value, Id)));
    }

    [Fact]
    public void PeerIds_AreOursAndDiffer()
    {
        var one = PeerSettings.NewPeerId();

        Assert.Equal("-SM0100-", one.ClientPrefix);
        Assert.NotEqual(one, PeerSettings.NewPeerId());
    }
}
