using System.Text;
using Swarm.Proxy.Gateway;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Tests.Gateway;

/// <summary>Links of registries' documents, byte for byte (tests/golden/gateway).</summary>
public sealed class IndexRewriterTests
{
    private static readonly GatewayLinks Links = LinksOf("https://index.example/simple/foo/?x=1");

    public static TheoryData<string, string, string> LinkRows()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var line in File.ReadLines(Golden("links.txt")).Where(static l => l.Length > 0 && l[0] != '#'))
        {
            var cells = line.Split('|');
            rows.Add(cells[0].Trim(), cells[1].Trim(), cells[2].Trim());
        }

        return rows;
    }

    private static string Golden(string file) => Path.Combine(AppContext.BaseDirectory, "golden", "gateway", file);

    private static GatewayLinks LinksOf(string url)
    {
        Assert.True(OriginTarget.TryParse(url, TargetForm.Gateway, out var document));
        return new GatewayLinks("http://127.0.0.1:7976", document);
    }

    [Theory]
    [MemberData(nameof(LinkRows))]
    public void Link_OfEachForm_LeadsIntoTheGatewayOrStays(string name, string link, string expected) =>
        Assert.True((Links.Rewrite(link) ?? "-") == expected, $"{name}: {Links.Rewrite(link)}");

    [Theory]
    [InlineData("simple-html.txt", "SimpleHtml")]
    [InlineData("simple-json.txt", "SimpleJson")]
    [InlineData("npm.txt", "NpmPackage")]
    public void Document_OfEachKind_ChangesInItsLinksAlone(string file, string kind)
    {
        var parts = File.ReadAllText(Golden(file)).Split("----\n");

        var rewritten = IndexRewriter.Rewrite(Enum.Parse<IndexKind>(kind), Encoding.UTF8.GetBytes(parts[0]), Links);

        Assert.Equal(parts[1], Encoding.UTF8.GetString(rewritten!));
    }

    [Theory]
    [InlineData("simple-html.txt", "SimpleHtml")]
    [InlineData("simple-json.txt", "SimpleJson")]
    [InlineData("npm.txt", "NpmPackage")]
    public void Document_CutAnywhere_NeverThrows(string file, string kind)
    {
        var document = File.ReadAllBytes(Golden(file));
        for (var cut = 0; cut < document.Length; cut += 3)
        {
            var rewritten = IndexRewriter.Rewrite(Enum.Parse<IndexKind>(kind), document.AsSpan(0, cut), Links);
            Assert.True(rewritten is null || rewritten.Length > 0 || cut == 0);
        }
    }

    [Fact]
    public void Html_OfAnyCharset_KeepsItsBytes()
    {
        byte[] document = [.. "<a href=\"/x\">"u8, 0xFF, 0xFE, 0xC3, 0xA9, 0x00, .. "</a>"u8];

        var rewritten = IndexRewriter.Rewrite(IndexKind.SimpleHtml, document, Links)!;

        Assert.True(rewritten.AsSpan().EndsWith(document.AsSpan(document.Length - 9)));
    }

    [Fact]
    public void Json_ThatIsNone_IsLeftAlone() => Assert.Null(IndexRewriter.Rewrite(IndexKind.NpmPackage, "<html>"u8, Links));
}
