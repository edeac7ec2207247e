using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Swarm.Diagnostics.Analysis;

/// <summary>One end of a connection: address and port, as a value that costs no allocation.</summary>
/// <param name="Address">The address, big-endian; an IPv4 address in the low 32 bits.</param>
public readonly record struct SocketEnd(UInt128 Address, bool IsIPv6, int Port)
{
    public static SocketEnd Of(IPAddress address, int port)
    {
        Span<byte> bytes = stackalloc byte[16];
        var known = address.TryWriteBytes(bytes, out var length);
        return known && length == 4
            ? new SocketEnd(BinaryPrimitives.ReadUInt32BigEndian(bytes), false, port)
            : new SocketEnd(BinaryPrimitives.ReadUInt128BigEndian(bytes), true, port);
    }

    /// <summary>The same end without IPv6 clothes: one connection may be seen in both.</summary>
    public SocketEnd Unmapped() => IsIPv6 && Address >> 32 == 0xFFFF ? new SocketEnd((uint)Address, false, Port) : this;

    /// <summary>The address alone; one that is IPv4 in IPv6 clothes is shown as IPv4.</summary>
    public string AddressText()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!IsIPv6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Address);
            return new IPAddress(bytes[..4]).ToString();
        }

        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        var address = new IPAddress(bytes);
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }

    public override string ToString()
    {
        var address = AddressText();
        return address.Contains(':', StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $"[{address}]:{Port}")
            : string.Create(CultureInfo.InvariantCulture, $"{address}:{Port}");
    }
}
