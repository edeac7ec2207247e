using System.Net;
using Swarm.Engine.Targets;

namespace Swarm.Engine.Tests.Targets;

/// <summary>What --allow-target opens, and what it does not.</summary>
public sealed class AllowedTargetsTests
{
    [Theory]
    [InlineData("192.168.1.0/24", "192.168.1.9", "192.168.1.9", true)]
    [InlineData("192.168.1.0/24", "192.168.2.9", "192.168.2.9", false)]
    [InlineData("192.168.1.9", "nas.example", "192.168.1.9", true)]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1", true)]
    [InlineData("fd00::/8", "[fd12::1]", "fd12::1", true)]
    [InlineData("NAS.example.", "nas.example", "10.1.1.1", true)]
    [InlineData("nas.example", "other.nas.example", "10.1.1.1", false)]
    [InlineData("nas.example", "nas.example", "169.254.169.254", false)]
    [InlineData("169.254.169.254", "169.254.169.254", "169.254.169.254", true)]
    [InlineData("127.0.0.0/8", "x.example", "::ffff:127.0.0.1", true)]
    public void Allows_HostAndAddress_AsListed(string flag, string host, string address, bool expected)
    {
        Assert.True(AllowedTargets.TryParse([flag], out var allowed, out _));
        Assert.True(TargetHost.TryParse(host, out var target));
        var ip = IPAddress.Parse(address);

        Assert.Equal(expected, allowed.Allows(target, ip, AddressClass.Of(ip)));
    }

    [Theory]
    [InlineData("192.168.1.0/33")]
    [InlineData("http://nas/")]
    [InlineData("127.1")]
    [InlineData("")]
    public void TryParse_WhatIsNoHostOrNetwork_SaysSo(string flag)
    {
        Assert.False(AllowedTargets.TryParse([flag], out _, out var error));
        Assert.Contains("--allow-target", error, StringComparison.Ordinal);
    }
}
