namespace Swarm.Store;

/// <summary>How a store is opened. The defaults suit a desktop.</summary>
public sealed class StoreOptions
{
    /// <summary>The folder that the store owns alone. Made if it does not exist.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Upper bound of the block bytes kept.</summary>
    public long QuotaBytes { get; init; } = 10L << 30;

    /// <summary>Upper bound of block bytes that wait for the disk; beyond it blocks are refused.</summary>
    public int QueueBytes { get; init; } = 16 << 20;

    /// <summary>A sync is due after this many bytes …</summary>
    public int SyncBytes { get; init; } = 16 << 20;

    /// <summary>… or this long after the first byte that is not synced.</summary>
    public TimeSpan SyncAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After a disk failure one block is let through this much later, to see whether the disk works again.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Closing waits this long for the disk, then gives up waiting; the store then ends with the disk or with the process. Below the 5 s of a SIGTERM.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Contents longer than this are not stored: their tables alone would cost too much memory (8 bytes a MiB), and a
    /// length is what a server claims.
    /// </summary>
    public long MaxContentBytes { get; init; } = 1L << 40;

    /// <summary>Whether suspect blocks are also re-hashed without anybody asking for them.</summary>
    public bool VerifyInBackground { get; init; } = true;

    /// <summary>
    /// What is kept is re-hashed at this pace while nobody else wants the disk, to find what it lost by itself; 0 never. 4 MiB: a hundredth of
    /// what a disk of today reads, and 50 GiB within four hours.
    /// </summary>
    public int RehashBytesPerSecond { get; init; } = 4 << 20;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public IFileSystem FileSystem { get; init; } = DiskFileSystem.Instance;

    /// <summary>
    /// Told once of every change of <see cref="PieceStore.Health"/> and of every notice, including those of the opening.
    /// Called on any thread; must not block.
    /// </summary>
    public Action<StoreHealth>? Notify { get; init; }

    /// <summary>Replaced by tests to play a reboot.</summary>
    internal string? BootId { get; init; } = Store.BootId.Current();

    /// <summary>Wrapped by tests to fail index calls.</summary>
    internal Func<IPieceIndex, IPieceIndex>? WrapIndex { get; init; }
}
