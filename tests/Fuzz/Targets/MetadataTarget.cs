using System.Buffers;
using System.Text;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>ut_metadata messages: bounded sizes, data of exactly its length, what is written reads the same.</summary>
public sealed class MetadataTarget : IFuzzTarget
{
    public string Name => "metadata";

    public IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            "d8:msg_typei0e5:piecei0ee", "d8:msg_typei1e5:piecei1e10:total_sizei16386eexx", "d8:msg_typei2e5:piecei7ee", "d8:msg_typei9e5:piecei7eexxx",
            "d8:msg_typei1e5:piecei0e10:total_sizei3eexyz",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    public IReadOnlyList<byte[]> Tokens { get; } =
        [.. new[] { "8:msg_typei1e", "5:piecei1023e", "10:total_sizei16777216e", "10:total_sizei1e", "ee", "x" }.Select(Encoding.ASCII.GetBytes)];

    public void Run(ReadOnlyMemory<byte> input)
    {
        var reader = new SequenceReader<byte>(new(input));
        if (!MetadataMessage.TryRead(ref reader, out var message))
        {
            return;
        }

        FuzzFailure.Unless(reader.Remaining == message.DataBytes && message.DataBytes <= MetadataMessage.PieceBytes, "the data has its length");
        FuzzFailure.Unless(message.Kind == MetadataKind.Data == message.DataBytes > 0, "data alone has data");
        FuzzFailure.Unless(message.TotalBytes is >= 0 and <= MetadataMessage.MaxTotalBytes, "the size is capped");
        if (message.Kind == MetadataKind.Unknown)
        {
            return;
        }

        var written = new ArrayBufferWriter<byte>();
        message.Write(written, extendedId: 2);
        written.Write(reader.UnreadSequence.ToArray());
        var again = new SequenceReader<byte>(new(written.WrittenMemory[6..]));
        FuzzFailure.Unless(MetadataMessage.TryRead(ref again, out var same) && same == message, "write → read gives the message");
    }
}
