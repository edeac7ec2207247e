using System.Diagnostics;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>A reader that keeps up, then reads half a megabyte a second, while the sender goes over to small records.</summary>
internal sealed class SlowReader : ILabScenario
{
    private const long BytesPerSecond = 500_000;

    public string Name => "slow-reader";

    public string Description => "bulk until the window is open, then 100-byte records and 0.5 MB/s of reading";

    public IReadOnlyList<long> RmemMaxima => [4 << 20, 32 << 20];

    public LabConnection Connect() => new();

    public void WarmUp(LabConnection connection, CancellationToken stop) => Lab.Drive.WarmUp(connection, stop);

    public void Drive(LabConnection connection, CancellationToken stop)
    {
        var buffer = new byte[64 * 1024];
        var start = Stopwatch.GetTimestamp();
        var read = 0L;
        var sent = connection.SentBytes;
        Lab.Drive.SendSmall(connection, () =>
        {
            var due = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * BytesPerSecond) - read;
            // While anything comes, half of it at most: where both hardly get to run, it would else catch up with the sender.
            var most = connection.SentBytes > sent ? (connection.SentBytes - sent) / 2 : buffer.Length;
            sent = connection.SentBytes;
            if (due > 0)
            {
                read += connection.Read(buffer.AsSpan(0, (int)Math.Min(due, Math.Min(most, buffer.Length))));
            }
        }, stop);
    }
}
