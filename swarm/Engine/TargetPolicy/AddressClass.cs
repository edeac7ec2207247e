using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Engine.Targets;

/// <summary>
/// The reach of an IP address: the public internet, or one of the places a stranger's URL must not lead to.
/// An IPv6 address that carries an IPv4 one (mapped, compatible, NAT64) has the class of what it carries,
/// because that is where the packet arrives.
/// </summary>
public sealed record AddressClass(string Name)
{
    public static AddressClass Public { get; } = new("public");
    public static AddressClass Unspecified { get; } = new("unspecified");
    public static AddressClass Loopback { get; } = new("loopback");
    public static AddressClass Private { get; } = new("private");
    public static AddressClass LinkLocal { get; } = new("link-local");
    public static AddressClass Metadata { get; } = new("cloud metadata");
    public static AddressClass CarrierGradeNat { get; } = new("carrier-grade NAT");
    public static AddressClass Multicast { get; } = new("multicast");
    public static AddressClass Broadcast { get; } = new("broadcast");
    public static AddressClass Reserved { get; } = new("reserved");

    /// <summary>6to4 and Teredo: retired tunnels whose addresses hide an IPv4 destination of the sender's choice.</summary>
    public static AddressClass Tunnelled { get; } = new("IPv6 transition");

    public bool IsPublic => ReferenceEquals(this, Public);

    public static AddressClass Of(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            Span<byte> four = stackalloc byte[4];
            address.TryWriteBytes(four, out _);
            return OfV4(BinaryPrimitives.ReadUInt32BigEndian(four));
        }

        Span<byte> sixteen = stackalloc byte[16];
        return address.TryWriteBytes(sixteen, out var written) && written == 16 ? OfV6(sixteen) : Reserved;
    }

    public override string ToString() => Name;

    private static AddressClass OfV4(uint a) => a switch
    {
        0xFFFFFFFF => Broadcast,
        0xA9FEA9FE => Metadata, // 169.254.169.254, the clouds' instance service
        0x646464C8 => Metadata, // 100.100.100.200, the same at one large cloud, inside the shared space of RFC 6598
        _ when In(a, 0x00000000, 8) => Unspecified, // RFC 6890: "this network"; 0.0.0.0 connects to this host
        _ when In(a, 0x7F000000, 8) => Loopback,
        _ when In(a, 0x0A000000, 8) || In(a, 0xAC100000, 12) || In(a, 0xC0A80000, 16) => Private, // RFC 1918
        _ when In(a, 0xA9FE0000, 16) => LinkLocal, // RFC 3927
        _ when In(a, 0x64400000, 10) => CarrierGradeNat, // RFC 6598
        _ when In(a, 0xE0000000, 4) => Multicast,
        _ when In(a, 0xF0000000, 4) => Reserved, // RFC 1112 §4
        _ when In(a, 0xC0000000, 24) || In(a, 0xC6120000, 15) => Reserved, // RFC 6890 protocol assignments, RFC 2544 benchmarks
        _ when In(a, 0xC0000200, 24) || In(a, 0xC6336400, 24) || In(a, 0xCB007100, 24) => Reserved, // RFC 5737 documentation
        _ => Public,
    };

    private static AddressClass OfV6(ReadOnlySpan<byte> a)
    {
        var high = BinaryPrimitives.ReadUInt64BigEndian(a);
        var low = BinaryPrimitives.ReadUInt64BigEndian(a[8..]);
        var last = (uint)low;
        if (high == 0)
        {
            return low switch
            {
                0 => Unspecified,
                1 => Loopback,
                _ when low >> 32 == 0x0000FFFF || low >> 32 == 0 => OfV4(last), // RFC 4291 §2.5.5: mapped, and the older compatible form
                _ when low >> 48 == 0xFFFF => OfV4(last), // ::ffff:0:a.b.c.d, RFC 2765 translated
                _ => Reserved,
            };
        }

        if (high == 0x0064FF9B_00000000 && low >> 32 == 0)
        {
            return OfV4(last); // RFC 6052 NAT64 well-known prefix: the translator dials the IPv4 address
        }

        return high switch
        {
            0xFD00_0EC2_0000_0000 when low == 0x254 => Metadata, // fd00:ec2::254
            _ when high >> 16 == 0x0064_FF9B_0001 => Private, // RFC 8215: NAT64 of the local network, any IPv4 behind it
            _ when high >> 48 == 0x2002 => Tunnelled, // RFC 3056 6to4
            _ when high >> 32 == 0x2001_0000 => Tunnelled, // RFC 4380 Teredo
            _ when high >> 57 == 0xFC00 >> 9 => Private, // fc00::/7 unique local, RFC 4193
            _ when high >> 54 == 0xFE80 >> 6 => LinkLocal, // fe80::/10
            _ when high >> 54 == 0xFEC0 >> 6 => Private, // fec0::/10 site-local, RFC 3879: deprecated yet still routed inside sites
            _ when high >> 56 == 0xFF => Multicast,
            _ when high == 0x0100_0000_0000_0000 => Reserved, // RFC 6666 discard
            _ when high >> 32 == 0x2001_0DB8 || high >> 44 == 0x3FFF0 => Reserved, // RFC 3849, RFC 9637 documentation
            _ when high >> 61 == 0b001 => Public, // 2000::/3 is all that IANA has assigned
            _ => Reserved,
        };
    }

    private static bool In(uint address, uint prefix, int bits) => (address ^ prefix) >> (32 - bits) == 0;
}
