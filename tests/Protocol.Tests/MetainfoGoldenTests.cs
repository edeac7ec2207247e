using Swarm.Core;

namespace Swarm.Protocol.Tests;

/// <summary>Torrents made by libtorrent are read to the infohashes and layouts that libtorrent reports.</summary>
public sealed class MetainfoGoldenTests
{
    public static TheoryData<string, string, string> Infohashes()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var line in File.ReadAllLines(Path.Combine(Golden.Folder("metainfo"), "infohashes.txt")))
        {
            var parts = line.Split(' ');
            data.Add(parts[0], parts[1], parts[2]);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Infohashes))]
    public void Metainfo_MadeByLibtorrent_HasItsInfohashes(string name, string v1, string v2)
    {
        var metainfo = Parse(name);
        Assert.Equal(v1, metainfo.InfoHash.V1Hex ?? "-");
        Assert.Equal(v2, metainfo.InfoHash.V2?.ToString() ?? "-");
        Assert.Equal(v1 != "-", metainfo.HasV1);
        Assert.Equal(v2 != "-", metainfo.HasV2Trees);
    }

    [Theory]
    [MemberData(nameof(Infohashes))]
    public void Metainfo_MadeByLibtorrent_HasItsFiles(string name, string v1, string v2)
    {
        var metainfo = Parse(name);
        var (pieceLength, files) = TestContent.Cases[name[..name.LastIndexOf('-')]];
        Assert.Equal(pieceLength, metainfo.PieceLength);
        if (v2 == "-")
        {
            // Without pad files libtorrent keeps the order it was given.
            Assert.Equal(files.Select(f => f.Path).Order(StringComparer.Ordinal), metainfo.Files.Select(f => f.Path).Order(StringComparer.Ordinal));
            Assert.Single(metainfo.Layout.Files);
        }
        else
        {
            Assert.Equal(files.Select(f => f.Path), metainfo.Files.Select(f => f.Path));
            Assert.Equal(files.Select(f => (long)f.Length), metainfo.Layout.Files.Select(f => f.Length));
            Assert.All(metainfo.Files, f => Assert.Equal(0, f.Range.Offset % pieceLength));
        }

        Assert.Equal(files.Sum(f => (long)f.Length), metainfo.TotalLength);
        Assert.Equal(files.Length == 1, metainfo.IsSingleFile);
        Assert.Equal(name.StartsWith("odd", StringComparison.Ordinal), metainfo.IsPrivate);
        Assert.True(v1 == "-" || metainfo.V1PieceBytes(new PieceIndex(0)) > 0);
    }

    [Theory]
    [MemberData(nameof(Infohashes))]
    public void PieceHash_OfEveryPiece_IsTheRootOfItsBlocks(string name, string v1, string v2)
    {
        var metainfo = Parse(name);
        var layout = metainfo.Layout;
        for (var file = 0; v2 != "-" && file < layout.Files.Length; file++)
        {
            var leaves = TestContent.Leaves(TestContent.File((int)layout.Files[file].Length));
            for (var piece = 0; piece < metainfo.PiecesIn(file); piece++)
            {
                var run = leaves.AsSpan(piece * layout.BlocksPerPiece);
                run = run[..Math.Min(run.Length, layout.BlocksPerPiece)].ToArray();
                var height = metainfo.PiecesIn(file) == 1 ? metainfo.TreeHeight(file) : metainfo.PieceHeight;
                Assert.Equal(MerkleTree.Root(run, height), metainfo.PieceHash(file, piece));
            }
        }

        Assert.Equal(v1 != "-", metainfo.HasV1);
    }

    internal static Metainfo Parse(string name)
    {
        Assert.True(Metainfo.TryParse(Golden.Torrent(name), out var metainfo, out var error), error?.ToString());
        return metainfo;
    }
}
