using System.Net.Sockets;
using Swarm.Protocol;
using Swarm.Testing;

namespace Swarm.Peer.Tests;

/// <summary>How a connection begins, and all the ways in which it does not.</summary>
public sealed class HandshakeBehaviourTests
{
    [Fact]
    public async Task Dial_Hybrid_SendsV1HashWithV2Bit_AndIsUpgradedByTheAnswer()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.DialledAsync(sink, ScriptedPeer.Hybrid);

        var sent = await peer.ReadAsync(Handshake.Size);
        Assert.Equal("0000000000100014" + ScriptedPeer.V1, Convert.ToHexStringLower(sent.AsSpan(20, 28)));
        await peer.AnswerAsync(ScriptedPeer.Hybrid.V2!.Value, ScriptedPeer.Modern);
        await sink.Told("ready");

        Assert.True(peer.Connection.IsV2);
        Assert.True(peer.Connection.SupportsFast);
        Assert.False(peer.Connection.IsInbound);
        Assert.Equal("-XX0001-", peer.Connection.ClientName);
        Assert.Equal(["HaveNone", "Extended 0 length 80 client Swarm/0.1 reqq 500 port 0 uploadOnly - donthave 1"], await peer.ReadGreetingAsync());
    }

    [Fact]
    public async Task Dial_AnsweredWithV1_StaysV1_AndSendsNoHashRequest()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.DialledAsync(sink, ScriptedPeer.Hybrid);
        await peer.ReadAsync(Handshake.Size);
        await peer.AnswerAsync(ScriptedPeer.Hybrid.V1!.Value, ScriptedPeer.Modern);
        await sink.Told("ready");

        Assert.False(peer.Connection.IsV2);
        Assert.True(peer.Connection.SupportsV2);
        Assert.False(peer.Connection.AskHashes(new(ScriptedPeer.V2, 0, 0, 512, 1)));
        peer.Connection.SetInterested();
        peer.Connection.Flush();
        await peer.ReadGreetingAsync();
        Assert.Equal("Interested", await peer.ReadMessageAsync());
    }

    [Fact]
    public async Task PlainPeer_GetsNoFastAndNoExtensionMessages()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.V1Only, PeerFeatures.None);

        peer.Connection.SetInterested();
        peer.Connection.Flush();

        Assert.Equal("Interested", await peer.ReadMessageAsync());
        Assert.Equal(250, peer.Connection.ReqQ);
    }

    [Fact]
    public async Task AnotherTorrentsHash_Closes()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.DialledAsync(sink, ScriptedPeer.V1Only);

        await peer.AnswerAsync(ScriptedPeer.Hybrid.V2!.Value, ScriptedPeer.Modern);

        await sink.Told("closed: another torrent");
        Assert.DoesNotContain("ready", sink.Lines);
    }

    [Fact]
    public async Task OwnPeerId_Closes()
    {
        var settings = new PeerSettings();
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.DialledAsync(sink, ScriptedPeer.V1Only, settings);

        await peer.AnswerAsync(ScriptedPeer.V1Only.DialHash, ScriptedPeer.Modern, settings.PeerId);

        await sink.Told("closed: connected to itself");
    }

    [Fact]
    public async Task Stranger_IsClosedByItsFirstByte()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.DialledAsync(sink, ScriptedPeer.V1Only);

        await peer.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());

        await sink.Told("closed: not a BitTorrent peer");
    }

    [Fact]
    public async Task Handshake_CutShort_ClosesAsRemote()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.DialledAsync(sink, ScriptedPeer.V1Only);

        await peer.SendAsync(Handshake.Prologue.ToArray());
        peer.Socket.Shutdown(SocketShutdown.Send);

        await sink.Told("closed: closed by the peer");
    }

    [Fact]
    public async Task SilentPeer_IsClosedAfterTenSeconds_NotBefore()
    {
        var time = new FakeTime();
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.DialledAsync(sink, ScriptedPeer.V1Only, new() { Time = time });

        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(peer.Connection.IsClosed);
        time.Advance(TimeSpan.FromSeconds(0.1));

        await sink.Told("closed: no handshake in time");
    }

    [Fact]
    public async Task ExtensionHandshake_BeforeTheBitfield_IsTaken_AsLibtorrentSendsIt()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);

        await peer.SendAsync(new ExtensionHandshake { Client = "Other/2", ReqQ = 2000, UploadOnly = true, ListenPort = 6881 }.Write);
        await peer.SendAsync(GoldenFile.Case("messages.txt", "bitfield, runs across the byte").Bytes);

        await sink.Told("has 7+3");
        Assert.Equal(["ready", "described Other/2 reqq 2000", "has 0+1", "has 7+3"], sink.Lines);
        Assert.True(peer.Connection.IsUploadOnly);
        Assert.Equal(6881, peer.Connection.ListenPort);
    }

    [Fact]
    public async Task Bitfield_UnderWay_AddsWhatIsNew_AsAria2SendsIt()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);

        await peer.SendAsync(new SignalMessage(MessageId.HaveNone).Write);
        await peer.SendAsync(new SignalMessage(MessageId.Unchoke).Write);
        await peer.SendAsync(new HaveMessage(8).Write);
        await peer.SendAsync(GoldenFile.Case("messages.txt", "bitfield, runs across the byte").Bytes);

        await sink.Told("has 9+1");
        Assert.Equal(["ready", "unchoked", "has 8+1", "has 0+1", "has 7+1", "has 9+1"], sink.Lines);
    }

    [Fact]
    public async Task Close_BeforeTheAnswer_TellsTheReasonOnce()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.DialledAsync(sink, ScriptedPeer.V1Only);

        peer.Connection.Close(new(PeerCloseKind.Unwanted));
        peer.Connection.Close(new(PeerCloseKind.Banned));
        await peer.Connection.Completion;

        Assert.Equal(["closed: no longer wanted"], sink.Lines);
        Assert.False(peer.Connection.RequestBlock(0, 0, 1));
    }
}
