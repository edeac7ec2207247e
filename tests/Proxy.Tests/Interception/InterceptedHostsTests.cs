using Swarm.Engine.Targets;
using Swarm.Proxy.Interception;

namespace Swarm.Proxy.Tests.Interception;

/// <summary>Which hosts a list names.</summary>
public sealed class InterceptedHostsTests
{
    [Theory]
    [InlineData("files.example.org", "files.example.org", true)]
    [InlineData("FILES.example.org.", "files.example.org", true)]
    [InlineData("files.example.org", "example.org", false)]
    [InlineData("files.example.org", "a.files.example.org", false)]
    [InlineData("files.example.org", "evilfiles.example.org", false)]
    [InlineData("*.example.org", "a.example.org", true)]
    [InlineData("*.example.org", "b.a.example.org", true)]
    [InlineData("*.example.org", "example.org", false)]
    [InlineData("*.example.org", "evilexample.org", false)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("[2001:db8::1]", "[2001:db8:0::1]", true)]
    [InlineData("localhost", "localhost", true)]
    public void Cover_IsTheNamedHostAndNoOther(string named, string host, bool covered)
    {
        Assert.True(InterceptedHosts.TryParse([named], out var hosts, out var problem), problem);
        Assert.True(TargetHost.TryParse(host, out var target));

        Assert.Equal(covered, hosts.Cover(target));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("org")]
    [InlineData("*.org")]
    [InlineData("https://example.org")]
    [InlineData("example.org:443")]
    [InlineData("*.192.0.2.7")]
    [InlineData("a.*.example.org")]
    [InlineData("0x7f.1")]
    [InlineData("")]
    public void TryParse_WhatIsNoHostOrTooMany_IsRefusedBySentence(string text)
    {
        Assert.False(InterceptedHosts.TryParse([text], out _, out var problem));
        Assert.StartsWith($"'{text}'", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_OfEqualSets_AreEqual()
    {
        Assert.True(InterceptedHosts.TryParse(["b.example", "A.example", "b.example."], out var one, out _));
        Assert.True(InterceptedHosts.TryParse(["a.example", "b.example"], out var other, out _));

        Assert.Equal(one.Texts, other.Texts);
    }
}
