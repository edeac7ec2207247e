using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// The nodes this one knows, in buckets by how many leading bits they share with its own id (BEP 5): eight each, and eight more in reserve who take the
/// places of those that fall silent. A network has <see cref="MaxOfNetwork"/> places in all, so that nobody fills a table from one room; and where a bucket is
/// full, who stands where his address puts him (BEP 42) takes the place of who does not.
/// </summary>
internal sealed class DhtTable(NodeId own)
{
    /// <summary>BEP 5: K.</summary>
    public const int BucketSize = 8;

    /// <summary>libtorrent allows one per /24 in each bucket; two in the whole table is less.</summary>
    public const int MaxOfNetwork = 2;

    /// <summary>BEP 5: a bucket that nothing happened in is refreshed.</summary>
    public const long RefreshMicros = 900_000_000;

    private readonly Bucket?[] _buckets = new Bucket?[NodeId.Bits];
    private readonly Dictionary<PeerEndpoint, DhtTableEntry> _byEndPoint = [];
    private readonly Tally<DhtNetwork> _ofNetwork = new();

    private sealed class Bucket
    {
        public readonly List<DhtTableEntry> Live = new(BucketSize);
        public readonly List<DhtTableEntry> Reserve = [];
        public Instant Changed;
    }

    public NodeId Own => own;

    /// <summary>Nodes outside the reserves.</summary>
    public int Count { get; private set; }

    public IEnumerable<DhtTableEntry> Live => _buckets.OfType<Bucket>().SelectMany(b => b.Live);

    public DhtTableEntry? Find(PeerEndpoint endPoint) => _byEndPoint.GetValueOrDefault(endPoint);

    /// <summary>True if this node would be taken once it answered.</summary>
    public bool Wants(NodeContact contact)
    {
        if (contact.Id == own || _byEndPoint.ContainsKey(contact.EndPoint) || _ofNetwork.Of(DhtNetwork.Of(contact.EndPoint)) >= MaxOfNetwork)
        {
            return false;
        }

        return BucketOf(contact.Id) is not { } bucket || bucket.Live.Count < BucketSize || bucket.Live.Exists(e => e.Failures > 0 || !e.IsVerified) || bucket.Reserve.Count < BucketSize;
    }

    /// <summary>The node answered a query of ours.</summary>
    public void Answered(NodeContact contact, Instant now)
    {
        if (contact.Id == own)
        {
            return;
        }

        if (_byEndPoint.TryGetValue(contact.EndPoint, out var known))
        {
            if (known.Contact.Id == contact.Id)
            {
                (known.Heard, known.Failures) = (now, 0);
                BucketOf(contact.Id)!.Changed = now;
                return;
            }

            Remove(known);
        }

        if (_ofNetwork.Of(DhtNetwork.Of(contact.EndPoint)) >= MaxOfNetwork)
        {
            return;
        }

        var bucket = _buckets[own.SharedBits(contact.Id)] ??= new();
        if (bucket.Live.Concat(bucket.Reserve).Any(e => e.Contact.Id == contact.Id && !e.IsBad))
        {
            // The same id elsewhere: who had it first keeps it while he answers.
            return;
        }

        var entry = new DhtTableEntry(contact, now);
        if (bucket.Live.Count == BucketSize && MayReplace(bucket, entry) is { } worse)
        {
            Remove(worse);
        }

        if (bucket.Live.Count < BucketSize)
        {
            bucket.Live.Add(entry);
            Count++;
        }
        else
        {
            if (bucket.Reserve.Count == BucketSize)
            {
                Remove(bucket.Reserve.MinBy(e => e.Heard)!);
            }

            bucket.Reserve.Add(entry);
        }

        bucket.Changed = now;
        Note(entry);
    }

    /// <summary>The node asked us something: it lives. Only for one that has answered before.</summary>
    public void Asked(NodeContact contact, Instant now)
    {
        if (Find(contact.EndPoint) is { Failures: 0 } entry && entry.Contact.Id == contact.Id)
        {
            entry.Heard = now;
        }
    }

    /// <summary>The node did not answer. A bad one stays only where nobody waits for its place: after an outage of our own line the table is still there.</summary>
    public void Failed(PeerEndpoint endPoint)
    {
        if (Find(endPoint) is not { } entry)
        {
            return;
        }

        entry.Failures++;
        var bucket = BucketOf(entry.Contact.Id)!;
        if (!entry.IsBad)
        {
            return;
        }

        if (bucket.Reserve.Contains(entry))
        {
            Remove(entry);
        }
        else if (bucket.Reserve.OrderByDescending(e => e.IsVerified).ThenByDescending(e => e.Heard).FirstOrDefault() is { } next)
        {
            Remove(entry);
            bucket.Reserve.Remove(next);
            bucket.Live.Add(next);
            Count++;
        }
    }

    /// <summary>The nodes nearest to <paramref name="target"/>, nearest first.</summary>
    /// <param name="goodOnly">Only who was heard lately: what is told to others.</param>
    public List<NodeContact> Nearest(NodeId target, int count, Instant now, bool goodOnly) =>
        [.. Live.Where(e => goodOnly ? e.IsGood(now) : !e.IsBad || Count < BucketSize).OrderBy(e => e.Contact.Id.DistanceTo(target)).Take(count).Select(e => e.Contact)];

    /// <summary>The node that most needs to be asked whether it still lives; null if all are fresh.</summary>
    public DhtTableEntry? Stalest(Instant now, Func<PeerEndpoint, bool> isAsked) =>
        Live.Where(e => !e.IsBad && !e.IsGood(now) && !isAsked(e.Contact.EndPoint)).MinBy(e => e.Heard);

    /// <summary>A bucket that nothing happened in for long, from the farthest on; null if there is none.</summary>
    public int? Stale(Instant now)
    {
        var deepest = Array.FindLastIndex(_buckets, b => b is { Live.Count: > 0 });
        for (var i = 0; i <= deepest; i++)
        {
            if (_buckets[i] is { } bucket && now - bucket.Changed > RefreshMicros)
            {
                // Asked once a time, whatever comes of it.
                bucket.Changed = now;
                return i;
            }
        }

        return null;
    }

    /// <summary>The same nodes around another id.</summary>
    public DhtTable Around(NodeId other)
    {
        var moved = new DhtTable(other);
        foreach (var entry in _byEndPoint.Values.Where(e => !e.IsBad).OrderByDescending(e => e.Heard))
        {
            moved.Answered(entry.Contact, entry.Heard);
        }

        return moved;
    }

    private Bucket? BucketOf(NodeId id) => id == own ? null : _buckets[own.SharedBits(id)];

    /// <summary>Who leaves a full bucket for a newcomer: who is bad, else who stands where his address does not put him, if the newcomer stands right.</summary>
    private static DhtTableEntry? MayReplace(Bucket bucket, DhtTableEntry newcomer) =>
        bucket.Live.Find(e => e.IsBad) ?? (newcomer.IsVerified ? bucket.Live.Where(e => !e.IsVerified).MinBy(e => e.Heard) : null);

    private void Note(DhtTableEntry entry)
    {
        _byEndPoint[entry.Contact.EndPoint] = entry;
        _ofNetwork.Add(DhtNetwork.Of(entry.Contact.EndPoint));
    }

    private void Remove(DhtTableEntry entry)
    {
        var bucket = BucketOf(entry.Contact.Id)!;
        if (bucket.Live.Remove(entry))
        {
            Count--;
        }
        else
        {
            bucket.Reserve.Remove(entry);
        }

        _byEndPoint.Remove(entry.Contact.EndPoint);
        _ofNetwork.Remove(DhtNetwork.Of(entry.Contact.EndPoint));
    }
}
