using System.Buffers;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>swarm_crowd messages: numbers in their bounds, hashes exactly as said, what is written reads the same.</summary>
public sealed class CrowdTarget : IFuzzTarget
{
    public string Name => "crowd";

    public IReadOnlyList<byte[]> Corpus { get; } =
    [
        [1, 0, 0, 0, 3, 0, 0, 128, 0, 0, 0, 128, 0],
        [2, 0, 0, 0, 0, 0, 3, 192, 0, 0, 11, 113, 176],
        [3, 0, 0, 0, 15, 0, 0, 192, 0, 0, 0, 0, 7],
        [4, 0, 0, 0, 1, 0, 0, 64, 0, 0, 0, 0, 2, .. new byte[64]],
        [9, 255],
    ];

    public IReadOnlyList<byte[]> Tokens { get; } = [[0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff], [0, 0, 2, 0], [1, 0, 0, 0], new byte[32]];

    public void Run(ReadOnlyMemory<byte> input)
    {
        var reader = new SequenceReader<byte>(new(input));
        if (!CrowdMessage.TryRead(ref reader, out var message))
        {
            return;
        }

        FuzzFailure.Unless((message.Piece | message.Begin | message.Number) >= 0, "no number is negative");
        FuzzFailure.Unless(message.Begin % PieceLayout.BlockSize == 0, "an offset is a block's");
        FuzzFailure.Unless(message.Kind is CrowdKind.Playhead || message.Number <= CrowdMessage.MaxRunBytes, "a run is bounded");
        var leaves = new Hash256[message.Kind == CrowdKind.Leaves ? message.Number : 0];
        FuzzFailure.Unless(leaves.Length <= CrowdMessage.MaxLeaves && reader.Remaining == (long)leaves.Length * Hash256.Size, "hashes as said");
        CrowdMessage.ReadLeaves(ref reader, leaves);
        if (message.Kind == CrowdKind.Unknown)
        {
            return;
        }

        var written = new ArrayBufferWriter<byte>();
        message.Write(written, extendedId: 4, leaves);
        FuzzFailure.Unless(written.WrittenSpan[6..].SequenceEqual(input.Span), "write → the same bytes");
    }
}
