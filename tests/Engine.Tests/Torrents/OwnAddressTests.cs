using System.Net;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>What peers tell of our own address, and the BEP 40 order that follows.</summary>
public sealed class OwnAddressTests
{
    private static readonly IPEndPoint Peer = IPEndPoint.Parse("98.76.54.32:7");
    private static readonly uint Expected = Bep40PeerPriority.Of(PeerEndpoint.From(IPAddress.Parse("123.213.32.10"), 0), PeerEndpoint.From(Peer));

    private readonly OwnAddress _own = new();

    [Fact]
    public void TwoNetworksThatAgree_AreBelieved()
    {
        Hear("1.1.1.1", "123.213.32.10");
        Assert.NotEqual(Expected, _own.PriorityOf(Peer));
        Hear("2.2.2.2", "123.213.32.10");
        Assert.Equal(Expected, _own.PriorityOf(Peer));
    }

    [Fact]
    public void OneNetwork_DecidesNothing()
    {
        Hear("1.1.1.1", "123.213.32.10");
        Hear("1.1.2.2", "123.213.32.10");
        Assert.NotEqual(Expected, _own.PriorityOf(Peer));
    }

    [Fact]
    public void TheManyAreBelieved_NotTheLast()
    {
        foreach (var from in new[] { "1.1.1.1", "2.2.2.2", "3.3.3.3" })
        {
            Hear(from, "123.213.32.10");
        }

        Hear("4.4.4.4", "9.9.9.9");
        Hear("5.5.5.5", "9.9.9.9");
        Assert.Equal(Expected, _own.PriorityOf(Peer));
    }

    [Theory]
    [InlineData("192.168.0.7")]
    [InlineData("127.0.0.1")]
    [InlineData("2600::1")]
    public void AddressOfNoUse_IsNotHeard(string own)
    {
        var before = _own.PriorityOf(Peer);
        Hear("1.1.1.1", own);
        Hear("2.2.2.2", own);
        Assert.Equal(before, _own.PriorityOf(Peer));
    }

    private void Hear(string from, string own) => _own.Hear(IPAddress.Parse(from), IPAddress.Parse(own));
}
