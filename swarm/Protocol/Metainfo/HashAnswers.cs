using System.Buffers;
using System.Collections.Concurrent;
using System.Numerics;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>Leaf hashes of a file that this node has proven.</summary>
/// <param name="first">First block of the file.</param>
/// <param name="to">Filled with one leaf a block; never past the end of the file.</param>
/// <returns>False if one of them is not known.</returns>
public delegate bool KnownLeaves(int first, Span<Hash256> to);

/// <summary>
/// Answers BEP 52 hash requests of one torrent: the layers above the piece layer come from the metainfo, those below from
/// proven leaves. The upper layers of a file are computed once, so that no request costs more than the hashes of one piece.
/// Thread-safe.
/// </summary>
public sealed class HashAnswers(Metainfo metainfo)
{
    /// <summary>The longest answer: a run and one uncle for each layer.</summary>
    public const int MaxHashes = HashRequestMessage.MaxLength + HashRequestMessage.MaxProofLayers;

    private readonly ConcurrentDictionary<int, Hash256[][]> _upperLayers = new();

    /// <summary>Writes the run, then its uncles from its own root upwards.</summary>
    /// <param name="to">Room for <see cref="MaxHashes"/>.</param>
    /// <returns>How many hashes; 0 where the request is to be rejected: no such file, layer or run, or leaves that are not known.</returns>
    public int Answer(int file, in HashRequestMessage request, KnownLeaves leaves, Span<Hash256> to)
    {
        if ((uint)file >= (uint)metainfo.Layout.Files.Length || !metainfo.HasPieceHashes(file) || !request.IsValid)
        {
            return 0;
        }

        var height = metainfo.TreeHeight(file);
        var runHeight = request.BaseLayer + BitOperations.Log2((uint)request.Length);
        // BEP 52: the leaf layer and the piece layer are those that must be served.
        if (request.BaseLayer != 0 && request.BaseLayer != metainfo.PieceHeight
            || runHeight > height || (long)request.Index + request.Length > 1L << (height - request.BaseLayer))
        {
            return 0;
        }

        if (!TryWriteRun(file, request, leaves, to))
        {
            return 0;
        }

        var asked = new HashRequestPlan(request.PiecesRoot, request.BaseLayer, request.Index, request.Length, request.ProofLayers).UncleCount;
        var uncles = Math.Min(asked, height - runHeight);
        return TryWriteUncles(file, runHeight, request.Index / request.Length, leaves, to.Slice(request.Length, uncles)) ? request.Length + uncles : 0;
    }

    private bool TryWriteRun(int file, in HashRequestMessage request, KnownLeaves leaves, Span<Hash256> to)
    {
        var run = to[..request.Length];
        if (request.BaseLayer > 0)
        {
            for (var i = 0; i < run.Length; i++)
            {
                run[i] = Upper(file, request.BaseLayer, request.Index + i);
            }

            return true;
        }

        return TryLeaves(file, request.Index, run, leaves);
    }

    private bool TryWriteUncles(int file, int runHeight, long number, KnownLeaves leaves, Span<Hash256> to)
    {
        for (var i = 0; i < to.Length; i++)
        {
            var layer = runHeight + i;
            var sibling = (number >> i) ^ 1;
            if (IsUpper(file, layer))
            {
                to[i] = Upper(file, layer, sibling);
            }
            else if (!TryLower(file, layer, sibling, leaves, out to[i]))
            {
                return false;
            }
        }

        return true;
    }

    private bool IsUpper(int file, int layer) => metainfo.PiecesIn(file) > 1 && layer >= metainfo.PieceHeight;

    /// <summary>A node at or above the piece layer; past the end of the file, a zero subtree.</summary>
    private Hash256 Upper(int file, int layer, long index)
    {
        if (metainfo.PiecesIn(file) == 1)
        {
            // A file of one piece is its own tree; at the height of a piece there is its root or nothing.
            return layer == metainfo.TreeHeight(file) && index == 0 ? metainfo.Layout.Files[file].PiecesRoot : MerkleTree.ZeroSubtree(layer);
        }

        var nodes = _upperLayers.GetOrAdd(file, BuildUpper)[layer - metainfo.PieceHeight];
        return index < nodes.Length ? nodes[index] : MerkleTree.ZeroSubtree(layer);
    }

    private Hash256[][] BuildUpper(int file)
    {
        var layers = new Hash256[metainfo.TreeHeight(file) - metainfo.PieceHeight + 1][];
        layers[0] = new Hash256[metainfo.PiecesIn(file)];
        for (var piece = 0; piece < layers[0].Length; piece++)
        {
            layers[0][piece] = metainfo.PieceHash(file, piece);
        }

        var pad = MerkleTree.ZeroSubtree(metainfo.PieceHeight);
        for (var layer = 1; layer < layers.Length; layer++)
        {
            var below = layers[layer - 1];
            var nodes = layers[layer] = new Hash256[(below.Length + 1) / 2];
            for (var i = 0; i < nodes.Length; i++)
            {
                nodes[i] = MerkleTree.Parent(below[2 * i], (2 * i) + 1 < below.Length ? below[(2 * i) + 1] : pad);
            }

            pad = MerkleTree.Parent(pad, pad);
        }

        return layers;
    }

    /// <summary>A node below the piece layer, from its leaves.</summary>
    private bool TryLower(int file, int layer, long index, KnownLeaves leaves, out Hash256 node)
    {
        node = default;
        var count = 1 << layer;
        if (index << layer >= metainfo.Layout.Files[file].BlockCount)
        {
            node = MerkleTree.ZeroSubtree(layer);
            return true;
        }

        var rented = ArrayPool<Hash256>.Shared.Rent(count);
        try
        {
            var run = rented.AsSpan(0, count);
            if (!TryLeaves(file, (int)(index << layer), run, leaves))
            {
                return false;
            }

            node = MerkleTree.Root(run, layer);
            return true;
        }
        finally
        {
            ArrayPool<Hash256>.Shared.Return(rented);
        }
    }

    private bool TryLeaves(int file, int first, Span<Hash256> run, KnownLeaves leaves)
    {
        var inFile = (int)Math.Clamp((long)metainfo.Layout.Files[file].BlockCount - first, 0, run.Length);
        run[inFile..].Clear();
        return inFile == 0 || leaves(first, run[..inFile]);
    }
}
