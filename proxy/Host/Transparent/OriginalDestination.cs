using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Proxy.Transparent;

/// <summary>Where a redirected connection was going, as connection tracking remembers it.</summary>
internal static class OriginalDestination
{
    // linux/netfilter_ipv4.h and netfilter_ipv6/ip6_tables.h: the option has one number at two levels.
    private const int SolIp = 0;
    private const int SolIpv6 = 41;
    private const int SoOriginalDst = 80;

    private const int SockaddrInBytes = 16;
    private const int SockaddrIn6Bytes = 28;

    /// <summary>Null where no firewall touched the connection, or this system has no such thing.</summary>
    public static IPEndPoint? Of(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || socket.LocalEndPoint is not IPEndPoint local)
        {
            return null;
        }

        // A socket of both families carries an IPv4 connection as a mapped address, and the kernel answers for IPv4 then.
        var isV4 = local.AddressFamily == AddressFamily.InterNetwork || local.Address.IsIPv4MappedToIPv6;
        Span<byte> address = stackalloc byte[SockaddrIn6Bytes];
        try
        {
            var count = socket.GetRawSocketOption(isV4 ? SolIp : SolIpv6, SoOriginalDst, address);
            var port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
            return (isV4, count) switch
            {
                (true, >= SockaddrInBytes) => new IPEndPoint(new IPAddress(address.Slice(4, 4)), port),
                (false, >= SockaddrIn6Bytes) => new IPEndPoint(new IPAddress(address.Slice(8, 16)), port),
                _ => null,
            };
        }
        catch (SocketException)
        {
            return null; // ENOENT: not tracked; ENOPROTOOPT: no connection tracking here
        }
    }
}
