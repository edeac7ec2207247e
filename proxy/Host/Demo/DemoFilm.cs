using System.Buffers.Binary;

namespace Swarm.Proxy.Demo;

/// <summary>The demo's film: a short clip in fragments (ISO/IEC 14496-12), repeated with its decode times going on, so that it is one long film.</summary>
internal sealed record DemoFilm(byte[] Bytes, double Seconds)
{
    private const int BoxHead = 8;

    /// <summary>The clip's length, and its clock: <c>mdhd</c> says 12288 ticks a second.</summary>
    private const int ClipSeconds = 10;
    private const int TicksPerSecond = 12_288;
    private const ulong ClipTicks = TicksPerSecond * ClipSeconds;
    private const int TrackId = 1;

    /// <summary>Up to the entries, and each of them.</summary>
    private const int IndexHead = BoxHead + 32, IndexEntry = 12;

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

        var clipFragments = fragments.ToArray();
        film.Write(Index(clipFragments, rounds));
        var sequence = 0u;
        for (var round = 0; round < rounds; round++)
        {
            var bytes = clipFragments.ToArray();
            Shift(bytes, ClipTicks * (ulong)round, ref sequence);
            film.Write(bytes);
        }

        return new(film.ToArray(), (double)ClipSeconds * rounds);
    }

    /// <summary>Where each fragment lies (<c>sidx</c>, §8.16.3): without it a player looks for them through the whole film before it plays.</summary>
    private static byte[] Index(ReadOnlySpan<byte> fragments, int rounds)
    {
        List<(int Bytes, ulong From)> found = [];
        for (var at = 0; at < fragments.Length;)
        {
            var moof = fragments.Slice(at, BinaryPrimitives.ReadInt32BigEndian(fragments[at..]));
            var mdat = BinaryPrimitives.ReadInt32BigEndian(fragments[(at + moof.Length)..]);
            found.Add((moof.Length + mdat, DecodeTime(moof[BoxHead..])));
            at += moof.Length + mdat;
        }

        var box = new byte[IndexHead + (IndexEntry * found.Count * rounds)];
        BinaryPrimitives.WriteInt32BigEndian(box, box.Length);
        "sidx"u8.CopyTo(box.AsSpan(4));
        box[BoxHead] = 1; // version: 64 bits of time and offset, both of them zero here
        BinaryPrimitives.WriteInt32BigEndian(box.AsSpan(BoxHead + 4), TrackId);
        BinaryPrimitives.WriteInt32BigEndian(box.AsSpan(BoxHead + 8), TicksPerSecond);
        BinaryPrimitives.WriteUInt16BigEndian(box.AsSpan(IndexHead - 2), (ushort)(found.Count * rounds));
        for (var i = 0; i < found.Count * rounds; i++)
        {
            var (bytes, from) = found[i % found.Count];
            var entry = box.AsSpan(IndexHead + (IndexEntry * i));
            BinaryPrimitives.WriteInt32BigEndian(entry, bytes);
            BinaryPrimitives.WriteUInt32BigEndian(entry[4..], (uint)((i % found.Count == found.Count - 1 ? ClipTicks : found[(i % found.Count) + 1].From) - from));
            BinaryPrimitives.WriteUInt32BigEndian(entry[8..], 0x9000_0000); // it starts with a key frame: a stream access point of type 1
        }

        return box;
    }

    /// <summary>baseMediaDecodeTime of a fragment.</summary>
    private static ulong DecodeTime(ReadOnlySpan<byte> boxes)
    {
        while (!Is(boxes, "tfdt"u8))
        {
            boxes = Is(boxes, "traf"u8) ? boxes[BoxHead..] : boxes[BinaryPrimitives.ReadInt32BigEndian(boxes)..];
        }

        return BinaryPrimitives.ReadUInt64BigEndian(boxes[(BoxHead + 4)..]);
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
