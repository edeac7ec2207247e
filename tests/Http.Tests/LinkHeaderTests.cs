namespace Swarm.Http.Tests;

/// <summary>RFC 8288 §3 and appendix B.2, RFC 6249 §3, and the rule which metafile may speak for a resource.</summary>
public sealed class LinkHeaderTests
{
    public static TheoryData<string, string, string> Golden => GoldenTable.Rows("link.txt");

    [Theory]
    [MemberData(nameof(Golden))]
    public void Link_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var found = MetafileLinks.Of(GoldenTable.Fields(input), "https://site.example/dir/film.mp4?q=1");
        var text = string.Join(' ', found.Metafiles.Select(u => $"meta={u}").Concat(found.Duplicates.Select(u => $"dup={u}")));
        Assert.Equal(expected, text);
    }

    [Theory]
    [InlineData("https://a.example/f", "https://a.example/f.torrent", MetafileVerdict.Allowed)]
    [InlineData("https://a.example/f", "https://b.example/f.torrent", MetafileVerdict.Allowed)]
    [InlineData("http://a.example/f", "https://b.example/f.torrent", MetafileVerdict.Allowed)]
    [InlineData("http://a.example/f", "http://a.example/f.torrent", MetafileVerdict.Allowed)]
    [InlineData("http://a.example/f", "http://A.EXAMPLE:80/f.torrent", MetafileVerdict.Allowed)]
    [InlineData("https://a.example/f", "http://a.example/f.torrent", MetafileVerdict.NeedsHttps)]
    [InlineData("https://a.example/f", "http://b.example/f.torrent", MetafileVerdict.NeedsHttps)]
    [InlineData("http://a.example/f", "http://b.example/f.torrent", MetafileVerdict.CrossOriginNeedsHttps)]
    [InlineData("http://a.example/f", "http://a.example:8080/f.torrent", MetafileVerdict.CrossOriginNeedsHttps)]
    [InlineData("http://a.example/f", "http://sub.a.example/f.torrent", MetafileVerdict.CrossOriginNeedsHttps)]
    [InlineData("https://a.example/f", "ftp://a.example/f.torrent", MetafileVerdict.Unusable)]
    [InlineData("https://a.example/f", "file:///etc/passwd", MetafileVerdict.Unusable)]
    [InlineData("https://a.example/f", "https://u:p@a.example/f.torrent", MetafileVerdict.Unusable)]
    [InlineData("https://a.example/f", "/f.torrent", MetafileVerdict.Unusable)]
    [InlineData("", "https://a.example/f.torrent", MetafileVerdict.Unusable)]
    [InlineData("http://a.example/f", "https://\ud800/f.torrent", MetafileVerdict.Unusable)] // System.Uri accepts it and throws later
    [InlineData("http://a.example/f", "https://b\u00fccher.example/f.torrent", MetafileVerdict.Unusable)]
    public void Metafile_Rule(string resource, string metafile, MetafileVerdict verdict) =>
        Assert.Equal(verdict, MetafileRule.Judge(resource, metafile));

    [Theory]
    [InlineData("https://a.example/f", "https://b.example/f", true)]
    [InlineData("http://a.example/f", "https://b.example/f", true)]
    [InlineData("http://a.example/f", "http://b.example/f", true)] // its bytes are judged by the tree
    [InlineData("https://a.example/f", "http://b.example/f", false)]
    [InlineData("https://a.example/f", "http://a.example/f", false)]
    [InlineData("http://a.example/f", "ftp://b.example/f", false)]
    [InlineData("http://a.example/f", "http://u:p@b.example/f", false)]
    public void Mirror_Rule(string resource, string mirror, bool may) => Assert.Equal(may, MetafileRule.MayMirror(resource, mirror));

    [Fact]
    public void Link_PastTheLimits_IsNotLookedAt()
    {
        var flood = string.Join(',', Enumerable.Range(0, LinkHeader.MaxLinks).Select(i => $"<{i}>;rel=x"));
        Assert.Equal(LinkHeader.MaxLinks, LinkHeader.Parse([flood, "<late>;rel=describedby"]).Count);
        Assert.Empty(LinkHeader.Parse([$"<a>;rel=describedby{new string(' ', LinkHeader.MaxLineChars)}"]));
    }

    [Fact]
    public void Link_AnchorBehindAFloodOfParameters_StillDiscardsTheLink()
    {
        var padding = string.Concat(Enumerable.Repeat(";x=1", 40));
        Assert.Empty(LinkHeader.Parse([$"<f.torrent>; rel=describedby; type=\"application/x-bittorrent\"{padding};anchor=\"#x\""]));
    }

    [Fact]
    public void Link_AnyText_NeverThrows_AndResolvesToHttpOnly() => Attack.Survives(text =>
    {
        var fields = new HttpFields { { "Link", text }, { "Link", $"<{text}>; rel=describedby; type=\"application/x-bittorrent\"" }, { "Link", $"<a>;rel=\"{text}\"" } };
        var found = MetafileLinks.Of(fields, "https://site.example/f");
        Assert.All(found.Metafiles.Concat(found.Duplicates), url => Assert.StartsWith("https://", url));
        _ = MetafileRule.Judge(text, text);
    });
}
