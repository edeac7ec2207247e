namespace Swarm.Store;

/// <summary>How the re-hashing of what is stored stands, since the store was opened. Any thread.</summary>
public sealed class RehashStatus
{
    private long _checkedBytes;
    private int _damagedBlocks;
    private volatile bool _paused;

    /// <summary>Bytes read and hashed.</summary>
    public long CheckedBytes => Volatile.Read(ref _checkedBytes);

    /// <summary>Blocks whose bytes were not those that were written; they were dropped.</summary>
    public int DamagedBlocks => Volatile.Read(ref _damagedBlocks);

    /// <summary>Set while it is not to go on.</summary>
    public bool IsPaused
    {
        get => _paused;
        set => _paused = value;
    }

    internal void Count(int bytes, bool damaged)
    {
        Interlocked.Add(ref _checkedBytes, bytes);
        if (damaged)
        {
            Interlocked.Increment(ref _damagedBlocks);
        }
    }
}
