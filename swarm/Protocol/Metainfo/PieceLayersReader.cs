using System.Collections.Immutable;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>Reads <c>piece layers</c> (BEP 52) and proves each against its file's pieces root.</summary>
internal static class PieceLayersReader
{
    /// <param name="layers">One array a file of <paramref name="layout"/>; empty where the file has none.</param>
    public static MetainfoError? TryRead(BencodeValue value, ContentLayout layout, out ImmutableArray<Hash256>[] layers)
    {
        layers = new ImmutableArray<Hash256>[layout.Files.Length];
        Array.Fill(layers, []);
        if (value.Exists && value.Kind != BencodeKind.Dictionary)
        {
            return new("piece layers", "it must be a dictionary", MetainfoError.GetAnotherCopy);
        }

        var byRoot = new Dictionary<Hash256, (ReadOnlyMemory<byte> Bytes, ImmutableArray<Hash256> Proven)>();
        foreach (var (key, layer) in value.Entries)
        {
            if (key.Bytes.Length == Hash256.Size && layer.Kind == BencodeKind.Bytes)
            {
                byRoot.TryAdd(Hash256.Read(key.Bytes.Span), (layer.Bytes, []));
            }
        }

        for (var i = 0; i < layout.Files.Length; i++)
        {
            var file = layout.Files[i];
            if (file.Length <= layout.PieceLength)
            {
                continue;
            }

            var where = $"piece layers of '{file.Path}'";
            if (!byRoot.TryGetValue(file.PiecesRoot, out var found))
            {
                return new(where, "the file is longer than a piece and has no layer", MetainfoError.GetAnotherCopy);
            }

            var pieces = (int)((file.Length + layout.PieceLength - 1) / layout.PieceLength);
            if (found.Bytes.Length != (long)pieces * Hash256.Size)
            {
                return new(where, $"{found.Bytes.Length} bytes for {pieces} pieces, {(long)pieces * Hash256.Size} are needed", MetainfoError.GetAnotherCopy);
            }

            // Equal files share a root and a layer: prove it once.
            if (found.Proven.IsEmpty)
            {
                var hashes = Split(found.Bytes.Span, pieces);
                var scratch = hashes.ToArray();
                if (MerkleTree.Root(scratch, MerkleTree.HeightOf(pieces), MerkleTree.HeightOf(layout.BlocksPerPiece)) != file.PiecesRoot)
                {
                    return new(where, "the hashes do not lead to the file's pieces root", MetainfoError.GetAnotherCopy);
                }

                found.Proven = hashes;
                byRoot[file.PiecesRoot] = found;
            }

            layers[i] = found.Proven;
        }

        return null;
    }

    private static ImmutableArray<Hash256> Split(ReadOnlySpan<byte> bytes, int count)
    {
        var hashes = ImmutableArray.CreateBuilder<Hash256>(count);
        for (var i = 0; i < count; i++)
        {
            hashes.Add(Hash256.Read(bytes[(i * Hash256.Size)..]));
        }

        return hashes.MoveToImmutable();
    }
}
