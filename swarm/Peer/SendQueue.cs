using System.Net.Sockets;

namespace Swarm.Peer;

/// <summary>
/// Keeps what the kernel holds unsent small (Linux): a block that waits here may still be put behind a more urgent one, a
/// block in the kernel's queue may not.
/// </summary>
internal static class SendQueue
{
    private const int IpProtoTcp = 6;
    private const int TcpNotSentLowAt = 25;

    // 128 KiB: at 100 Mbit/s 10 ms of queue; larger ones bought nothing on loopback (tests/Lab, seed-cpu).
    private const int UnsentBytes = 128 * 1024;

    public static void Bound(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        Span<byte> value = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(value, UnsentBytes);
        try
        {
            socket.SetRawSocketOption(IpProtoTcp, TcpNotSentLowAt, value);
        }
        catch (SocketException)
        {
            // A kernel without it: more is queued where nobody can reorder it.
        }
    }
}
