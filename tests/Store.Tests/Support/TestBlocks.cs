using Swarm.Core;

namespace Swarm.Store.Tests;

/// <summary>Block bytes that follow from (content, block) alone, so that any process can check any block.</summary>
internal static class TestBlocks
{
    public const int Size = PieceLayout.BlockSize;

    public static byte[] Bytes(string key, int block, int length = Size)
    {
        var bytes = new byte[length];
        var x = 0x9E3779B97F4A7C15UL ^ ((ulong)block << 20);
        foreach (var c in key)
        {
            x = (x ^ c) * 0x100000001B3UL;
        }

        for (var i = 0; i < length; i++)
        {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            bytes[i] = (byte)x;
        }

        return bytes;
    }

    public static Hash256 Leaf(string key, int block, int length = Size) => MerkleTree.Leaf(Bytes(key, block, length));
}
