using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>Bytes, and the torrent that describes them.</summary>
internal static class TestTorrent
{
    public const int Block = PieceLayout.BlockSize;

    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static Metainfo Of(byte[] bytes, int pieceLength = 4 * Block, string name = "film", IReadOnlyList<string>? webSeeds = null)
    {
        using var hasher = new MetainfoHasher(MetainfoFormat.V2, pieceLength, singleFile: true);
        hasher.Append(bytes);
        hasher.EndFile(name);
        hasher.EndContent();
        var builder = new MetainfoBuilder { Name = name, PieceLength = pieceLength, Format = MetainfoFormat.V2, Files = hasher.Files, WebSeeds = webSeeds ?? [] };
        Assert.True(builder.TryBuild(out var built, out var error), error?.ToString());
        Assert.True(Metainfo.TryParse(built, out var metainfo, out error), error?.ToString());
        return metainfo;
    }

    public static TreeBinding Tree(Metainfo metainfo, bool confirmed = false) => new(metainfo, 0, Authority.Tree, confirmed);

    public static ReadOnlySpan<byte> BlockOf(byte[] bytes, int block) => bytes.AsSpan(block * Block, Math.Min(Block, bytes.Length - (block * Block)));

    public static Hash256[] Leaves(byte[] bytes)
    {
        var leaves = new Hash256[(bytes.Length + Block - 1) / Block];
        for (var b = 0; b < leaves.Length; b++)
        {
            leaves[b] = MerkleTree.Leaf(BlockOf(bytes, b));
        }

        return leaves;
    }
}
