using Swarm.Http;

namespace Swarm.Fuzz.Targets;

/// <summary>The chunked coding (RFC 9112 §7.1): the same content and end whatever the sizes in which it comes and is taken.</summary>
public sealed class ChunkedTarget : IFuzzTarget
{
    public string Name => "chunked";

    public IReadOnlyList<byte[]> Corpus { get; } = HttpText.Bytes("5\r\nhello\r\n0\r\n\r\n", "a;x=\"y\"\r\n0123456789\r\n00\r\nA: b\r\n\r\nHTTP/1.1");

    public IReadOnlyList<byte[]> Tokens { get; } = HttpText.Bytes("\r\n", "0\r\n\r\n", "1\r\n", "f", ";", "7fffffffffffffff\r\n", "\n", "\r", " ", "X: y\r\n");

    public void Run(ReadOnlyMemory<byte> input)
    {
        var whole = Decode(input.Span, int.MaxValue, input.Length + 1);
        var pieces = Decode(input.Span, 1, 3);
        FuzzFailure.Unless(whole.End == pieces.End && whole.Content.AsSpan().SequenceEqual(pieces.Content), "pieces and whole are the same");
        FuzzFailure.Unless(whole.End == ChunkRead.Faulty || whole.Used == pieces.Used, "both end at the same byte");
        FuzzFailure.Unless(whole.Content.Length <= input.Length, "no byte from nowhere");
    }

    private static (ChunkRead End, byte[] Content, int Used) Decode(ReadOnlySpan<byte> input, int step, int room)
    {
        var decoder = new ChunkedDecoder();
        var content = new MemoryStream();
        var output = new byte[room];
        for (var used = 0; ;)
        {
            var part = input.Slice(used, Math.Min(step, input.Length - used));
            var end = decoder.Decode(part, output, out var consumed, out var written);
            content.Write(output, 0, written);
            used += consumed;
            if (end is ChunkRead.End or ChunkRead.Faulty || (end == ChunkRead.NeedsInput && used == input.Length))
            {
                return (end, content.ToArray(), used);
            }
        }
    }
}
