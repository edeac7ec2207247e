using System.Buffers;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>BEP 9, the giving side: a magnet's leech gets the info dictionary, a flood gets refusals.</summary>
public sealed class MetadataServerTests
{
    private static readonly byte[] Info = [.. Enumerable.Range(0, 20_000).Select(i => (byte)i)];
    private static readonly PeerTorrent Torrent = ScriptedPeer.V1Only with { Metadata = Info };

    [Fact]
    public async Task Handshake_TellsTheLength_AndEachPieceComes()
    {
        await using var peer = await Connected();
        await AskAsync(peer, 0);
        await AskAsync(peer, 1);

        var (first, firstBytes) = await AnswerAsync(peer);
        var (second, secondBytes) = await AnswerAsync(peer);

        Assert.Equal(new(MetadataKind.Data, 0, Info.Length), first);
        Assert.Equal(new(MetadataKind.Data, 1, Info.Length), second);
        Assert.True(Info.AsSpan().SequenceEqual(firstBytes.Concat(secondBytes).ToArray()));
    }

    [Fact]
    public async Task PieceBeyondTheEnd_IsRefused()
    {
        await using var peer = await Connected();
        await AskAsync(peer, 2);
        Assert.Equal(new(MetadataKind.Reject, 2), (await AnswerAsync(peer)).Message);
    }

    [Fact]
    public async Task Flood_IsRefusedAfterAFewWholes()
    {
        await using var peer = await Connected();
        var kinds = new List<MetadataKind>();
        for (var i = 0; i < 12; i++)
        {
            await AskAsync(peer, 1);
            kinds.Add((await AnswerAsync(peer)).Message.Kind);
        }

        Assert.Equal(8, kinds.Count(k => k == MetadataKind.Data)); // two pieces, four times
        Assert.Equal(MetadataKind.Reject, kinds[^1]);
    }

    private static async Task<ScriptedPeer> Connected()
    {
        var peer = await ScriptedPeer.ConnectedAsync(new RecordingSink(), Torrent);
        await peer.ReadAsync(5); // HAVE_NONE
        var described = await MessageAsync(peer);
        var reader = new SequenceReader<byte>(new(described.AsMemory(2)));
        Assert.True(ExtensionHandshake.TryRead(ref reader, out var ours));
        Assert.Equal((ExtensionHandshake.OwnMetadataId, Info.Length), (ours.MetadataId, ours.MetadataBytes));
        await peer.SendAsync(new ExtensionHandshake { MetadataId = 9 }.Write);
        return peer;
    }

    private static Task AskAsync(ScriptedPeer peer, int piece) =>
        peer.SendAsync(to => new MetadataMessage(MetadataKind.Request, piece).Write(to, ExtensionHandshake.OwnMetadataId));

    private static async Task<(MetadataMessage Message, byte[] Bytes)> AnswerAsync(ScriptedPeer peer)
    {
        var message = await MessageAsync(peer);
        Assert.Equal((byte)MessageId.Extended, message[0]);
        Assert.Equal(9, message[1]);
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(message, 2, message.Length - 2));
        Assert.True(MetadataMessage.TryRead(ref reader, out var answer));
        return (answer, reader.UnreadSequence.ToArray());
    }

    private static async Task<byte[]> MessageAsync(ScriptedPeer peer)
    {
        var prefix = await peer.ReadAsync(4);
        return await peer.ReadAsync(System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(prefix));
    }
}
