namespace Swarm.Protocol.Tests;

public sealed class MagnetTests
{
    private const string V1 = "c3f6f2873921f0e67f057e7028588429dc49dafd";
    private const string V2 = "b2bf82e3ea049b4ff2a860a25bc63bbaf9ffcb82b7fc6be18c1c0df1bda32772";

    [Fact]
    public void Magnet_Everything_IsRead()
    {
        var magnet = Parse($"magnet:?xt=urn:btih:{V1.ToUpperInvariant()}&xt=urn:btmh:1220{V2}&dn=a+name%20%C3%A9&tr=http%3A%2F%2Ft%2Fa&tr.1=udp://t:1/a&tr=nonsense"
            + "&ws=https://files.example/x&xs=https://files.example/x.torrent&x.pe=127.0.0.1:6881&x.pe=[::1]:6882&x.pe=host.example:1&x.pe=host:0&so=0,2,4-9,7-3,x&&novalue");
        Assert.Equal((V1, V2), (magnet.InfoHash.V1Hex, magnet.InfoHash.V2?.ToString()));
        Assert.Equal("a name é", magnet.DisplayName);
        Assert.Equal(["http://t/a", "udp://t:1/a"], magnet.Trackers);
        Assert.Equal("https://files.example/x", Assert.Single(magnet.WebSeeds));
        Assert.Equal("https://files.example/x.torrent", Assert.Single(magnet.Sources));
        Assert.Equal(["127.0.0.1:6881", "[::1]:6882", "host.example:1"], magnet.Peers);
        Assert.Equal([(0, 0), (2, 2), (4, 9)], magnet.SelectOnly);
        Assert.Equal([true, false, true, false, true, true, false], new[] { 0, 1, 2, 3, 4, 9, 10 }.Select(magnet.Selects));
        Assert.Equal(magnet.ToString(), Parse(magnet.ToString()).ToString());
    }

    [Fact]
    public void Magnet_Base32_IsTheSameHash()
    {
        var magnet = Parse("magnet:?xt=urn:btih:YP3PFBZZEHYOM7YFPZYCQWEEFHOETWX5");
        Assert.Equal(V1, magnet.InfoHash.V1Hex);
        Assert.True(magnet.Selects(7));
    }

    [Fact]
    public void Magnet_UrlsOutsideAscii_AreEncodedInThePathAndRefusedInTheHost()
    {
        var magnet = Parse($"magnet:?xt=urn:btih:{V1}&dn=\ud800&ws=https://files.example/a%20b/%C3%A9&ws=https://\ud800/x&ws=https://b%C3%BCcher.example/&tr=http://%20/a&tr=udp://\udc00:1&x.pe=\ud800:1");
        Assert.Equal("https://files.example/a%20b/%C3%A9", Assert.Single(magnet.WebSeeds));
        Assert.Empty(magnet.Trackers);
        Assert.Empty(magnet.Peers);
        Assert.Equal(magnet.WebSeeds, Parse(magnet.ToString()).WebSeeds);
    }

    [Theory]
    [InlineData("http://x", "a magnet link starts with 'magnet:?'; check that all of it was copied")]
    [InlineData("magnet:?dn=x", "the magnet link names no torrent: it needs xt=urn:btih:… (v1) or xt=urn:btmh:1220… (v2)")]
    [InlineData("magnet:?xt=urn:btih:abc", "xt=urn:btih: needs 40 hex or 32 base32 digits, 'abc' is neither; check that all of it was copied")]
    [InlineData("magnet:?xt=urn:btih:YP3PFBZZEHYOM7YFPZYCQWEEFHOETWX1", "xt=urn:btih: needs 40 hex or 32 base32 digits, 'YP3PFBZZEHYOM7YFPZYCQWEEFHOETWX1' is neither; check that all of it was copied")]
    [InlineData("magnet:?xt=urn:btmh:1114" + V2, "xt=urn:btmh: needs 1220 and 64 hex digits (SHA-256), '1114" + V2 + "' is not that; check that all of it was copied")]
    public void Magnet_Malformed_SaysWhat(string text, string expected)
    {
        Assert.False(Bep53Magnet.TryParse(text, out _, out var error));
        Assert.Equal(expected, error);
    }

    private static Bep53Magnet Parse(string text)
    {
        Assert.True(Bep53Magnet.TryParse(text, out var magnet, out var error), error);
        return magnet;
    }
}
