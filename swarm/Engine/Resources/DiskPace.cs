namespace Swarm.Engine;

/// <summary>
/// Holds one client back to what the disk writes while too much waits for it, down to a rate that nothing that plays needs. The reading
/// thread's alone, but for <see cref="Holds"/>.
/// </summary>
internal sealed class DiskPace(EngineContext context)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Never held back below this, once the client was seen full: whatever plays, plays slower (128 Mbit/s). A client that was never
    /// full is a download, and goes down to the second.
    /// </summary>
    private const long PlayFloorBytesPerSecond = 16 << 20;
    private const long DownloadFloorBytesPerSecond = 2 << 20;

    /// <summary>When the client would have taken what it took if it went at the rate that is never held back.</summary>
    private long _paidUntil;
    private volatile bool _holds;

    /// <summary>True while the client waits because the disk does not follow.</summary>
    public bool Holds => _holds;

    /// <summary>Waits while the content's blocks wait for a disk that moves, and the client has taken more than its due.</summary>
    public async ValueTask WaitAsync(FileContent content, CancellationToken cancel)
    {
        while (_holds = context.Backlog.HoldsBack && _paidUntil > context.Now.Micros && content.WaitsForStore && !content.Falsified)
        {
            await Task.Delay(Step, context.Time, cancel);
        }
    }

    /// <summary>Counts what the client took against the floor; what it did not take before counts for little.</summary>
    public void Take(int bytes, bool isPlayer)
    {
        var floor = isPlayer ? PlayFloorBytesPerSecond : DownloadFloorBytesPerSecond;
        var credit = context.Backlog.FirstBytes * 1_000_000 / floor;
        _paidUntil = Math.Max(_paidUntil, context.Now.Micros - credit) + (bytes * 1_000_000L / floor);
    }
}
