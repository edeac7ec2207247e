using System.Buffers.Binary;
using Swarm.Core;

namespace Swarm.Protocol.Tests;

/// <summary>The contents behind the golden torrents: splitmix64 from a seed, the same formula as in <c>tests/golden/metainfo/make.py</c>.</summary>
internal static class TestContent
{
    /// <summary>The golden cases: piece length and files, a single file by its bare name. A file's seed is its length.</summary>
    public static readonly Dictionary<string, (int PieceLength, (string Path, int Length)[] Files)> Cases = new()
    {
        ["one-block"] = (32768, [("one-block", 16384)]),
        ["exact-piece"] = (65536, [("exact-piece", 65536)]),
        ["odd"] = (32768, [("odd", 100001)]),
        ["many"] = (65536, [("many", 1060217)]),
        ["folder"] = (32768, [
            ("a/deep/x.bin", 70000), ("a/twin", 40000), ("a.bin", 40000), ("b-empty", 0), ("c-block", 16384), ("d-piece", 32768),
            ("e-odd", 5), ("f-empty", 0), ("g-last", 98305), ("été.txt", 1)]),
    };

    public static byte[] Bytes(ulong seed, int length)
    {
        var bytes = new byte[(length + 7) / 8 * 8];
        for (var i = 0; i < bytes.Length; i += 8)
        {
            seed += 0x9E3779B97F4A7C15;
            var z = seed;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i), z ^ (z >> 31));
        }

        return bytes[..length];
    }

    public static byte[] File(int length) => Bytes((ulong)length, length);

    public static Hash256[] Leaves(ReadOnlySpan<byte> bytes)
    {
        var leaves = new Hash256[(bytes.Length + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize];
        for (var i = 0; i < leaves.Length; i++)
        {
            leaves[i] = MerkleTree.Leaf(bytes[(i * PieceLayout.BlockSize)..Math.Min(bytes.Length, (i + 1) * PieceLayout.BlockSize)]);
        }

        return leaves;
    }
}
