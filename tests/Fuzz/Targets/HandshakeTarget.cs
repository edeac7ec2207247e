using System.Buffers;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>The 68 bytes that open a peer connection: read exactly if they are BitTorrent, and written again as they came.</summary>
public sealed class HandshakeTarget : IFuzzTarget
{
    public string Name => "handshake";

    public IReadOnlyList<byte[]> Corpus { get; } = [Sample()];

    public IReadOnlyList<byte[]> Tokens { get; } = [[19], Handshake.Prologue.ToArray(), "GET / HTTP/1.1\r\n"u8.ToArray()];

    public void Run(ReadOnlyMemory<byte> input)
    {
        var reader = new SequenceReader<byte>(new(input));
        var read = Handshake.TryRead(ref reader, out var handshake);
        var isOne = input.Length >= Handshake.Size && input.Span.StartsWith(Handshake.Prologue);
        FuzzFailure.Unless(read == isOne, "BitTorrent is read, anything else is not");
        FuzzFailure.Unless(reader.Consumed == (read ? Handshake.Size : 0), "68 bytes or none are consumed");
        FuzzFailure.Unless(Handshake.MayBegin(input.Span) || !isOne, "what is one may begin");
        if (read)
        {
            var again = new ArrayBufferWriter<byte>();
            handshake.Write(again);
            FuzzFailure.Unless(again.WrittenSpan.SequenceEqual(input.Span[..Handshake.Size]), "read → write is the same");
            FuzzFailure.Unless(handshake.PeerId.ClientPrefix.All(c => c is >= ' ' and < '\u007f'), "a client's prefix is printable");
        }
    }

    private static byte[] Sample()
    {
        var to = new ArrayBufferWriter<byte>();
        new Handshake(PeerFeatures.Fast | PeerFeatures.Extensions | PeerFeatures.V2, new(1, 2, 3), PeerId.Own("abcdefghijkl"u8)).Write(to);
        return to.WrittenSpan.ToArray();
    }
}
