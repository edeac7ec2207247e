using Swarm.Engine.Metrics;

namespace Swarm.Engine;

/// <summary>What a content received and threw away, in bytes. Written from many threads.</summary>
internal sealed class ContentCounters(SwarmMetrics metrics)
{
    private long _duplicate;
    private long _rejected;
    private long _verified;

    public long DuplicateBytes => Volatile.Read(ref _duplicate);
    public long RejectedBytes => Volatile.Read(ref _rejected);

    /// <summary>Bytes of peers that passed the tree, 16 KiB at a time or by whole pieces.</summary>
    public long VerifiedBytes => Volatile.Read(ref _verified);

    public void Duplicate(int bytes)
    {
        Interlocked.Add(ref _duplicate, bytes);
        metrics.AddDuplicate(bytes);
    }

    public void Rejected(int bytes)
    {
        Interlocked.Add(ref _rejected, bytes);
        metrics.AddRejected(bytes);
    }

    public void Verified(int bytes) => Interlocked.Add(ref _verified, bytes);
}
