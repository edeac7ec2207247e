using System.Buffers;
using System.Security.Cryptography;
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

    public static Metainfo Of(
        byte[] bytes, int pieceLength = 4 * Block, string name = "film", IReadOnlyList<string>? webSeeds = null, MetainfoFormat format = MetainfoFormat.V2, bool isPrivate = false)
    {
        using var hasher = new MetainfoHasher(format, pieceLength, singleFile: true);
        hasher.Append(bytes);
        hasher.EndFile(name);
        var pieces = hasher.EndContent();
        var builder = new MetainfoBuilder { Name = name, PieceLength = pieceLength, Format = format, Files = hasher.Files, V1Pieces = pieces, WebSeeds = webSeeds ?? [], IsPrivate = isPrivate };
        Assert.True(builder.TryBuild(out var built, out var error), error?.ToString());
        Assert.True(Metainfo.TryParse(built, out var metainfo, out error), error?.ToString());
        return metainfo;
    }

    /// <summary>A v1 torrent of two files of these bytes, "a" and "b", each padded to a piece boundary (BEP 47).</summary>
    public static Metainfo PaddedV1(byte[] bytes, int pieceLength) => V1Folder(bytes, bytes, pieceLength, padded: true);

    /// <summary>A v1 torrent of the files "a" and "b"; without pads its pieces run across them.</summary>
    public static Metainfo V1Folder(byte[] a, byte[] b, int pieceLength, bool padded)
    {
        var pad = padded ? (pieceLength - (a.Length % pieceLength)) % pieceLength : 0;
        byte[] all = [.. a, .. new byte[pad], .. b];
        var pieces = new ArrayBufferWriter<byte>();
        for (var at = 0; at < all.Length; at += pieceLength)
        {
#pragma warning disable CA5350 // BEP 3 proves pieces by SHA-1.
            pieces.Write(SHA1.HashData(all.AsSpan(at, Math.Min(pieceLength, all.Length - at))));
#pragma warning restore CA5350
        }

        var text = $"d4:infod5:filesld6:lengthi{a.Length}e4:pathl1:aee"
            + (pad > 0 ? $"d4:attr1:p6:lengthi{pad}e4:pathl4:.pad{pad.ToString().Length}:{pad}ee" : "")
            + $"d6:lengthi{b.Length}e4:pathl1:beee4:name6:folder12:piece lengthi{pieceLength}e6:pieces{pieces.WrittenCount}:";
        byte[] torrent = [.. System.Text.Encoding.ASCII.GetBytes(text), .. pieces.WrittenSpan, .. "ee"u8];
        Assert.True(Metainfo.TryParse(torrent, out var metainfo, out var error), error?.ToString());
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
