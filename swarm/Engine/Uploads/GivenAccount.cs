namespace Swarm.Engine;

/// <summary>What was given of one torrent, ever. Thread-safe.</summary>
internal sealed class GivenAccount(long bytes)
{
    private long _bytes = bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    public void Add(long more) => Interlocked.Add(ref _bytes, more);
}
