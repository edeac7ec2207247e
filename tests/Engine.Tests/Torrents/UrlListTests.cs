using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

public sealed class UrlListTests
{
    private static readonly byte[] Content = TestTorrent.Bytes(100_000);

    [Theory]
    [InlineData("https://a.example/x/film", "https://a.example/x/film", 0)]
    [InlineData("https://a.example/x/", "https://a.example/x/film", 0)]
    [InlineData("https://a.example/x", "https://a.example/x/film", -1)]
    [InlineData("https://a.example/x/film", "https://a.example/y/film", -1)]
    [InlineData("https://a.example/x/film", "http://a.example/x/film", -1)]
    [InlineData("https://a.example/x/film", "https://a.example/x/film?token=1", -1)]
    public void SingleFile_TheWholeUrlMustBeEqual(string entry, string url, int file) =>
        Assert.Equal(file, UrlList.FileOf(TestTorrent.Of(Content, webSeeds: [entry]), url));

    [Theory]
    [InlineData("https://a.example/x/pack/two.mp4", 1)]
    [InlineData("https://a.example/x/pack/one%20and%20a%20half.mp4", 0)]
    [InlineData("https://a.example/x/two.mp4", -1)]
    [InlineData("https://a.example/x/pack", -1)]
    public void Folder_EachFileBelowTheTorrentsName(string url, int file)
    {
        using var hasher = new MetainfoHasher(MetainfoFormat.V2, PieceLayout.BlockSize, singleFile: false);
        foreach (var name in (string[])["one and a half.mp4", "two.mp4"])
        {
            hasher.Append(Content);
            hasher.EndFile(name);
        }

        hasher.EndContent();
        var builder = new MetainfoBuilder { Name = "pack", PieceLength = PieceLayout.BlockSize, Format = MetainfoFormat.V2, Files = hasher.Files, WebSeeds = ["https://a.example/x"] };
        Assert.True(builder.TryBuild(out var built, out _));
        Assert.True(Metainfo.TryParse(built, out var metainfo, out _));

        Assert.Equal(file, UrlList.FileOf(metainfo, url));
    }

    [Fact]
    public void NoUrlList_BindsNothing() => Assert.Equal(-1, UrlList.FileOf(TestTorrent.Of(Content), "https://a.example/film"));
}
