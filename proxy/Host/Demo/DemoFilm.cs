using System.Buffers.Binary;

namespace Swarm.Proxy.Demo;

/// <summary>The demo's film: a short clip in fragments (ISO/IEC 14496-12), repeated with its decode times going on, so that it is one long film.</summary>
internal sealed record DemoFilm(byte[] Bytes, double Seconds)
{
    private const int BoxHead = 8;

    /// <summary>The clip's length, and its clock: <c>mdhd</c> says 12288 ticks a second.</summary>
    private const int ClipSeconds = 10;
    private const ulong ClipTicks = 12_288 * ClipSeconds;

    public double BytesPerSecond => Bytes.Length / Seconds;

    /// <param name="clip"><c>ftyp</c>, <c>moov</c>, then pairs of <c>moof</c> and <c>mdat</c>.</param>
    public static DemoFilm Repeat(ReadOnlySpan<byte> clip, int rounds)
    {
        var film = new MemoryStream();
        var fragments = new MemoryStream();
        for (var at = 0; at < clip.Length;)
        {
            var box = clip.Slice(at, BinaryPrimitives.ReadInt32BigEndian(clip[at..]));
            at += box.Length;
            if (Is(box, "moof"u8) || Is(box, "mdat"u8))
            {
                fragments.Write(box);
            }
            else if (Is(box, "ftyp"u8) || Is(box, "moov"u8))
            {
                film.Write(box);
            }
        }

        var sequence = 0u;
        for (var round = 0; round < rounds; round++)
        {
            var bytes = fragments.ToArray();
            Shift(bytes, ClipTicks * (ulong)round, ref sequence);
            film.Write(bytes);
        }

        return new(film.ToArray(), (double)ClipSeconds * rounds);
    }

    /// <summary>Numbers the fragments and moves their decode times on.</summary>
    private static void Shift(Span<byte> boxes, ulong ticks, ref uint sequence)
    {
        for (var at = 0; at < boxes.Length;)
        {
            var box = boxes.Slice(at, BinaryPrimitives.ReadInt32BigEndian(boxes[at..]));
            at += box.Length;
            if (Is(box, "moof"u8) || Is(box, "traf"u8))
            {
                Shift(box[BoxHead..], ticks, ref sequence);
            }
            else if (Is(box, "mfhd"u8))
            {
                // After version and flags: sequence_number (§8.8.5).
                BinaryPrimitives.WriteUInt32BigEndian(box[(BoxHead + 4)..], ++sequence);
            }
            else if (Is(box, "tfdt"u8))
            {
                // Version 1: 64 bits of baseMediaDecodeTime (§8.8.12).
                var time = box[(BoxHead + 4)..];
                BinaryPrimitives.WriteUInt64BigEndian(time, BinaryPrimitives.ReadUInt64BigEndian(time) + ticks);
            }
        }
    }

    private static bool Is(ReadOnlySpan<byte> box, ReadOnlySpan<byte> type) => box.Slice(4, 4).SequenceEqual(type);
}
