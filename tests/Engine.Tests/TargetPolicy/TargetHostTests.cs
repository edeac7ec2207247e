using Swarm.Engine.Targets;

namespace Swarm.Engine.Tests.Targets;

/// <summary>One spelling for a host; all others are refused or brought to it.</summary>
public sealed class TargetHostTests
{
    [Theory]
    [InlineData("Example.COM", "example.com", "example.com")]
    [InlineData("example.com.", "example.com", "example.com")]
    [InlineData("a_b.cdn-1.example", "a_b.cdn-1.example", "a_b.cdn-1.example")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("127.0.0.1", "127.0.0.1", "127.0.0.1")]
    [InlineData("[::1]", "::1", "[::1]")]
    [InlineData("::1", "::1", "[::1]")]
    [InlineData("[2606:4700:0:0::1111]", "2606:4700::1111", "[2606:4700::1111]")]
    public void TryParse_PlainHost_HasOneSpelling(string text, string name, string inUrl)
    {
        Assert.True(TargetHost.TryParse(text, out var host));
        Assert.Equal(name, host.Name);
        Assert.Equal(inUrl, host.InUrl);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("0x7f.1")]
    [InlineData("0x7f000001")]
    [InlineData("0x")]
    [InlineData("2130706433")]
    [InlineData("127.1")]
    [InlineData("127.0.1")]
    [InlineData("0177.0.0.1")]
    [InlineData("127.0.0.01")]
    [InlineData("127.0.0.1.")]
    [InlineData("256.0.0.1")]
    [InlineData("1.2.3.4.5")]
    [InlineData("foo.0x7f")]
    [InlineData("foo.1")]
    [InlineData("[127.0.0.1]")]
    [InlineData("[::1")]
    [InlineData("[fe80::1%25eth0]")]
    [InlineData("fe80::1%eth0")]
    [InlineData("127。0。0。1")]
    [InlineData("１２７.0.0.1")]
    [InlineData("localhost%00.example")]
    [InlineData("user@example.com")]
    [InlineData("exa mple.com")]
    [InlineData("example..com")]
    [InlineData("example.com..")]
    [InlineData("-example.com")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    public void TryParse_AnyOtherSpelling_IsRefused(string text) => Assert.False(TargetHost.TryParse(text, out _));

    [Fact]
    public void TryParse_NameLongerThanDnsAllows_IsRefused()
    {
        Assert.False(TargetHost.TryParse(new string('a', 64) + ".example", out _));
        Assert.False(TargetHost.TryParse(string.Join('.', Enumerable.Repeat("abcdefghi", 26)), out _));
        Assert.True(TargetHost.TryParse(new string('a', 63) + ".example", out _));
    }
}
