namespace Swarm.Protocol.Tests;

public sealed class MetainfoBuilderTests
{
    public static TheoryData<string> Names() => [.. Directory.GetFiles(Golden.Folder("metainfo"), "*.torrent").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Builder_SameContent_WritesTheBytesOfLibtorrent(string name)
    {
        var contentName = name[..name.LastIndexOf('-')];
        var format = name[(name.LastIndexOf('-') + 1)..] switch { "v1" => MetainfoFormat.V1, "v2" => MetainfoFormat.V2, _ => MetainfoFormat.Hybrid };
        var (pieceLength, files) = TestContent.Cases[contentName];
        Assert.Equal(files.Select(f => f.Path).Order(TreeOrder.Instance), files.Select(f => f.Path));
        using var hasher = new MetainfoHasher(format, pieceLength, files.Length == 1);
        foreach (var (path, length) in files)
        {
            var bytes = TestContent.File(length);
            hasher.Append(bytes.AsSpan(0, length / 3));
            hasher.Append(bytes.AsSpan(length / 3));
            hasher.EndFile(path);
        }

        var builder = new MetainfoBuilder { Name = contentName, PieceLength = pieceLength, Format = format, Files = hasher.Files, V1Pieces = hasher.EndContent() };
        builder = contentName switch
        {
            "odd" => builder with { IsPrivate = true, WebSeeds = ["https://files.example/odd"], TrackerTiers = [["http://tracker.example/announce"]] },
            "folder" => builder with
            {
                WebSeeds = ["https://files.example/pub/", "http://mirror.example/pub/"],
                TrackerTiers = [["http://tracker.example/announce", "udp://tracker.example:6969/announce"], ["http://backup.example/announce"]],
            },
            _ => builder,
        };
        Assert.True(builder.TryBuild(out var made, out var error), error?.ToString());
        Assert.Equal(Golden.Torrent(name), made);
    }

    [Fact]
    public void Builder_WhatItCannotRead_ItDoesNotWrite()
    {
        Assert.Equal("a/../b: a path component is '.' or '..', which could leave the torrent's folder; rename the file", Fail("a/../b", 1, 1));
        Assert.Equal("a: 1 leaf hashes for 20000 bytes; hash the file again: it changed meanwhile", Fail("a", 20000, 1));
        Assert.StartsWith("piece length: 20000", Fail("a", 1, 1, 20000), StringComparison.Ordinal);
        var unsorted = new MetainfoBuilder { Name = "t", PieceLength = 16384, Files = [new("a.bin", 0, default), new("a/b", 0, default)] };
        Assert.False(unsorted.TryBuild(out _, out var error));
        Assert.Equal("a/b: a hybrid's files must be hashed in tree order, each once; sort the files by TreeOrder before hashing", error.ToString());

        static string Fail(string path, long length, int leaves, int pieceLength = 16384)
        {
            var builder = new MetainfoBuilder { Name = "t", PieceLength = pieceLength, Format = MetainfoFormat.V2, Files = [new(path, length, new Core.Hash256[leaves])] };
            Assert.False(builder.TryBuild(out _, out var error));
            return error.ToString();
        }
    }
}
