namespace Swarm.Proxy.Seeding;

/// <summary>
/// What tells one state of a file from the next without reading it. The status-change time and the inode are there because
/// a file can be overwritten or swapped with its size and modification time restored.
/// </summary>
/// <param name="ModifiedNanos">mtime, since 1970.</param>
/// <param name="ChangedNanos">ctime, since 1970, which no program can set.</param>
internal readonly record struct FileStamp(long Bytes, long ModifiedNanos, long ChangedNanos, ulong Inode)
{
    /// <summary>When the file was touched last, by what the file system says.</summary>
    public DateTimeOffset TouchedAt => DateTimeOffset.UnixEpoch.AddTicks(Math.Max(ModifiedNanos, ChangedNanos) / TimeSpan.NanosecondsPerTick);
}
