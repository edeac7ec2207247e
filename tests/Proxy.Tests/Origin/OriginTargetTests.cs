using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Tests.Origin;

/// <summary>What counts as a target, and that its bytes survive.</summary>
public sealed class OriginTargetTests
{
    [Theory]
    [InlineData("http://example.com", "http://example.com/")]
    [InlineData("HTTP://EXAMPLE.com:80/A%2f/../b", "http://example.com/A%2f/../b")]
    [InlineData("http://example.com?q", "http://example.com/?q")]
    [InlineData("https://example.com:443//x//?", "https://example.com//x//?")]
    [InlineData("http://example.com:/x", "http://example.com/x")]
    [InlineData("http://[::1]:8080/x", "http://[::1]:8080/x")]
    [InlineData("http://example.com/\u00e4|{}^\"", "http://example.com/\u00e4|{}^\"")]
    public void TryParse_Target_KeepsPathAndQuery(string url, string expected)
    {
        Assert.True(OriginTarget.TryParse(url, TargetForm.AbsoluteForm, out var target));
        Assert.Equal(expected, target.Url);
        Assert.Equal(target.PathAndQuery, target.ToUri().PathAndQuery);
    }

    [Theory]
    [InlineData("ftp://example.com/")]
    [InlineData("http:/example.com/")]
    [InlineData("http:///x")]
    [InlineData("http://user@example.com/")]
    [InlineData("http://example.com@evil.example/")]
    [InlineData("http://example.com/#part")]
    [InlineData("http://example.com#part")]
    [InlineData("http://example.com:0/")]
    [InlineData("http://example.com:65536/")]
    [InlineData("http://example.com:+80/")]
    [InlineData("http://example.com:8 0/")]
    [InlineData("http://::1/")]
    [InlineData("http://[::1/")]
    [InlineData("http://[::1]x/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://exa\tmple.com/")]
    [InlineData("http://example.com/a b")]
    [InlineData("http://example.com/a\r\nb")]
    [InlineData("http://example.com\\@evil.example/")]
    [InlineData("http://example.com/\u0100")]
    public void TryParse_WhatOthersMightReadDifferently_IsRefused(string url) => Assert.False(OriginTarget.TryParse(url, TargetForm.AbsoluteForm, out _));

    // RFC 3986 §5.4 with the base http://a/b/c/d;p?q, less what has no meaning for a redirect.
    [Theory]
    [InlineData("g", "http://a/b/c/g")]
    [InlineData("./g", "http://a/b/c/g")]
    [InlineData("g/", "http://a/b/c/g/")]
    [InlineData("/g", "http://a/g")]
    [InlineData("//g", "http://g/")]
    [InlineData("?y", "http://a/b/c/d;p?y")]
    [InlineData("g?y", "http://a/b/c/g?y")]
    [InlineData(";x", "http://a/b/c/;x")]
    [InlineData("g;x?y", "http://a/b/c/g;x?y")]
    [InlineData(".", "http://a/b/c/")]
    [InlineData("./", "http://a/b/c/")]
    [InlineData("..", "http://a/b/")]
    [InlineData("../", "http://a/b/")]
    [InlineData("../g", "http://a/b/g")]
    [InlineData("../..", "http://a/")]
    [InlineData("../../g", "http://a/g")]
    [InlineData("../../../g", "http://a/g")]
    [InlineData("g.", "http://a/b/c/g.")]
    [InlineData("..g", "http://a/b/c/..g")]
    [InlineData("./g/.", "http://a/b/c/g/")]
    [InlineData("g/./h", "http://a/b/c/g/h")]
    [InlineData("g/../h", "http://a/b/c/h")]
    [InlineData("g?y/../x", "http://a/b/c/g?y/../x")]
    [InlineData("https://b/x", "https://b/x")]
    public void TryResolve_Reference_AsTheRfcSays(string reference, string expected)
    {
        Assert.True(OriginTarget.TryParse("http://a/b/c/d;p?q", TargetForm.Gateway, out var from));
        Assert.True(ReferenceResolution.TryResolve(from, reference, out var target));
        Assert.Equal(expected, target.Url);
    }

    [Theory]
    [InlineData("mailto:a@b")]
    [InlineData("javascript:alert(1)")]
    [InlineData("file:///etc/passwd")]
    [InlineData("//user@evil.example/")]
    public void TryResolve_WhatIsNoHttpUrl_IsRefused(string reference)
    {
        Assert.True(OriginTarget.TryParse("http://a/b", TargetForm.Gateway, out var from));
        Assert.False(ReferenceResolution.TryResolve(from, reference, out _));
    }
}
