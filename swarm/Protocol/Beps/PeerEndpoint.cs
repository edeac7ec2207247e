using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Swarm.Protocol;

/// <summary>Where a peer listens: an IPv6 address, or an IPv4 one mapped into it (RFC 4291 §2.5.5.2), and a port. Comparable, 18 bytes, no heap.</summary>
public readonly record struct PeerEndpoint(UInt128 Address, ushort Port)
{
    private static readonly UInt128 MappedPrefix = new(0, 0xffff_0000_0000);

    public bool IsIPv4 => Address >> 32 == MappedPrefix >> 32;

    /// <summary>True for <c>::</c> and <c>0.0.0.0</c>, where nobody listens.</summary>
    public bool IsUnspecified => Address == 0 || Address == MappedPrefix;

    /// <param name="bytes">4 bytes of an IPv4 or 16 of an IPv6 address, network order.</param>
    public static PeerEndpoint FromBytes(ReadOnlySpan<byte> bytes, ushort port) => bytes.Length == 4
        ? new(MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(bytes), port)
        : new(BinaryPrimitives.ReadUInt128BigEndian(bytes), port);

    public static PeerEndpoint From(IPAddress address, int port)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var count);
        return FromBytes(bytes[..count], (ushort)port);
    }

    public static PeerEndpoint From(IPEndPoint endpoint) => From(endpoint.Address, endpoint.Port);

    /// <summary>Reads <c>1.2.3.4:port</c> or <c>[v6]:port</c>; names are no endpoints.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PeerEndpoint endpoint)
    {
        endpoint = default;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 1 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || !TryParseAddress(text.AsSpan(0, colon), out var address))
        {
            return false;
        }

        endpoint = From(address, port);
        return true;
    }

    public IPAddress ToAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        WriteAddress(bytes);
        return new IPAddress(IsIPv4 ? bytes[12..] : bytes);
    }

    public IPEndPoint ToEndPoint() => new(ToAddress(), Port);

    /// <summary>Writes the 16 address bytes, network order.</summary>
    public void WriteAddress(Span<byte> to) => BinaryPrimitives.WriteUInt128BigEndian(to, Address);

    /// <summary>The peers of one family, as compact lists have them (BEP 7, 23).</summary>
    public static byte[] Compact(IEnumerable<PeerEndpoint> peers, bool ipv6)
    {
        var all = peers.Where(p => p.IsIPv4 != ipv6).ToArray();
        var entryBytes = ipv6 ? Bep07Ipv6Peers.EntryBytes : Bep23CompactPeers.EntryBytes;
        var bytes = new byte[all.Length * entryBytes];
        for (var i = 0; i < all.Length; i++)
        {
            if (ipv6)
            {
                Bep07Ipv6Peers.Write(all[i], bytes.AsSpan(i * entryBytes));
            }
            else
            {
                Bep23CompactPeers.Write(all[i], bytes.AsSpan(i * entryBytes));
            }
        }

        return bytes;
    }

    public override string ToString() => ToEndPoint().ToString();

    /// <summary>
    /// An IPv6 address stands in brackets here, so that its last group is not taken for a port; an IPv4 address has four
    /// plain numbers, for the parser would also take <c>1.2</c> or <c>0x7f000001</c>.
    /// </summary>
    private static bool TryParseAddress(ReadOnlySpan<char> host, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        var bracketed = host.Length > 2 && host[0] == '[' && host[^1] == ']';
        return IPAddress.TryParse(bracketed ? host[1..^1] : host, out address)
            && (bracketed ? host.Contains(':') : host.Equals(address.ToString(), StringComparison.Ordinal) && !host.Contains(':'));
    }
}
