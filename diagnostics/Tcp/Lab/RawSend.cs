using System.Net.Sockets;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>send(2) with the flag that the framework does not pass on.</summary>
internal static unsafe class RawSend
{
    private const int EndOfRecord = 0x80;
    private const int DoNotWait = 0x40;
    private const int NoSignal = 0x4000;

    public static int AsRecord(SafeSocketHandle socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return (int)Libc.Send(socket, start, bytes.Length, EndOfRecord | DoNotWait | NoSignal);
        }
    }
}
