namespace Swarm.Protocol.Tests;

/// <summary>BEP 40: the two vectors of the specification, and what its rules say of the rest.</summary>
public sealed class PeerPriorityTests
{
    [Theory]
    [InlineData("123.213.32.10:0", "98.76.54.32:0", 0xec2d7224)]
    [InlineData("123.213.32.10:0", "123.213.32.234:0", 0x99568189)]
    public void Pair_HasTheNumberOfTheSpecification_InEitherOrder(string one, string other, uint expected)
    {
        Assert.Equal(expected, Of(one, other));
        Assert.Equal(expected, Of(other, one));
    }

    [Theory]
    // Another network: of the host's bits, every other one counts.
    [InlineData("98.76.54.32:1", "98.76.54.160:2", true)]
    [InlineData("98.76.54.32:1", "98.76.54.33:2", false)]
    // The same /16 and the same /24 count more of the address.
    [InlineData("123.213.54.32:1", "123.213.54.160:2", true)]
    [InlineData("123.213.54.32:1", "123.213.182.32:2", false)]
    [InlineData("123.213.32.32:1", "123.213.32.160:2", false)]
    // The same of IPv6, with /48 and /56.
    [InlineData("[2001:db8:1:80::]:1", "[2001:db8:1:0::]:2", true)]
    [InlineData("[2001:db8:1:100::]:1", "[2001:db8:1:0::]:2", false)]
    [InlineData("[2001:db9::8000:0:0]:1", "[2001:db9::]:2", true)]
    public void TwoPeers_HaveTheSameNumber_WhereTheMaskHidesTheirDifference(string one, string other, bool same)
    {
        var own = one[0] == '[' ? "[2001:db8::1]:9" : "123.213.32.10:9";
        Assert.Equal(same, Of(own, one) == Of(own, other));
    }

    [Fact]
    public void OneAddress_IsToldApartByItsPorts()
    {
        Assert.NotEqual(Of("1.2.3.4:1", "1.2.3.4:2"), Of("1.2.3.4:1", "1.2.3.4:3"));
        Assert.Equal(Of("1.2.3.4:1", "1.2.3.4:2"), Of("1.2.3.4:2", "1.2.3.4:1"));
    }

    private static uint Of(string one, string other)
    {
        Assert.True(PeerEndpoint.TryParse(one, out var a));
        Assert.True(PeerEndpoint.TryParse(other, out var b));
        return Bep40PeerPriority.Of(a, b);
    }
}
