using System.Security.Cryptography;

namespace Swarm.Core;

/// <summary>
/// The BEP 52 hash tree: SHA-256 over 16 KiB leaves, binary, padded to a power of two with zero hashes
/// (not hashes of zeros). Pure functions; a layer is an array of hashes from left to right.
/// </summary>
public static class MerkleTree
{
    /// <summary>The leaf hash of one block: SHA-256 of its bytes, the last block unpadded.</summary>
    public static Hash256 Leaf(ReadOnlySpan<byte> block)
    {
        Span<byte> digest = stackalloc byte[Hash256.Size];
        SHA256.HashData(block, digest);
        return Hash256.Read(digest);
    }

    /// <summary>The parent of two neighbours.</summary>
    public static Hash256 Parent(in Hash256 left, in Hash256 right)
    {
        Span<byte> pair = stackalloc byte[2 * Hash256.Size];
        left.Write(pair);
        right.Write(pair[Hash256.Size..]);
        return Leaf(pair);
    }

    /// <summary>Root of a subtree of <c>2^height</c> zero leaves; height 0 is the zero hash itself.</summary>
    public static Hash256 ZeroSubtree(int height)
    {
        var h = default(Hash256);
        for (var i = 0; i < height; i++)
        {
            h = Parent(h, h);
        }

        return h;
    }

    /// <summary>
    /// Root over <paramref name="layer"/>, padded on the right to <c>2^<paramref name="height"/></c> nodes with the root
    /// of a zero subtree of <paramref name="padHeight"/>. Destroys the contents of <paramref name="layer"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The layer holds more than 2^height nodes, or none.</exception>
    public static Hash256 Root(Span<Hash256> layer, int height, int padHeight = 0)
    {
        if (layer.IsEmpty || height > 31 || layer.Length > 1L << height)
        {
            throw new ArgumentException($"{layer.Length} nodes do not fit a tree of height {height}", nameof(layer));
        }

        var pad = ZeroSubtree(padHeight);
        var count = layer.Length;
        for (var level = 0; level < height; level++)
        {
            var parents = (count + 1) / 2;
            for (var i = 0; i < parents; i++)
            {
                layer[i] = Parent(layer[2 * i], (2 * i) + 1 < count ? layer[(2 * i) + 1] : pad);
            }

            pad = Parent(pad, pad);
            count = parents;
        }

        return layer[0];
    }

    /// <summary>Smallest height whose <c>2^height</c> leaves hold <paramref name="leaves"/>.</summary>
    public static int HeightOf(long leaves)
    {
        var h = 0;
        while (1L << h < leaves)
        {
            h++;
        }

        return h;
    }

    /// <summary>
    /// Recomputes the ancestor of an aligned subtree from its root and the uncles above it, leaf side first (BEP 52 hashes message).
    /// </summary>
    /// <param name="node">Root of the subtree.</param>
    /// <param name="index">Number of the subtree among those of its height.</param>
    /// <param name="uncles">One sibling a level, upwards.</param>
    public static Hash256 Climb(Hash256 node, long index, ReadOnlySpan<Hash256> uncles)
    {
        foreach (var uncle in uncles)
        {
            node = (index & 1) == 0 ? Parent(node, uncle) : Parent(uncle, node);
            index >>= 1;
        }

        return node;
    }
}
