using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Swarm.Peer;

/// <summary>The kernel's smoothed round trip of a TCP connection.</summary>
internal static class TcpRoundTrip
{
    private const int SolTcp = 6;
    private const int TcpInfo = 11;

    // struct tcp_info of linux/tcp.h: eight single bytes, then u32 fields of which tcpi_rtt is the sixteenth.
    private const int RttOffset = 8 + (15 * 4);

    /// <summary>False on other systems, on a closed socket, and before the kernel has measured one.</summary>
    public static bool TryRead(Socket socket, out int micros)
    {
        micros = 0;
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            Span<byte> info = stackalloc byte[RttOffset + 4];
            if (socket.GetRawSocketOption(SolTcp, TcpInfo, info) < info.Length)
            {
                return false;
            }

            micros = MemoryMarshal.Read<int>(info[RttOffset..]);
            return micros > 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
