using Swarm.Protocol;
using Swarm.Testing;

namespace Swarm.Peer.Tests;

/// <summary>Requests, blocks, cancels, chokes and hashes between a connection and a scripted peer.</summary>
public sealed class TransferTests
{
    [Fact]
    public async Task Requests_OfOneFlush_GoOutTogether_AndBlocksComeBack()
    {
        var sink = new RecordingSink();
        await using var peer = await UnchokedAsync(sink);
        var sends = peer.Connection.SendCalls;

        for (var i = 0; i < 3; i++)
        {
            Assert.True(peer.Connection.RequestBlock(1, i * 16384, 16384));
        }

        Assert.False(peer.Connection.RequestBlock(1, 0, 16384));
        Assert.Equal(3, peer.Connection.OutstandingRequests);
        peer.Connection.Flush();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal($"Request piece 1 begin {i * 16384} length 16384", await peer.ReadMessageAsync());
        }

        Assert.Equal(sends + 1, peer.Connection.SendCalls);
        await peer.BlockAsync(1, 16384, 16384);
        await sink.Told("block 1/16384+16384");
        Assert.Equal(2, peer.Connection.OutstandingRequests);
        Assert.Equal(16384, peer.Connection.PayloadBytesReceived);
    }

    [Fact]
    public async Task Interested_IsSentOnce()
    {
        var sink = new RecordingSink();
        await using var peer = await UnchokedAsync(sink);

        peer.Connection.SetInterested();
        peer.Connection.SetInterested();
        peer.Connection.RequestBlock(0, 0, 1);
        peer.Connection.Flush();

        Assert.Equal("Interested", await peer.ReadMessageAsync());
        Assert.Equal("Request piece 0 begin 0 length 1", await peer.ReadMessageAsync());
        Assert.True(peer.Connection.IsInterested);
    }

    [Fact]
    public async Task CommandsInsideACallback_AreSentWithoutFlush()
    {
        var sink = new RequestOnUnchoke();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);
        await peer.ReadGreetingAsync();

        await peer.SignalAsync(MessageId.Unchoke);

        Assert.Equal("Request piece 2 begin 0 length 16384", await peer.ReadMessageAsync());
    }

    [Fact]
    public async Task BlockThatDrips_IsReportedAtByteLevel()
    {
        var sink = new RecordingSink();
        await using var peer = await UnchokedAsync(sink);
        peer.Connection.RequestBlock(0, 0, 100);

        await peer.SendAsync(new PieceMessage(0, 0, 100).Write);
        await peer.SendAsync(new byte[40]);
        await sink.Told("progress 0/0 40");
        await peer.SendAsync(new byte[20]);
        await sink.Told("progress 0/0 60");
        await peer.SendAsync(new byte[40]);
        await sink.Told("block 0/0+100");

        // Asked for again, it begins again.
        peer.Connection.RequestBlock(0, 0, 100);
        await peer.SendAsync(new PieceMessage(0, 0, 100).Write);
        await peer.SendAsync(new byte[40]);
        await sink.Until(() => sink.CountOf("progress 0/0 40") == 2, "progress of the second time");
    }

    [Fact]
    public async Task Cancelled_WithFast_StillOwesAnAnswer_AndARejectIsNotTold()
    {
        var sink = new RecordingSink();
        await using var peer = await UnchokedAsync(sink);
        peer.Connection.RequestBlock(0, 0, 100);
        peer.Connection.RequestBlock(1, 0, 100);

        Assert.True(peer.Connection.CancelBlock(0, 0, 100));
        Assert.False(peer.Connection.CancelBlock(0, 0, 100));
        Assert.Equal((1, 1), (peer.Connection.OutstandingRequests, peer.Connection.UnansweredCancels));
        await peer.SendAsync(new RejectRequestMessage(0, 0, 100).Write);
        await peer.SendAsync(new RejectRequestMessage(1, 0, 100).Write);

        await sink.Told("rejected 1/0+100");
        Assert.Equal(0, sink.CountOf("rejected 0/0+100"));
        Assert.Equal((0, 0), (peer.Connection.OutstandingRequests, peer.Connection.UnansweredCancels));
    }

    [Fact]
    public async Task Cancelled_AndAskedAgain_RejectOfTheFirst_LeavesTheSecond()
    {
        var sink = new RecordingSink();
        await using var peer = await UnchokedAsync(sink);
        peer.Connection.RequestBlock(0, 0, 100);
        peer.Connection.CancelBlock(0, 0, 100);
        Assert.True(peer.Connection.RequestBlock(0, 0, 100));

        await peer.SendAsync(new RejectRequestMessage(0, 0, 100).Write);
        await peer.BlockAsync(0, 0, 100);

        await sink.Told("block 0/0+100");
        Assert.Equal(0, sink.CountOf("rejected 0/0+100"));
    }

    [Theory]
    [InlineData(ScriptedPeer.Modern)]
    [InlineData(PeerFeatures.None)]
    public async Task LateBlock_OfACancelledRequest_IsDelivered(PeerFeatures features)
    {
        var sink = new RecordingSink();
        await using var peer = await UnchokedAsync(sink, features);
        peer.Connection.RequestBlock(0, 0, 100);
        peer.Connection.CancelBlock(0, 0, 100);

        await peer.BlockAsync(0, 0, 100);

        await sink.Told("block 0/0+100");
        Assert.Equal(0, peer.Connection.UnansweredCancels);
    }

    [Fact]
    public async Task Choke_WithoutFast_DropsWhatIsOutstanding_AndToleratesItsBlocks()
    {
        var sink = new RecordingSink();
        await using var peer = await UnchokedAsync(sink, PeerFeatures.None);
        peer.Connection.RequestBlock(0, 0, 100);
        peer.Connection.RequestBlock(1, 0, 100);

        await peer.SignalAsync(MessageId.Choke);
        await sink.Told("choked, dropped");
        Assert.Equal(0, peer.Connection.OutstandingRequests);
        Assert.False(peer.Connection.RequestBlock(2, 0, 100));
        await peer.BlockAsync(0, 0, 100);
        await sink.Told("block 0/0+100");
        await peer.SignalAsync(MessageId.Unchoke);

        await sink.Until(() => sink.CountOf("unchoked") == 2, "the second unchoke");
        Assert.True(peer.Connection.RequestBlock(1, 0, 100));
    }

    [Fact]
    public async Task Choke_WithFast_KeepsRequestsUntilTheirRejects_AndAllowedFastPiecesMayBeAsked()
    {
        var sink = new RecordingSink();
        await using var peer = await UnchokedAsync(sink);
        peer.Connection.RequestBlock(0, 0, 100);

        await peer.SignalAsync(MessageId.Choke);
        await peer.SendAsync(new AllowedFastMessage(7).Write);
        await sink.Told("allowed 7");
        Assert.Equal(1, peer.Connection.OutstandingRequests);
        Assert.True(peer.Connection.RequestBlock(7, 0, 100));
        Assert.False(peer.Connection.RequestBlock(6, 0, 100));
        await peer.SendAsync(new RejectRequestMessage(0, 0, 100).Write);

        await sink.Told("rejected 0/0+100");
        Assert.Contains("choked", sink.Lines);
    }

    [Fact]
    public async Task Hashes_AskedWhileChoked_AreToldWithTheirUncles_OthersAreNot()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid, settings: new() { MaxInvalidMessages = 1 });
        await peer.ReadGreetingAsync();
        var ask = new HashRequestMessage(ScriptedPeer.V2, 0, 512, 512, 10);
        var ask2 = ask with { Index = 1024 };

        Assert.True(peer.Connection.AskHashes(ask));
        Assert.True(peer.Connection.AskHashes(ask2));
        Assert.False(peer.Connection.AskHashes(ask));
        Assert.False(peer.Connection.AskHashes(ask with { Index = 1 }));
        Assert.False(peer.Connection.AskHashes(ask with { Length = 3, Index = 0 }));
        peer.Connection.Flush();
        Assert.Equal("HashRequest root 22222222 layer 0 index 512 length 512 proofs 10", await peer.ReadMessageAsync());
        await peer.SendAsync(new HashesMessage(ask, new(new byte[513 * 32])).Write);
        await peer.SendAsync(ask2.WriteReject);
        await sink.Told("hashes 512+512 uncles 1");
        await sink.Told("hashes rejected 1024+512");

        // Answered once; a second answer is one nobody asked for.
        await peer.SendAsync(new HashesMessage(ask, new(new byte[513 * 32])).Write);
        await peer.SendAsync(ask2.WriteReject);
        await sink.Told("closed: too many messages that nobody asked for");
        Assert.Equal(1, sink.CountOf("hashes 512+512 uncles 1"));
    }

    [Fact]
    public async Task PeersRequests_AreRejected_AndInterestIsAnsweredByNothing()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);
        await peer.ReadGreetingAsync();

        await peer.SignalAsync(MessageId.Interested);
        await peer.SendAsync(new RequestMessage(3, 0, 16384).Write);
        await peer.SendAsync(new HashRequestMessage(ScriptedPeer.V2, 0, 0, 2, 0).Write);

        Assert.Equal("RejectRequest piece 3 begin 0 length 16384", await peer.ReadMessageAsync());
        Assert.Equal("HashReject root 22222222 layer 0 index 0 length 2 proofs 0", await peer.ReadMessageAsync());
        Assert.True(peer.Connection.IsPeerInterested);
    }

    [Fact]
    public async Task PeerThatAsksAndNeverReads_IsClosed()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);
        var flood = new System.Buffers.ArrayBufferWriter<byte>();
        for (var i = 0; i < 10_000; i++)
        {
            new RequestMessage(0, i, 1).Write(flood);
        }

        var closed = sink.Until(() => sink.CloseReason is not null, "the end");
        try
        {
            while (!closed.IsCompleted)
            {
                await peer.SendAsync(flood.WrittenMemory);
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // That is the close.
        }

        await closed;
        Assert.Equal(PeerCloseKind.SendBacklog, sink.CloseReason!.Value.Kind);
    }

    [Fact]
    public async Task DontHave_IsTold()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);

        await peer.SignalAsync(MessageId.HaveAll);
        await peer.SendAsync(new HaveMessage(3).Write);
        await peer.SendAsync(to => new DontHaveMessage(4).Write(to, ExtensionHandshake.OwnDontHaveId));

        await sink.Told("donthave 4");
        Assert.Equal(["ready", "has 0+10", "has 3+1", "donthave 4"], sink.Lines);
    }

    [Fact]
    public async Task IdleConnection_SendsKeepAlivesBeforeTwoMinutes_AndClosesAfterFour()
    {
        var time = new FakeTime();
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid, settings: new() { Time = time });
        await peer.ReadGreetingAsync();

        time.Advance(TimeSpan.FromSeconds(105));
        Assert.Equal(1, peer.Connection.SendCalls);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("KeepAlive", await peer.ReadMessageAsync());
        await sink.Until(() => peer.Connection.SendCalls == 2, "the keep-alive to be sent");

        await peer.SendAsync(KeepAliveMessage.Write);
        await sink.Until(() => peer.Connection.RawBytesReceived == Handshake.Size + 4, "the peer's keep-alive");
        time.Advance(TimeSpan.FromSeconds(235));
        Assert.False(peer.Connection.IsClosed);
        time.Advance(TimeSpan.FromSeconds(10));
        await sink.Told("closed: silent for too long");
    }

    [Fact]
    public async Task CloseInsideACallback_TellsNothingMore()
    {
        var sink = new CloseOnUnchoke();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);

        await peer.SendAsync(to =>
        {
            new SignalMessage(MessageId.Unchoke).Write(to);
            new HaveMessage(1).Write(to);
        });

        await sink.Told("closed: no longer wanted");
        Assert.Equal(["ready", "unchoked", "closed: no longer wanted"], sink.Lines);
    }

    [Fact]
    public async Task Cancelled_WithoutFast_IsForgottenInTheEnd()
    {
        var sink = new RecordingSink();
        await using var peer = await UnchokedAsync(sink, PeerFeatures.None);

        for (var i = 0; i < 5000; i++)
        {
            Assert.True(peer.Connection.RequestBlock(0, i, 1));
            Assert.True(peer.Connection.CancelBlock(0, i, 1));
        }

        Assert.InRange(peer.Connection.UnansweredCancels, 0, 512);
        Assert.Equal(0, peer.Connection.OutstandingRequests);
    }

    private static async Task<ScriptedPeer> UnchokedAsync(RecordingSink sink, PeerFeatures features = ScriptedPeer.Modern)
    {
        var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid, features);
        await peer.ReadGreetingAsync((features.HasFlag(PeerFeatures.Fast) ? 1 : 0) + (features.HasFlag(PeerFeatures.Extensions) ? 1 : 0));
        await peer.SignalAsync(MessageId.Unchoke);
        await sink.Told("unchoked");
        return peer;
    }

    private sealed class RequestOnUnchoke : RecordingSink
    {
        public override void Unchoked(PeerConnection peer) => peer.RequestBlock(2, 0, 16384);
    }

    private sealed class CloseOnUnchoke : RecordingSink
    {
        public override void Unchoked(PeerConnection peer)
        {
            base.Unchoked(peer);
            peer.Close(new(PeerCloseKind.Unwanted));
        }
    }
}
