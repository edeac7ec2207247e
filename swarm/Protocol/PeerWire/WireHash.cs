using System.Buffers.Binary;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>
/// The 20 bytes by which a handshake or a tracker names a torrent: its v1 infohash (BEP 3) or its v2 infohash cut to 20 bytes (BEP 52).
/// </summary>
public readonly record struct WireHash(ulong A, ulong B, uint C)
{
    public const int Size = 20;

    /// <param name="bytes">At least 20 bytes.</param>
    public static WireHash Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]));

    /// <summary>The v1 hash on the wire, or null where the torrent has none.</summary>
    public static WireHash? V1Of(InfoHash infoHash) => infoHash.V1Bytes is { } bytes ? Read(bytes) : null;

    /// <summary>The truncated v2 hash, or null where the torrent has none.</summary>
    public static WireHash? V2Of(InfoHash infoHash) => infoHash.V2Truncated is { } bytes ? Read(bytes) : null;

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt64BigEndian(to, A);
        BinaryPrimitives.WriteUInt64BigEndian(to[8..], B);
        BinaryPrimitives.WriteUInt32BigEndian(to[16..], C);
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>40 lower-case hex digits.</summary>
    public override string ToString() => $"{A:x16}{B:x16}{C:x8}";
}
