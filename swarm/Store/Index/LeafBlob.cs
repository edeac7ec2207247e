using System.Numerics;
using Swarm.Core;

namespace Swarm.Store;

/// <summary>The leaf hashes of a unit's present blocks, one after the other in block order: 32 bytes each.</summary>
internal static class LeafBlob
{
    public static byte[] Write(ulong present, Hash256[] leaves)
    {
        var blob = new byte[BitOperations.PopCount(present) * Hash256.Size];
        var at = 0;
        for (var bits = present; bits != 0; bits &= bits - 1)
        {
            leaves[BitOperations.TrailingZeroCount(bits)].Write(blob.AsSpan(at));
            at += Hash256.Size;
        }

        return blob;
    }

    /// <summary>Null if the blob is not as long as <paramref name="present"/> demands.</summary>
    public static Hash256[]? TryRead(ulong present, ReadOnlySpan<byte> blob)
    {
        if (blob.Length != BitOperations.PopCount(present) * Hash256.Size)
        {
            return null;
        }

        var leaves = new Hash256[UnitRow.Blocks];
        for (var bits = present; bits != 0; bits &= bits - 1)
        {
            leaves[BitOperations.TrailingZeroCount(bits)] = Hash256.Read(blob);
            blob = blob[Hash256.Size..];
        }

        return leaves;
    }
}
