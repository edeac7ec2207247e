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
    private const ushort RequestAndDump = 0x301;
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
}
