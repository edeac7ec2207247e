using System.Globalization;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>A file far larger than memory, read at four places at once: what the process takes for itself stays bounded.</summary>
public sealed class MemoryScenario : IScenario
{
    private const long FileBytes = 6L << 30;
    private const int Readers = 4;

    // The bound and as much again for the page cache of its files, which the kernel takes back when it has to.
    private const long GroupBytes = 300L << 20;

    public string Name => "memory";

    public string Holds => "a sparse file of 6 GiB with 4 readers: RssAnon ≤ 150 MiB";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        // All of it once in a while; else a part at each place that is larger than every limit of memory.
        var eachBytes = depth == Depth.Repeated ? FileBytes / Readers : 256L << 20;
        var nginx = await Nginx.StartAsync(bench, null, stop);
        await using (var file = new FileStream(Path.Combine(nginx.Root, "plain", "large.mp4"), FileMode.CreateNew))
        {
            file.SetLength(FileBytes);
        }

        await using var node = await SwarmstreamNode.StartAsync(bench, stop, null, "--quota", "1GiB");
        using var group = MemoryCgroup.TryPut(node.Pid, GroupBytes);
        var idle = ProcessMemory.AnonymousOf(node.Pid);
        var peak = 0L;
        using var done = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var watching = WatchAsync(node.Pid, bytes => peak = Math.Max(peak, bytes), done.Token);
        var read = await Task.WhenAll(Enumerable.Range(0, Readers).Select(i => ReadAsync(nginx, node, i * (FileBytes / Readers), eachBytes, stop)));
        await done.CancelAsync();
        await watching;

        report.Note("RssAnon of the idle node", Mebibytes(idle));
        report.Note("control group", group is null ? "none can be made here" : "at most " + Mebibytes(GroupBytes) + ", page cache included");
        report.Equal("bytes read that were not zero", read.Sum(r => r.NotZero), 0);
        report.Equal("bytes read", read.Sum(r => r.Bytes), eachBytes * Readers);
        report.AtMost("RssAnon at its peak", peak / (double)(1 << 20), 150, "MiB");
        report.Exchanged(Tool.Nginx, "sent", nginx.Log().Sum(e => e.BodyBytes));
    }

    private static async Task<(long Bytes, long NotZero)> ReadAsync(Nginx nginx, SwarmstreamNode node, long offset, long count, CancellationToken stop)
    {
        using var exchange = await HttpExchange.GetAsync(
            Nginx.UrlOf(nginx.Port, "/plain/large.mp4"), node.Proxy, string.Create(CultureInfo.InvariantCulture, $"{offset}-{offset + count - 1}"), stop);
        var buffer = new byte[256 << 10];
        var (bytes, notZero) = (0L, 0L);
        while (await exchange.ReadAsync(buffer, stop) is > 0 and var n)
        {
            bytes += n;
            notZero += n - buffer.AsSpan(0, n).Count((byte)0);
        }

        return (bytes, notZero);
    }

    private static async Task WatchAsync(int pid, Action<long> tell, CancellationToken stop)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            do
            {
                tell(ProcessMemory.AnonymousOf(pid));
            }
            while (await tick.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // The readers are done.
        }
    }

    private static string Mebibytes(long bytes) => (bytes / (double)(1 << 20)).ToString("F0", CultureInfo.InvariantCulture) + " MiB";
}
