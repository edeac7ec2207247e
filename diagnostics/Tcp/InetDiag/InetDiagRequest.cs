using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The question to NETLINK_SOCK_DIAG: all TCP sockets of a family, with their memory and tcp_info.</summary>
/// <remarks>
/// nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid } then inet_diag_req_v2 { u8 family; u8 protocol; u8 ext; u8 pad; u32 states;
/// inet_diag_sockid { be16 sport, dport; be32 src[4], dst[4]; u32 if; u32 cookie[2] } }. linux/inet_diag.h.
/// </remarks>
internal static class InetDiagRequest
{
    public const int Length = 72;

    private const ushort SockDiagByFamily = 20;
    private const ushort Request = 0x001;
    private const ushort RequestAndDump = 0x301;
    private const byte InterNetwork = 2;
    private const byte InterNetworkV6 = 10;
    private const byte Tcp = 6;

    // The bit of an attribute is one below its number.
    private const byte MemoryAndInfo = (1 << (InetDiagReader.SkMemInfo - 1)) | (1 << (InetDiagReader.Info - 1));

    // A listener's receive queue is its backlog, and the two others are no full sockets.
    private const uint States = 0xFFF & ~((1u << (int)TcpState.Listen) | (1u << (int)TcpState.TimeWait) | (1u << (int)TcpState.NewSynReceived));

    public static void Write(Span<byte> into, byte family, uint sequence)
    {
        into[..Length].Clear();
        MemoryMarshal.Write(into, (uint)Length);
        MemoryMarshal.Write(into[4..], SockDiagByFamily);
        MemoryMarshal.Write(into[6..], RequestAndDump);
        MemoryMarshal.Write(into[8..], sequence);
        into[16] = family;
        into[17] = Tcp;
        into[18] = MemoryAndInfo;
        MemoryMarshal.Write(into[20..], States);
    }

    /// <summary>The question for one connection; the cookie says that no later one of the same ends is meant.</summary>
    public static void WriteLook(Span<byte> into, in SocketKey key, uint sequence)
    {
        Write(into, key.Local.IsIPv6 ? InterNetworkV6 : InterNetwork, sequence);
        MemoryMarshal.Write(into[6..], Request);
        BinaryPrimitives.WriteUInt16BigEndian(into[24..], (ushort)key.Local.Port);
        BinaryPrimitives.WriteUInt16BigEndian(into[26..], (ushort)key.Remote.Port);
        WriteAddress(into[28..], key.Local);
        WriteAddress(into[44..], key.Remote);
        MemoryMarshal.Write(into[64..], (uint)key.Cookie);
        MemoryMarshal.Write(into[68..], (uint)(key.Cookie >> 32));
    }

    private static void WriteAddress(Span<byte> into, in SocketEnd end)
    {
        if (end.IsIPv6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(into, end.Address);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(into, (uint)end.Address);
        }
    }
}
