using System.Buffers;
using Swarm.Http;

namespace Swarm.Fuzz.Targets;

/// <summary>The first message of a TLS client: the same host however it comes in pieces, and never more asked for than may come.</summary>
public sealed class ClientHelloTarget : IFuzzTarget
{
    public string Name => "client-hello";

    public IReadOnlyList<byte[]> Corpus { get; } = [Hello("files.example.org", 4096), Hello("a", 1), Hello("films.example", 40)];

    public IReadOnlyList<byte[]> Tokens { get; } = [[22, 3, 1], [1, 0, 0], [0, 0], [0xff, 0xff], [0, 0, 0, 14], [0x40, 0]];

    public void Run(ReadOnlyMemory<byte> input)
    {
        var whole = ClientHello.TryRead(new(input), out var hello);
        var pieces = ClientHello.TryRead(InPieces(input, 3), out var again);
        FuzzFailure.Unless(whole == pieces && hello == again, "pieces and whole are the same");
        FuzzFailure.Unless(whole == OperationStatus.Done || hello.ServerName is null, "no name without a message");
        FuzzFailure.Unless(hello.ServerName is null || hello.ServerName.Length > 0, "no empty name");
        FuzzFailure.Unless(whole != OperationStatus.NeedMoreData || input.Length < ClientHello.BytesMax, "no more is waited for than is read");

        // What has been told is not taken back when more comes.
        if (whole != OperationStatus.NeedMoreData)
        {
            var longer = ClientHello.TryRead(new([.. input.Span, 22, 3, 3, 0]), out var same);
            FuzzFailure.Unless(longer == whole && same == hello, "more bytes change nothing");
        }
    }

    private static ReadOnlySequence<byte> InPieces(ReadOnlyMemory<byte> input, int size)
    {
        var first = new Piece(input[..Math.Min(size, input.Length)], 0);
        var last = first;
        for (var at = size; at < input.Length; at += size)
        {
            last = last.Then(input.Slice(at, Math.Min(size, input.Length - at)));
        }

        return new(first, 0, last, last.Memory.Length);
    }

    /// <summary>A message that names the host, in records of so many octets.</summary>
    private static byte[] Hello(string host, int fragment)
    {
        byte[] name = [.. System.Text.Encoding.ASCII.GetBytes(host)];
        byte[] extensions = [0, 0, .. Sized(2, Sized(2, [0, .. Sized(2, name)])), 0, 43, .. Sized(2, [2, 3, 4])];
        byte[] body = [3, 3, .. new byte[32], 0, .. Sized(2, [0x13, 1]), .. Sized(1, [0]), .. Sized(2, extensions)];
        byte[] message = [1, .. Sized(3, body)];
        return [.. message.Chunk(fragment).SelectMany(part => (byte[])[22, 3, 1, .. Sized(2, part)])];
    }

    private static byte[] Sized(int lengthBytes, byte[] content) =>
        [.. Enumerable.Range(0, lengthBytes).Select(i => (byte)(content.Length >> (8 * (lengthBytes - 1 - i)))), .. content];

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long at) => (Memory, RunningIndex) = (memory, at);

        public Piece Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
