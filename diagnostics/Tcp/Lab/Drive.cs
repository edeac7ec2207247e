using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>What scenarios have in common: sending in small records, and a warm-up that opens a large window.</summary>
internal static class Drive
{
    /// <summary>Small enough that an skb holds eight times as much memory as payload.</summary>
    public const int SmallBytes = 100;

    /// <summary>A small record of 100 bytes is charged 832: a window of a ninth of the memory fills it, and one of a seventh surely does.</summary>
    private const int WindowPerMemory = 7;

    private const int SocketLevel = 1;
    private const int ReceiveLowWater = 18;
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;
    private const int TcpCongestion = 13;

    /// <summary>Of tcpi_rcv_wnd, since Linux 6.2.</summary>
    private const int WindowOffset = 232;

    private const int TcpInfoBytes = 240;

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>It takes a second. What is open after this has to do, where a kernel does it otherwise.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Bulk through a reader that keeps up, so that the window opens at a good ratio of payload to memory.</summary>
    public static void WarmUp(LabConnection connection, CancellationToken stop)
    {
        var bytes = new byte[64 * 1024];
        var most = RmemMaxBytes();
        Raise(connection.Reader, most);
        // Reno paces nothing, and every kernel has it for everyone: how much arrives is then a matter of the window alone.
        connection.Writer.SetRawSocketOption(TcpLevel, TcpCongestion, "reno"u8);
        var enough = most / WindowPerMemory;
        var start = Stopwatch.GetTimestamp();
        while (!stop.IsCancellationRequested && Stopwatch.GetElapsedTime(start) is var passed
            && (passed < Shortest || (passed < Longest && WindowOf(connection) < enough)))
        {
            connection.Send(bytes, asRecord: false);
            while (connection.Read(bytes) > 0 && !stop.IsCancellationRequested)
            {
                // A reader that keeps up reads until there is nothing: one turn's delay would else stand in the queue for good, and shut the window.
            }
        }

        while (connection.ReadBytes < connection.SentBytes && !stop.IsCancellationRequested)
        {
            if (connection.Read(bytes) == 0)
            {
                connection.Reader.Poll(Pause, SelectMode.SelectRead);
            }
        }
    }

    /// <summary>
    /// Takes rcvbuf to what autotuning reaches on a long path, and leaves it free to move. Autotuning itself does not get there: a loopback's round trip
    /// is so short that the less a machine is loaded the smaller a window is enough for it.
    /// </summary>
    private static void Raise(Socket reader, long rmemMaxBytes)
    {
        // tcp_set_rcvlowat: who wants so much at once gets rcvbuf for twice that, and keeps it when it wants less again.
        foreach (var wanted in (ReadOnlySpan<int>)[(int)Math.Min(rmemMaxBytes / 2, int.MaxValue), 1])
        {
            reader.SetRawSocketOption(SocketLevel, ReceiveLowWater, BitConverter.GetBytes(wanted));
        }
    }

    /// <summary>Small records, as fast as the kernel takes them, while something else happens in between.</summary>
    public static void SendSmall(LabConnection connection, Action between, CancellationToken stop)
    {
        var bytes = new byte[SmallBytes];
        while (!stop.IsCancellationRequested)
        {
            for (var i = 0; i < 256; i++)
            {
                if (connection.Send(bytes, asRecord: true) == 0)
                {
                    connection.Writer.Poll(Pause, SelectMode.SelectWrite);
                    break;
                }
            }

            between();
        }
    }

    /// <summary>What the reader's kernel has promised to take; without end where it does not tell.</summary>
    private static long WindowOf(LabConnection connection)
    {
        Span<byte> info = stackalloc byte[TcpInfoBytes];
        var length = connection.Reader.GetRawSocketOption(TcpLevel, TcpInfo, info);
        return length >= WindowOffset + sizeof(uint) ? MemoryMarshal.Read<uint>(info[WindowOffset..]) : long.MaxValue;
    }

    /// <summary>tcp_rmem's maximum where the calling thread lives.</summary>
    private static long RmemMaxBytes()
    {
        try
        {
            return File.ReadAllText("/proc/sys/net/ipv4/tcp_rmem").Split('\t', ' ') is [_, _, var max] && long.TryParse(max, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
