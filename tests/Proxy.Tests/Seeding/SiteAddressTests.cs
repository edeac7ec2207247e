using Swarm.Proxy.Seeding;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary>URLs of files and torrents, and what is no web seed.</summary>
public sealed class SiteAddressTests
{
    [Theory]
    [InlineData("https://files.example", "a.mp4", "https://files.example/a.mp4", "https://files.example/.swarm/a.mp4.torrent")]
    [InlineData("https://files.example:8443/pub", "x/my film (1).mp4", "https://files.example:8443/pub/x/my%20film%20%281%29.mp4", "https://files.example:8443/.swarm/pub/x/my%20film%20%281%29.mp4.torrent")]
    [InlineData("http://[2001:db8::1]/", "100%?#.bin", "http://[2001:db8::1]/100%25%3F%23.bin", "http://[2001:db8::1]/.swarm/100%25%3F%23.bin.torrent")]
    [InlineData("https://files.example/p%C3%A9/", "été.bin", "https://files.example/p%C3%A9/%C3%A9t%C3%A9.bin", "https://files.example/.swarm/p%C3%A9/%C3%A9t%C3%A9.bin.torrent")]
    public void Urls_AreEscapedComponentByComponent(string web, string path, string file, string torrent)
    {
        var address = SiteAddress.TryParse(web, out var problem);
        Assert.Null(problem);
        Assert.Equal((file, torrent), (address!.FileUrl(path), address.TorrentUrl(path)));
    }

    [Theory]
    [InlineData("files.example")]
    [InlineData("ftp://files.example/")]
    [InlineData("https://")]
    [InlineData("https://files.example/?a=b")]
    [InlineData("https://files.example/#top")]
    [InlineData("https://user:secret@files.example/")]
    public void NoWebSeed_IsOneSentenceThatNamesTheFlag(string web)
    {
        Assert.Null(SiteAddress.TryParse(web, out var problem));
        Assert.StartsWith("--web-seed: '", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutAWebSeed_ThereAreNoUrls()
    {
        var address = SiteAddress.TryParse(null, out _)!;
        Assert.Null(address.FileUrl("a"));
        Assert.Null(address.TorrentUrl("a"));
    }
}
