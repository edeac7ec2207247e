using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>Whatever a peer sends, the connection ends with a reason that names what was wrong.</summary>
public sealed class MalformedTests
{
    public static TheoryData<string> Names => GoldenFile.Names("malformed.txt");

    [Theory]
    [MemberData(nameof(Names))]
    public async Task BadMessage_ClosesWithItsError(string name)
    {
        var (bytes, expected) = GoldenFile.Case("malformed.txt", name);
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);

        await peer.SendAsync(bytes);

        await sink.Told($"closed: protocol error: {expected}");
        Assert.True(sink.CloseReason!.Value.IsPeersFault);
        Assert.True(await peer.IsClosedAsync());
    }

    [Theory]
    [InlineData(MessageId.Bitfield, MessageId.HaveAll)]
    [InlineData(MessageId.HaveAll, MessageId.HaveNone)]
    [InlineData(MessageId.HaveNone, MessageId.HaveAll)]
    [InlineData(MessageId.Unchoke, MessageId.HaveNone)]
    [InlineData(MessageId.Have, MessageId.HaveAll)]
    public async Task Availability_TwiceOrLate_Closes(MessageId first, MessageId second)
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);

        await peer.SendAsync(Bytes(first));
        await peer.SendAsync(Bytes(second));

        await sink.Told($"closed: protocol error: {second} after the first message");
    }

    [Fact]
    public async Task LateBitfields_ThatAddNothing_AreCounted_AndClose()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);

        var bytes = GoldenFile.Case("messages.txt", "bitfield, runs across the byte").Bytes;
        for (var i = 0; i < new PeerSettings().MaxInvalidMessages + 2; i++)
        {
            await peer.SendAsync(bytes);
        }

        await sink.Told("closed: too many messages that nobody asked for");
        Assert.Single(sink.Lines, line => line == "has 7+3");
    }

    [Theory]
    [InlineData(MessageId.HaveAll)]
    [InlineData(MessageId.HaveNone)]
    [InlineData(MessageId.SuggestPiece)]
    [InlineData(MessageId.RejectRequest)]
    [InlineData(MessageId.AllowedFast)]
    public async Task FastMessage_NotNegotiated_Closes(MessageId id)
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.V1Only, PeerFeatures.Extensions);

        await peer.SendAsync(Bytes(id));

        await sink.Told($"closed: protocol error: {id} without the fast extension");
    }

    [Theory]
    [InlineData(MessageId.HashRequest)]
    [InlineData(MessageId.Hashes)]
    [InlineData(MessageId.HashReject)]
    public async Task HashMessage_OnAV1Connection_Closes(MessageId id)
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid, PeerFeatures.Fast);

        await peer.SendAsync(Bytes(id));

        await sink.Told($"closed: protocol error: {id} on a v1 connection");
    }

    [Fact]
    public async Task UnsolicitedBlocks_AreDropped_AndEndTheConnectionInTheEnd()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid, settings: new() { MaxInvalidMessages = 3 });

        for (var i = 0; i < 4; i++)
        {
            await peer.BlockAsync(0, 0, 100);
        }

        await sink.Told("closed: too many messages that nobody asked for");
        Assert.Empty(sink.Blocks);
        Assert.Equal(400, peer.Connection.UnsolicitedBytesReceived);
        Assert.Equal(0, peer.Connection.PayloadBytesReceived);
    }

    [Fact]
    public async Task EndOfStream_InsideAMessage_ClosesAsRemote()
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);

        await peer.SendAsync(new byte[] { 0, 0, 0, 5, 4, 0 });
        peer.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);

        await sink.Told("closed: closed by the peer");
    }

    [Fact]
    public async Task SinkThatThrows_EndsItsConnectionOnly()
    {
        var sink = new ThrowingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);

        await peer.SignalAsync(MessageId.Unchoke);

        await sink.Told("closed: failed here while handling a message");
    }

    private static byte[] Bytes(MessageId id)
    {
        var name = id switch
        {
            MessageId.Bitfield => "bitfield of none",
            MessageId.HaveAll => "have all (BEP 6)",
            MessageId.HaveNone => "have none (BEP 6)",
            MessageId.Unchoke => "unchoke",
            MessageId.Have => "have the first piece",
            MessageId.SuggestPiece => "suggest (BEP 6)",
            MessageId.RejectRequest => "reject (BEP 6)",
            MessageId.AllowedFast => "allowed fast (BEP 6)",
            MessageId.HashRequest => "hash request (BEP 52)",
            MessageId.Hashes => "hashes, two leaves and one uncle",
            MessageId.HashReject => "hash reject",
            _ => throw new ArgumentOutOfRangeException(nameof(id), id, "no case"),
        };
        return GoldenFile.Case("messages.txt", name).Bytes;
    }

    private sealed class ThrowingSink : RecordingSink
    {
        public override void Unchoked(PeerConnection peer) => throw new InvalidOperationException("a bug");
    }
}
