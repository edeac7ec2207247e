using System.Diagnostics;
using System.Net.Sockets;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>What scenarios have in common: sending in small records, and a warm-up that opens a large window.</summary>
internal static class Drive
{
    /// <summary>Small enough that an skb holds eight times as much memory as payload.</summary>
    public const int SmallBytes = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Bulk through a reader that keeps up, so that autotuning opens the window at a good ratio of payload to memory.</summary>
    public static void WarmUp(LabConnection connection, TimeSpan duration, CancellationToken stop)
    {
        var bytes = new byte[64 * 1024];
        var start = Stopwatch.GetTimestamp();
        while (!stop.IsCancellationRequested && Stopwatch.GetElapsedTime(start) < duration)
        {
            connection.Send(bytes, asRecord: false);
            connection.Read(bytes);
        }

        while (connection.ReadBytes < connection.SentBytes && !stop.IsCancellationRequested)
        {
            if (connection.Read(bytes) == 0)
            {
                connection.Reader.Poll(Pause, SelectMode.SelectRead);
            }
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
}
