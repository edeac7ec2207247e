using System.Collections.Immutable;

namespace Swarm.Engine;

/// <summary>What one response let out, by source. Owned by the response's thread; snapshots may be taken by others.</summary>
internal sealed class ReleaseLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, long> _bytesBySource = [];
    private long _verifiedPeerBytes;
    private long _total;

    public long TotalBytes => Volatile.Read(ref _total);

    public long VerifiedPeerBytes => Volatile.Read(ref _verifiedPeerBytes);

    public void Add(int source, int bytes, bool verifiedPeer)
    {
        lock (_gate)
        {
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_bytesBySource, source, out _) += bytes;
        }

        Interlocked.Add(ref _total, bytes);
        if (verifiedPeer)
        {
            Interlocked.Add(ref _verifiedPeerBytes, bytes);
        }
    }

    public ImmutableArray<(int Source, long Bytes)> Snapshot()
    {
        lock (_gate)
        {
            return [.. _bytesBySource.OrderByDescending(p => p.Value).Select(p => (p.Key, p.Value))];
        }
    }
}
