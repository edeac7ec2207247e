using System.Numerics;

namespace Swarm.Diagnostics.Tcp;

/// <summary>What a block of a recording holds.</summary>
internal enum BlockKind : byte
{
    /// <summary>JSON: version, kernel, tiers, and the names of the columns that follow. The first block.</summary>
    Header = 1,

    /// <summary>One reading, as differences to the one before.</summary>
    Reading = 2,

    /// <summary>Processes and labels of connections.</summary>
    Names = 3,

    /// <summary>The recording was ended, not cut.</summary>
    End = 4,

    /// <summary>In which containers the named processes run. A block of its own, as earlier readers know names without it.</summary>
    Containers = 5,
}

/// <summary>The frame of a recording: eight bytes, then blocks of kind (1), length (4, little-endian), CRC-32C of kind and payload (4), payload.</summary>
/// <remarks>Each block is written whole by one call, so what a killed writer leaves is whole up to its last reading.</remarks>
internal static class RecordingFormat
{
    public const int BlockHeaderBytes = 9;

    /// <summary>300,000 new connections in one reading; a longer block is no block.</summary>
    public const int MaxBlockBytes = 64 << 20;

    public const byte Version = 1;

    /// <summary>Not text, and damaged by whoever takes it for text.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'S', (byte)'W', (byte)'D', (byte)'\r', (byte)'\n', 0x1A, Version];

    public static uint Checksum(byte kind, ReadOnlySpan<byte> payload)
    {
        var crc = BitOperations.Crc32C(uint.MaxValue, kind);
        for (; payload.Length >= 8; payload = payload[8..])
        {
            crc = BitOperations.Crc32C(crc, System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(payload));
        }

        foreach (var b in payload)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
