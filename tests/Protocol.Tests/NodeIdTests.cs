namespace Swarm.Protocol.Tests;

/// <summary>Distances in the key space (BEP 5), and ids that addresses vouch for (BEP 42).</summary>
public sealed class NodeIdTests
{
    // The examples of BEP 42.
    [Theory]
    [InlineData("124.31.75.21", "5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401")]
    [InlineData("21.75.31.124", "5a3ce9c14e7a08645677bbd1cfe7d8f956d53256")]
    [InlineData("65.23.51.170", "a5d43220bc8f112a3d426c84764f8c2a1150e616")]
    [InlineData("84.124.73.14", "1b0321dd1bb1fe518101ceef99462b947a01ff41")]
    [InlineData("43.213.53.83", "e56f6cbf5b7c4be0237986d5243b87aa6d51305a")]
    public void Id_OfTheBepsExamples_IsValidForItsAddressAlone(string address, string id)
    {
        Assert.True(Bep42NodeId.IsValid(Id(id), End($"{address}:6881")));
        Assert.False(Bep42NodeId.IsValid(Id(id).Flip(20), End($"{address}:6881")));
        Assert.True(Bep42NodeId.IsValid(Id(id).Flip(21), End($"{address}:6881")));
        Assert.False(Bep42NodeId.IsValid(Id(id), End("8.8.8.8:6881")));
    }

    [Theory]
    [InlineData("8.8.8.8:1")]
    [InlineData("203.0.114.9:6881")]
    [InlineData("[2a02:1234:5678:9abc::1]:6881")]
    [InlineData("[2600::1]:6881")]
    public void Id_MadeForAnAddress_IsValidThere_AndKeepsWhatIsFree(string end)
    {
        for (var i = 0; i < 64; i++)
        {
            var random = new NodeId(0x0123456789abcdef * (ulong)(i + 1), 42, (uint)i * 77);
            var id = Bep42NodeId.For(End(end), random);
            Assert.True(Bep42NodeId.IsValid(id, End(end)), $"{id} at {end}");
            Assert.Equal((random.A & 0x7ff_ffff_ffff, random.B, random.C), (id.A & 0x7ff_ffff_ffff, id.B, id.C));
        }
    }

    [Theory]
    [InlineData("10.1.2.3:1", true)]
    [InlineData("172.31.255.1:1", true)]
    [InlineData("172.32.0.1:1", false)]
    [InlineData("192.168.0.1:1", true)]
    [InlineData("169.254.9.9:1", true)]
    [InlineData("127.0.0.2:1", true)]
    [InlineData("11.0.0.1:1", false)]
    [InlineData("[::1]:1", true)]
    [InlineData("[fd00::1]:1", true)]
    [InlineData("[fe80::1]:1", true)]
    [InlineData("[2600::1]:1", false)]
    public void LocalNetworks_AreExempt(string end, bool expected)
    {
        Assert.Equal(expected, Bep42NodeId.IsLocal(End(end)));
        Assert.Equal(expected, Bep42NodeId.IsValid(default, End(end)));
    }

    [Fact]
    public void Distance_IsTheXor_AndSharedBitsCountItsZeros()
    {
        var a = Id("ff00000000000000000000000000000000000000");
        for (var bit = 0; bit < NodeId.Bits; bit++)
        {
            var b = a.Flip(bit);
            Assert.Equal(bit, a.SharedBits(b));
            Assert.Equal(a.DistanceTo(b), b.DistanceTo(a));
            Assert.True(bit == 0 || a.DistanceTo(b) < a.DistanceTo(a.Flip(bit - 1)));
        }

        Assert.Equal(NodeId.Bits, a.SharedBits(a));
    }

    [Theory]
    [InlineData(0, "ffffffffffffffffffffffffffffffffffffffff")]
    [InlineData(4, "0fffffffffffffffffffffffffffffffffffffff")]
    [InlineData(13, "0007ffffffffffffffffffffffffffffffffffff")]
    [InlineData(160, "0000000000000000000000000000000000000000")]
    public void Tail_IsTheOthers(int bits, string expected) =>
        Assert.Equal(Id(expected), default(NodeId).WithTail(bits, Id("ffffffffffffffffffffffffffffffffffffffff")));

    private static NodeId Id(string hex) => NodeId.Read(Convert.FromHexString(hex));

    private static PeerEndpoint End(string text) => PeerEndpoint.TryParse(text, out var end) ? end : throw new FormatException(text);
}
