using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Swarm.Proxy.Cache;

/// <summary>What a record of a segment holds.</summary>
internal enum SegmentRecordKind : byte
{
    /// <summary>A run of bytes of a representation.</summary>
    Bytes = 1,

    /// <summary>All stored answers of one URL, their runs by place; it stands for every earlier record of that URL.</summary>
    Answers = 2,

    /// <summary>The URL has none any more.</summary>
    Forget = 3,
}

/// <summary>
/// The head of a record: <c>"SwA1" kind 0 0 0 length:u32 digest:16</c>, little endian, then <c>length</c> bytes. The digest is the first half
/// of SHA-256 over kind, length and content, so that a torn or turned record is none; nothing need be flushed for that.
/// </summary>
internal readonly record struct SegmentRecord(SegmentRecordKind Kind, int Length)
{
    public const int HeadBytes = 28;

    private const uint Magic = 0x31417753; // "SwA1"
    private const int DigestBytes = 16;

    /// <summary>Writes the head for this content.</summary>
    public static void WriteHead(SegmentRecordKind kind, ReadOnlySpan<byte> content, Span<byte> head)
    {
        head[..HeadBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        head[4] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], content.Length);
        Digest(head[..12], content, head.Slice(12, DigestBytes));
    }

    /// <summary>Null if these are no head, or one of a record longer than <paramref name="maxLength"/>.</summary>
    public static SegmentRecord? ReadHead(ReadOnlySpan<byte> head, long maxLength)
    {
        if (head.Length < HeadBytes || BinaryPrimitives.ReadUInt32LittleEndian(head) != Magic || head[4] is < 1 or > 3)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(head[8..]);
        return length < 0 || length > maxLength ? null : new((SegmentRecordKind)head[4], length);
    }

    /// <summary>True if the content is the one that was written under this head.</summary>
    public static bool Holds(ReadOnlySpan<byte> head, ReadOnlySpan<byte> content)
    {
        Span<byte> digest = stackalloc byte[DigestBytes];
        Digest(head[..12], content, digest);
        return digest.SequenceEqual(head.Slice(12, DigestBytes));
    }

    private static void Digest(ReadOnlySpan<byte> head, ReadOnlySpan<byte> content, Span<byte> to)
    {
        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        hash.AppendData(content);
        hash.GetHashAndReset(whole);
        whole[..DigestBytes].CopyTo(to);
    }
}
