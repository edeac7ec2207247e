using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>Bytes that no two films share at any offset, and the torrent that describes them.</summary>
internal sealed class Film
{
    public const int Length = (3 << 20) + 5_000;
    private const int PieceLength = 256 << 10;

    private Film(string name, byte[] bytes, byte[] metafile)
    {
        Name = name;
        Bytes = bytes;
        Metafile = metafile;
        Assert.True(Metainfo.TryParse(metafile, out var parsed, out var error), error?.ToString());
        Torrent = parsed;
    }

    public string Name { get; }

    public byte[] Bytes { get; }

    public byte[] Metafile { get; }

    public Metainfo Torrent { get; }

    public string Infohash => Torrent.InfoHash.Id;

    public static byte[] Noise(int seed, int length, ReadOnlySpan<byte> head = default)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        head.CopyTo(bytes);
        return bytes;
    }

    public static Film Make(
        int seed, int length = Length, string name = "film.mp4", MetainfoFormat format = MetainfoFormat.Hybrid, IReadOnlyList<string>? urlList = null, byte[]? bytes = null,
        int pieceLength = PieceLength)
    {
        bytes ??= Noise(seed, length);
        using var hasher = new MetainfoHasher(format, pieceLength, singleFile: true);
        hasher.Append(bytes);
        hasher.EndFile(name);
        return new(name, bytes, Build(name, format, hasher, urlList, pieceLength: pieceLength));
    }

    /// <summary>A folder of two files; the bytes are theirs in tree order.</summary>
    public static (Film First, byte[] Second) MakeFolder(string folder, string first, string second)
    {
        using var hasher = new MetainfoHasher(MetainfoFormat.V2, PieceLength, singleFile: false);
        byte[][] bytes = [Noise(31, 600_000), Noise(32, 300_000)];
        hasher.Append(bytes[0]);
        hasher.EndFile(first);
        hasher.Append(bytes[1]);
        hasher.EndFile(second);
        return (new(folder, bytes[0], Build(folder, MetainfoFormat.V2, hasher, null)), bytes[1]);
    }

    /// <summary>A v1 folder of two files whose pieces run across them, and its piece space; the film's bytes are the first file's.</summary>
    public static (Film First, byte[] Second, byte[] PieceSpace) MakeV1Folder(string folder, string first, string second, bool isPrivate = false)
    {
        using var hasher = new MetainfoHasher(MetainfoFormat.V1, PieceLength, singleFile: false);
        byte[][] bytes = [Noise(33, 600_000), Noise(34, 1_300_000)];
        hasher.Append(bytes[0]);
        hasher.EndFile(first);
        hasher.Append(bytes[1]);
        hasher.EndFile(second);
        return (new(folder, bytes[0], Build(folder, MetainfoFormat.V1, hasher, null, isPrivate)), bytes[1], [.. bytes[0], .. bytes[1]]);
    }

    public ReadOnlySpan<byte> Block(int block) =>
        Bytes.AsSpan(block * PieceLayout.BlockSize, Math.Min(PieceLayout.BlockSize, Bytes.Length - (block * PieceLayout.BlockSize)));

    private static byte[] Build(string name, MetainfoFormat format, MetainfoHasher hasher, IReadOnlyList<string>? urlList, bool isPrivate = false, int pieceLength = PieceLength)
    {
        var builder = new MetainfoBuilder
        {
            Name = name, PieceLength = pieceLength, Format = format, V1Pieces = hasher.EndContent(), Files = hasher.Files, WebSeeds = urlList ?? [], IsPrivate = isPrivate,
        };
        Assert.True(builder.TryBuild(out var metafile, out var error), error?.ToString());
        return metafile;
    }
}
