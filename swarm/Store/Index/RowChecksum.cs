using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// Sixteen bytes of SHA-256 over every field of a row, its key included. SQLite notices a broken tree but not a flipped
/// bit in a value; a wrong bitmap would serve a hole as data.
/// </summary>
internal static class RowChecksum
{
    public const int Size = 16;

    public static byte[] OfState(long epoch, bool clean, string bootId)
    {
        using var hash = Begin("state", epoch, clean ? 1 : 0);
        Append(hash, bootId);
        return End(hash);
    }

    /// <summary>Without the fields that only guide eviction.</summary>
    public static byte[] OfContent(long id, string key, long length, string? metadata, long stamp)
    {
        using var hash = Begin("content", id, length, stamp, metadata is null ? 0 : 1);
        Append(hash, key);
        Append(hash, metadata ?? "");
        return End(hash);
    }

    public static byte[] OfUnit(long contentId, long unit, long epoch, ulong present, ulong trusted, ReadOnlySpan<byte> leaves)
    {
        using var hash = Begin("unit", contentId, unit, epoch, (long)present, (long)trusted);
        hash.AppendData(leaves);
        return End(hash);
    }

    private static IncrementalHash Begin(string table, params ReadOnlySpan<long> numbers)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, table);
        Span<byte> bytes = stackalloc byte[8];
        foreach (var n in numbers)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, n);
            hash.AppendData(bytes);
        }

        return hash;
    }

    private static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    private static byte[] End(IncrementalHash hash)
    {
        Span<byte> digest = stackalloc byte[Hash256.Size];
        hash.GetHashAndReset(digest);
        return digest[..Size].ToArray();
    }
}
