using System.Diagnostics;
using System.Net.Sockets;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>Four bytes at a time to a reader that never reads: each segment charges a whole buffer, and the window clamp raises rcvbuf.</summary>
internal sealed class IdleReader : ILabScenario
{
    private static readonly TimeSpan Gap = TimeSpan.FromMicroseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    public string Name => "idle-reader";

    public string Description => "4-byte sends every 100 µs, nobody reads";

    public IReadOnlyList<long> RmemMaxima => [6_291_456];

    public LabConnection Connect() => new();

    public void Drive(LabConnection connection, CancellationToken stop)
    {
        var four = "four"u8.ToArray();
        var next = Stopwatch.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            if (connection.Send(four, asRecord: true) == 0)
            {
                connection.Writer.Poll(Pause, SelectMode.SelectWrite);
            }

            // A core that spins keeps the gaps; a sleep of 100 µs is one of a millisecond on a busy machine.
            next += (long)(Gap.TotalSeconds * Stopwatch.Frequency);
            var now = Stopwatch.GetTimestamp();
            next = now > next + Stopwatch.Frequency ? now : next;
            while (Stopwatch.GetTimestamp() < next)
            {
                Thread.SpinWait(20);
            }
        }
    }
}
