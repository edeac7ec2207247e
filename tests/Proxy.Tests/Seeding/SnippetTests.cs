using Swarm.Proxy.Seeding;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary>What each web server is told, byte for byte (tests/golden/seeding). That they understand it is tried in the lab, by the scenario seed-site.</summary>
public sealed class SnippetTests
{
    public static TheoryData<string, string, string> Cases => new(
        from snippet in SiteSnippets.All
        from site in new[] { ("root", "https://files.example/"), ("folder", "https://files.example/pub/p%C3%A9.x/") }
        select (snippet.Name, site.Item1, site.Item2));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Snippet_Golden(string server, string site, string url)
    {
        var address = SiteAddress.TryParse(url, out _)!;
        Assert.Null(SiteSnippets.Problem(address, "/srv/my files/.swarm"));
        var written = SiteSnippets.All.Single(s => s.Name == server).Write(address, "/srv/my files/.swarm");
        Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", "seeding", $"{server}-{site}.conf")), written);
    }

    [Theory]
    [InlineData("/srv/a\"b")]
    [InlineData("/srv/$a")]
    [InlineData("/srv/a\nb")]
    [InlineData("/srv/{a}")]
    [InlineData("/srv/a%{b}e")]
    public void FolderThatConfigurationsWouldMisread_IsRefusedInASentence(string torrents) =>
        Assert.Contains("choose another", SiteSnippets.Problem(SiteAddress.TryParse(null, out _)!, torrents), StringComparison.Ordinal);

    [Fact]
    public void PathThatConfigurationsWouldMisread_IsRefusedInASentence() =>
        Assert.Contains("by hand", SiteSnippets.Problem(SiteAddress.TryParse("https://files.example/a%22b/", out _)!, "/srv/t"), StringComparison.Ordinal);
}
