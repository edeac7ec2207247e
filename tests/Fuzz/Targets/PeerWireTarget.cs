using System.Buffers;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>A stream of peer messages: cut the same way in any segmentation, never read past its end, each reader takes or refuses any payload.</summary>
public sealed class PeerWireTarget : IFuzzTarget
{
    private static readonly WireLimits Limits = new(PieceCount: 10);

    public string Name => "peer-wire";

    public IReadOnlyList<byte[]> Corpus { get; } = Messages();

    public IReadOnlyList<byte[]> Tokens { get; } =
    [
        [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 5], [0, 0, 0, 13], [0, 0, 64, 9], [0, 0, 64, 10], [0, 0, 0, 49], [0, 1, 0, 1],
        [0xff, 0xff, 0xff, 0xff], [0x7f, 0xff, 0xff, 0xff], [5], [7], [20, 0], [22],
    ];

    public void Run(ReadOnlyMemory<byte> input)
    {
        var whole = Walk(new(input));
        foreach (var size in (ReadOnlySpan<int>)[1, 3, 16])
        {
            FuzzFailure.Unless(Walk(Cut(input, size)) == whole, $"the same frames in segments of {size}");
        }
    }

    private static (int Frames, long Left, WireError Error) Walk(ReadOnlySequence<byte> bytes)
    {
        for (var frames = 0; ; frames++)
        {
            var before = bytes.Length;
            var status = FrameReader.Read(ref bytes, Limits, out var frame, out var error);
            if (status is FrameStatus.NeedMore or FrameStatus.Error)
            {
                FuzzFailure.Unless(bytes.Length == before, "a message that is not there consumes nothing");
                FuzzFailure.Unless((error.Fault != WireFault.None) == (status == FrameStatus.Error), "an error is named");
                FuzzFailure.Unless(error.ToString().Length is > 0 and < 200, "an error is a line");
                if (FrameReader.TryPeekPiece(bytes, out var piece, out var received))
                {
                    FuzzFailure.Unless(received >= 0 && received <= piece.Length && received <= bytes.Length, "no more of a block than is there");
                }

                return (frames, bytes.Length, error);
            }

            FuzzFailure.Unless(bytes.Length < before, "a message consumes bytes");
            if (status == FrameStatus.Message)
            {
                ReadAs(frame.Payload);
            }
        }
    }

    // Every reader gets every payload: whether the id fits is not its business.
    private static void ReadAs(ReadOnlySequence<byte> payload)
    {
        Numbers(payload);
        var reader = new SequenceReader<byte>(payload);
        if (HashesMessage.TryRead(ref reader, out var hashes))
        {
            FuzzFailure.Unless(hashes.UncleCount >= 0 && hashes.UncleCount <= hashes.Request.ProofLayers, "no more uncles than asked");
            hashes.CopyTo(0, new Hash256[hashes.Count]);
        }

        reader = new(payload);
        if (BitfieldMessage.TryRead(ref reader, 8 * (int)payload.Length, out var bitfield))
        {
            var end = 0;
            while (bitfield.TryNextRun(end, out var first, out var count))
            {
                FuzzFailure.Unless(first >= end && first + count <= bitfield.PieceCount, "runs ascend inside the torrent");
                end = first + count;
            }
        }

        reader = new(payload);
        if (ExtensionHandshake.TryRead(ref reader, out var said))
        {
            FuzzFailure.Unless(said.Client is null or { Length: <= 64 }, "a client's name is short");
        }
    }

    private static void Numbers(ReadOnlySequence<byte> payload)
    {
        var reader = new SequenceReader<byte>(payload);
        FuzzFailure.Unless(!HaveMessage.TryRead(ref reader, out var have) || have.Piece >= 0, "a piece is not negative");
        reader = new(payload);
        FuzzFailure.Unless(!RequestMessage.TryRead(ref reader, out var request) || (request.Piece | request.Begin | request.Length) >= 0, "a request is not negative");
        reader = new(payload);
        FuzzFailure.Unless(!PieceMessage.TryRead(ref reader, out var piece) || piece.Length == reader.Remaining, "a block is the rest");
        reader = new(payload);
        FuzzFailure.Unless(!DontHaveMessage.TryRead(ref reader, out var lost) || lost.Piece >= 0, "a lost piece is not negative");
    }

    private static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> bytes, int size)
    {
        var first = new Segment(bytes[..Math.Min(size, bytes.Length)], 0);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
        {
            last = last.Then(bytes.Slice(at, Math.Min(size, bytes.Length - at)), at);
        }

        return new(first, 0, last, last.Memory.Length);
    }

    private static byte[][] Messages()
    {
        var to = new ArrayBufferWriter<byte>();
        KeepAliveMessage.Write(to);
        new BitfieldMessage(new([0xff, 0xc0]), 10).Write(to);
        new SignalMessage(MessageId.Unchoke).Write(to);
        new HaveMessage(3).Write(to);
        new RequestMessage(1, 0, 16384).Write(to);
        new PieceMessage(1, 0, 20).Write(to);
        to.Write(new byte[20]);
        var request = new HashRequestMessage(new(1, 2, 3, 4), 0, 2, 2, 3);
        request.Write(to);
        new HashesMessage(request, new(new byte[4 * Hash256.Size])).Write(to);
        new ExtensionHandshake { Client = "Some/1.0", ReqQ = 250, ListenPort = 6881, DontHaveId = 7 }.Write(to);
        new DontHaveMessage(2).Write(to, 1);
        var all = to.WrittenSpan.ToArray();
        return [all, all[^60..], [0, 0, 64, 9, 7, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3]];
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long at)
        {
            Memory = memory;
            RunningIndex = at;
        }

        public Segment Then(ReadOnlyMemory<byte> memory, long at)
        {
            var next = new Segment(memory, at);
            Next = next;
            return next;
        }
    }
}
