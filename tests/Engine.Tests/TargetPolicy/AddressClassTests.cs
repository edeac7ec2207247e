using System.Net;
using Swarm.Engine.Targets;

namespace Swarm.Engine.Tests.Targets;

/// <summary>Every class of address a stranger's URL must not lead to, with the tricks that hide one in another.</summary>
public sealed class AddressClassTests
{
    [Theory]
    [InlineData("93.184.215.14", "public")]
    [InlineData("1.1.1.1", "public")]
    [InlineData("223.255.255.254", "public")]
    [InlineData("2606:4700:4700::1111", "public")]
    [InlineData("0.0.0.0", "unspecified")]
    [InlineData("0.1.2.3", "unspecified")]
    [InlineData("127.0.0.1", "loopback")]
    [InlineData("127.255.255.254", "loopback")]
    [InlineData("10.0.0.0", "private")]
    [InlineData("10.255.255.255", "private")]
    [InlineData("172.15.255.255", "public")]
    [InlineData("172.16.0.0", "private")]
    [InlineData("172.31.255.255", "private")]
    [InlineData("172.32.0.0", "public")]
    [InlineData("192.168.1.1", "private")]
    [InlineData("169.254.0.1", "link-local")]
    [InlineData("169.254.169.254", "cloud metadata")]
    [InlineData("100.63.255.255", "public")]
    [InlineData("100.64.0.0", "carrier-grade NAT")]
    [InlineData("100.127.255.255", "carrier-grade NAT")]
    [InlineData("100.128.0.0", "public")]
    [InlineData("100.100.100.200", "cloud metadata")]
    [InlineData("224.0.0.1", "multicast")]
    [InlineData("239.255.255.255", "multicast")]
    [InlineData("240.0.0.1", "reserved")]
    [InlineData("255.255.255.255", "broadcast")]
    [InlineData("192.0.0.170", "reserved")]
    [InlineData("198.18.0.1", "reserved")]
    [InlineData("198.51.100.7", "reserved")]
    [InlineData("::", "unspecified")]
    [InlineData("::1", "loopback")]
    [InlineData("fe80::1", "link-local")]
    [InlineData("fe80::1%3", "link-local")]
    [InlineData("febf::1", "link-local")]
    [InlineData("fec0::1", "private")]
    [InlineData("fc00::1", "private")]
    [InlineData("fdff::1", "private")]
    [InlineData("fd00:ec2::254", "cloud metadata")]
    [InlineData("ff02::1", "multicast")]
    [InlineData("100::1", "reserved")]
    [InlineData("2001:db8::1", "reserved")]
    [InlineData("3fff:fff::1", "reserved")]
    [InlineData("4000::1", "reserved")]
    public void Of_Address_IsItsClass(string address, string expected) =>
        Assert.Equal(expected, AddressClass.Of(IPAddress.Parse(address)).Name);

    [Theory]
    [InlineData("::ffff:127.0.0.1", "loopback")]
    [InlineData("::ffff:169.254.169.254", "cloud metadata")]
    [InlineData("::ffff:8.8.8.8", "public")]
    [InlineData("::127.0.0.1", "loopback")]
    [InlineData("::ffff:0:10.0.0.1", "private")]
    [InlineData("64:ff9b::127.0.0.1", "loopback")]
    [InlineData("64:ff9b::192.168.0.1", "private")]
    [InlineData("64:ff9b::8.8.8.8", "public")]
    [InlineData("64:ff9b:1::8.8.8.8", "private")]
    [InlineData("2002:7f00:1::", "IPv6 transition")]
    [InlineData("2002:808:808::1", "IPv6 transition")]
    [InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2", "IPv6 transition")]
    public void Of_IPv4InsideIPv6_IsTheClassOfWhereThePacketArrives(string address, string expected) =>
        Assert.Equal(expected, AddressClass.Of(IPAddress.Parse(address)).Name);

    [Fact]
    public void Of_EveryIPv4MappedOrTranslated_EqualsThePlainAddress()
    {
        for (uint high = 0; high < 1 << 16; high++)
        {
            var four = new IPAddress([(byte)(high >> 8), (byte)high, 1, 1]);
            var expected = AddressClass.Of(four);

            Assert.Same(expected, AddressClass.Of(four.MapToIPv6()));
            var nat64 = IPAddress.Parse("64:ff9b::").GetAddressBytes();
            four.GetAddressBytes().CopyTo(nat64, 12);
            Assert.Same(expected, AddressClass.Of(new IPAddress(nat64)));
        }
    }
}
