using System.Buffers;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>BEP 11 messages: what is read, what is written, how much of them counts.</summary>
public sealed class PexMessageTests
{
    public static TheoryData<string> Names => GoldenFile.Names("pex.txt");

    [Theory]
    [MemberData(nameof(Names))]
    public void Message_IsReadAsItStands(string name)
    {
        var (bytes, expected) = GoldenFile.Case("pex.txt", name);
        var reader = new SequenceReader<byte>(new(bytes));

        var isRead = PexMessage.TryRead(ref reader, out var message);

        Assert.Equal(expected, isRead ? Text(message) : "refused");
        if (name.StartsWith("canonical", StringComparison.Ordinal))
        {
            var written = new ArrayBufferWriter<byte>();
            message.Write(written, extendedId: 3);
            Assert.Equal(Convert.ToHexStringLower(bytes), Convert.ToHexStringLower(written.WrittenSpan[6..]));
        }
    }

    [Fact]
    public void Message_OfHundredPeers_CountsForFifty()
    {
        var written = new ArrayBufferWriter<byte>();
        new PexMessage([.. Enumerable.Range(1, 100).Select(i => new PexPeer(Peer(i), PexFlags.None))], [.. Enumerable.Range(1, 100).Select(Peer)]).Write(written, extendedId: 3);
        var reader = new SequenceReader<byte>(new(written.WrittenMemory[6..]));

        Assert.True(PexMessage.TryRead(ref reader, out var message));

        Assert.Equal((50, 50), (message.Added.Length, message.Dropped.Length));
        Assert.True(reader.End);
    }

    [Fact]
    public void Message_LongerThanAnyPeerWrites_IsRefused()
    {
        var reader = new SequenceReader<byte>(new([(byte)'d', .. new byte[PexMessage.MaxBytes]]));
        Assert.False(PexMessage.TryRead(ref reader, out _));
    }

    private static PeerEndpoint Peer(int i) => PeerEndpoint.FromBytes([9, 9, (byte)(i >> 8), (byte)i], 6881);

    private static string Text(PexMessage message) => message is { Added.IsEmpty: true, Dropped.IsEmpty: true } ? "nothing" : string.Join(' ',
        message.Added.Select(p => $"+{p.EndPoint}/{(byte)p.Flags:x2}").Concat(message.Dropped.Select(p => $"-{p}")));
}
