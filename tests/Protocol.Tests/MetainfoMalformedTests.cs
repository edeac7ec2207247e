using Swarm.Core;

namespace Swarm.Protocol.Tests;

public sealed class MetainfoMalformedTests
{
    public static TheoryData<string, string, string> Malformed() => [.. Golden.Cases("metainfo", "malformed.txt")];

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Metainfo_Malformed_SaysWhereWhatAndWhatToDo(string name, string input, string expected)
    {
        var (bytes, infoOnly) = BencodeEdit.Apply(input);
        var accepted = infoOnly ? Metainfo.TryParseInfo(bytes, out _, out var error) : Metainfo.TryParse(bytes, out _, out error);
        Assert.False(accepted, name);
        Assert.Equal(expected, error!.ToString());
    }

    [Fact]
    public void Limits_OfBytesFilesAndPieces_AreKept()
    {
        var torrent = Golden.Torrent("folder-hybrid");
        Assert.Equal("metainfo: 2397 bytes, 100 are allowed; use longer pieces or split the torrent", Fail(MetainfoLimits.Default with { MaxBytes = 100 }));
        Assert.Equal("info.files[3]: more than 3 files; split the torrent", Fail(MetainfoLimits.Default with { MaxFiles = 3 }));
        Assert.Equal(
            "info.file tree/g-last: with its 98305 bytes the torrent passes 10 pieces of 32768 bytes; use longer pieces or split the torrent",
            Fail(MetainfoLimits.Default with { MaxPieces = 10 }));
        Assert.True(Metainfo.TryParse(torrent, out _, out _, MetainfoLimits.Default with { MaxBytes = 2397, MaxFiles = 18, MaxPieces = 15 }));

        string Fail(MetainfoLimits limits)
        {
            Assert.False(Metainfo.TryParse(torrent, out _, out var error, limits));
            return error.ToString();
        }
    }

    [Theory]
    [InlineData("odd-v2")]
    [InlineData("many-v2")]
    [InlineData("many-hybrid")]
    public void AnyBitFlipped_IsRefusedOrAnotherTorrent(string name)
    {
        var torrent = Golden.Torrent(name);
        var original = MetainfoGoldenTests.Parse(name);
        for (var i = 0; i < torrent.Length * 8; i++)
        {
            torrent[i / 8] ^= (byte)(1 << (i % 8));
            if (Metainfo.TryParse(torrent, out var flipped, out _))
            {
                Assert.True(flipped.InfoHash != original.InfoHash || !flipped.TrackerTiers.SequenceEqual(original.TrackerTiers) || !flipped.WebSeeds.SequenceEqual(original.WebSeeds), $"bit {i}");
            }

            torrent[i / 8] ^= (byte)(1 << (i % 8));
        }
    }

    [Fact]
    public void HybridWithoutItsLastPad_AsOlderMakersWriteIt_IsTaken()
    {
        var (bytes, _) = BencodeEdit.Apply("base folder-hybrid\nremove info|files|16");
        Assert.True(Metainfo.TryParse(bytes, out var metainfo, out var error), error?.ToString());
        Assert.Equal(1, metainfo.V1PieceBytes(new PieceIndex(metainfo.PieceCount - 1)));
    }

    [Fact]
    public void Utf8Names_OfOldV1Makers_ArePreferred()
    {
        var (bytes, _) = BencodeEdit.Apply("""
            base folder-v1
            set info|name.utf-8 = 2:\xc3\xa9
            set info|files|0|path.utf-8 = l2:\xc3\xa9e
            """);
        Assert.True(Metainfo.TryParse(bytes, out var metainfo, out var error), error?.ToString());
        Assert.Equal(("é", "é"), (metainfo.Name, metainfo.Files[0].Path));
    }

    [Fact]
    public void FolderSpelledOnce_WithManyFiles_IsBoundedByAllPathsTogether()
    {
        // 16 folders of 250 letters are spelled once and stand in each of 5000 paths.
        var leaf = BencodeTree.Dictionary();
        for (var i = 0; i < 5000; i++)
        {
            leaf.Child(System.Text.Encoding.ASCII.GetBytes($"f{i}")).Set("", BencodeTree.Dictionary().Set("length", BencodeTree.Integer(0)));
        }

        for (var depth = 0; depth < 16; depth++)
        {
            leaf = BencodeTree.Dictionary().Set(new string('a', 250), leaf);
        }

        var info = BencodeTree.Dictionary().Set("file tree", leaf).Set("meta version", BencodeTree.Integer(2)).Set("name", BencodeTree.Text("n"))
            .Set("piece length", BencodeTree.Integer(16384)).ToArray();
        Assert.True(info.Length < 200_000);
        Assert.False(Metainfo.TryParseInfo(info, out _, out var error));
        Assert.Contains("the paths together pass 16777216 bytes", error.ToString(), StringComparison.Ordinal);
        Assert.True(error.ToString().Length < 300);
    }

    [Fact]
    public void KeysUnsorted_OutsideTheInfoDictionary_AreTaken()
    {
        var info = MetainfoGoldenTests.Parse("odd-v1").InfoBytes.ToArray();
        byte[] unsorted = [.. "d4:info"u8, .. info, .. "8:announce14:http://t/a/b/ce"u8];
        Assert.True(Metainfo.TryParse(unsorted, out var metainfo, out var error), error?.ToString());
        Assert.Equal("http://t/a/b/c", Assert.Single(Assert.Single(metainfo.TrackerTiers)));
    }

    [Fact]
    public void Info_Alone_HasTheSameInfohashAndNoPieceLayers()
    {
        var whole = MetainfoGoldenTests.Parse("folder-hybrid");
        Assert.True(Metainfo.TryParseInfo(whole.InfoBytes, out var alone, out _));
        Assert.Equal(whole.InfoHash, alone.InfoHash);
        Assert.Equal(whole.Files, alone.Files);
        Assert.False(alone.HasPieceHashes(0));
        Assert.True(alone.HasPieceHashes(4));
        Assert.Throws<InvalidOperationException>(() => alone.PieceHash(0, 0));
        Assert.Empty(alone.TrackerTiers);
    }

    [Fact]
    public void Hints_BesideTheInfo_AreReadAndTheUselessLeftOut()
    {
        var metainfo = MetainfoGoldenTests.Parse("folder-v2");
        Assert.Equal(["https://files.example/pub/", "http://mirror.example/pub/"], metainfo.WebSeeds);
        Assert.Equal([["http://tracker.example/announce", "udp://tracker.example:6969/announce"], ["http://backup.example/announce"]], metainfo.TrackerTiers);
        var (odd, _) = BencodeEdit.Apply("""
            base odd-v1
            set announce = 19:http://lone/announc
            set announce-list = lli7ee3:abcl6:file:/ee
            set url-list = l7:ftp://x0:i5e8:http://y8:http://ye
            """);
        Assert.True(Metainfo.TryParse(odd, out var spoiled, out var error), error?.ToString());
        Assert.Equal("http://lone/announc", Assert.Single(Assert.Single(spoiled.TrackerTiers)));
        Assert.Equal("http://y", Assert.Single(spoiled.WebSeeds));
    }

    [Fact]
    public void Attributes_SymlinkExecutableHidden_AreRead()
    {
        var (bytes, _) = BencodeEdit.Apply("""
            base folder-v1
            set info|files|0|attr = 3:xhz
            set info|files|10 = d4:attr1:l6:lengthi0e4:pathl4:linke12:symlink pathl5:a.binee
            """);
        Assert.True(Metainfo.TryParse(bytes, out var metainfo, out var error), error?.ToString());
        Assert.True(metainfo.Files[0] is { IsExecutable: true, IsHidden: true } && metainfo.Files[1] is { IsExecutable: false, IsHidden: false });
        Assert.Equal(new MetainfoSymlink("link", "a.bin"), Assert.Single(metainfo.Symlinks));
        Assert.Equal(10, metainfo.Files.Length);
    }

    [Theory]
    [InlineData("plain", "plain", "plain")]
    [InlineData("sp ace+%", "sp ace+%", "sp%20ace%2B%25")]
    [InlineData("\u00e9", "%E9", "%E9")]
    [InlineData("\u00c3\u00a9", "é", "%C3%A9")]
    [InlineData("a\u001b[2Jb\n", "a%1B[2Jb%0A", "a%1B%5B2Jb%0A")]
    [InlineData("aux.c", "_aux.c", "aux.c")]
    [InlineData("COM1", "_COM1", "COM1")]
    [InlineData("com0", "com0", "com0")]
    [InlineData("auxiliary", "auxiliary", "auxiliary")]
    [InlineData("...", "...", "...")]
    public void Name_OfAnyBytes_IsPrintableAndKeptForWebSeeds(string latin1, string path, string escaped)
    {
        var name = System.Text.Encoding.Latin1.GetBytes(latin1);
        var info = BencodeTree.Dictionary().Set("name", BencodeTree.Text("folder")).Set("piece length", BencodeTree.Integer(16384)).Set("meta version", BencodeTree.Integer(2));
        var tree = BencodeTree.Dictionary();
        tree.Child("dir"u8.ToArray()).Child(name).Set("", BencodeTree.Dictionary().Set("length", BencodeTree.Integer(0)));
        Assert.True(Metainfo.TryParseInfo(info.Set("file tree", tree).ToArray(), out var metainfo, out var error), error?.ToString());
        Assert.Equal("dir/" + path, metainfo.Files[0].Path);
        Assert.Equal("https://files.example/folder/dir/" + escaped, Bep19WebSeed.UrlOf("https://files.example", metainfo, 0));
    }

    [Fact]
    public void WebSeed_OfOneFileAndOfAFolder_FollowsBep19()
    {
        var single = MetainfoGoldenTests.Parse("odd-v2");
        Assert.Equal("https://files.example/odd", Bep19WebSeed.UrlOf("https://files.example/odd", single, 0));
        Assert.Equal("https://files.example/odd", Bep19WebSeed.UrlOf("https://files.example/", single, 0));
        var folder = MetainfoGoldenTests.Parse("folder-hybrid");
        Assert.Equal("https://files.example/pub/folder/a/deep/x.bin", Bep19WebSeed.UrlOf("https://files.example/pub/", folder, 0));
        Assert.Equal("https://files.example/pub/folder/%C3%A9t%C3%A9.txt", Bep19WebSeed.UrlOf("https://files.example/pub", folder, 9));
        Assert.Equal(new WebSeedPart(2, new(0, 10)), Bep19WebSeed.FirstPartOf(folder, folder.Files[2].Range with { Length = 10 }));
        Assert.Equal(new WebSeedPart(0, new(folder.Files[0].Length - 1, 1)), Bep19WebSeed.FirstPartOf(folder, new(folder.Files[0].Range.End - 1, 2)));
        Assert.Equal(WebSeedPart.Gap, Bep19WebSeed.FirstPartOf(folder, new(folder.Files[0].Range.End, 1)).File);
    }
}
