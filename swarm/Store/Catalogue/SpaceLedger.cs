namespace Swarm.Store;

/// <summary>Counts the block bytes that are kept or about to be, against the quota.</summary>
/// <remarks>Any thread, no lock.</remarks>
internal sealed class SpaceLedger(long quotaBytes)
{
    private long _used;

    public long QuotaBytes => quotaBytes;

    public long UsedBytes => Volatile.Read(ref _used);

    /// <summary>Above 15/16 of the quota the least recently used contents go, so that writers seldom meet the limit itself.</summary>
    public bool IsHigh => UsedBytes > quotaBytes - (quotaBytes / 16);

    /// <summary>Eviction goes on until an eighth is free, so that it does not run for every block.</summary>
    public bool IsRoomy => IsRoomyWithout(0);

    /// <summary>True if no more than that many bytes have to go.</summary>
    public bool IsRoomyWithout(long bytes) => UsedBytes - bytes <= quotaBytes - (quotaBytes / 8);

    public bool TryTake(int bytes)
    {
        var used = Volatile.Read(ref _used);
        while (true)
        {
            if (used + bytes > quotaBytes)
            {
                return false;
            }

            var seen = Interlocked.CompareExchange(ref _used, used + bytes, used);
            if (seen == used)
            {
                return true;
            }

            used = seen;
        }
    }

    /// <summary>Corrects the count by what is there already, quota or not.</summary>
    public void Adjust(long bytes) => Interlocked.Add(ref _used, bytes);
}
