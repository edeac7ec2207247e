using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Swarm.Peer;

/// <summary>
/// The requests a peer still owes an answer. A cancelled request stays until it is answered: with the fast extension it
/// will be, without it its block may still come. Not thread-safe; grows to the depth used, then allocates nothing.
/// </summary>
internal sealed class RequestTable
{
    /// <summary>Four times libtorrent's own cap of 500 outstanding requests.</summary>
    public const int MaxRequests = 2000;

    private readonly Dictionary<Key, Entry> _entries = new(64);

    /// <summary>Requests made and neither answered nor cancelled.</summary>
    public int Live { get; private set; }

    /// <summary>Cancelled requests that have had no answer.</summary>
    public int Cancelled { get; private set; }

    /// <summary>False if the block is already asked for, or too much is.</summary>
    public bool TryAdd(int piece, int begin, int length)
    {
        if (Live >= MaxRequests)
        {
            return false;
        }

        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, new(piece, begin), out var known);
        if (known && (entry.IsLive || entry.Length != length))
        {
            return false;
        }

        entry.Length = length;
        entry.IsLive = true;
        Live++;
        return true;
    }

    /// <summary>False if there is no such live request.</summary>
    public bool TryCancel(int piece, int begin, int length)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, new(piece, begin));
        if (Unsafe.IsNullRef(ref entry) || !entry.IsLive || entry.Length != length)
        {
            return false;
        }

        MakeCancelled(ref entry);
        return true;
    }

    /// <summary>True if the block was asked for in this length, cancelled or not.</summary>
    public bool Expects(int piece, int begin, int length) =>
        _entries.TryGetValue(new(piece, begin), out var entry) && entry.Length == length;

    /// <summary>Settles a request by its block. False if nobody asked for it.</summary>
    public bool TrySettleByBlock(int piece, int begin, int length)
    {
        var key = new Key(piece, begin);
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
        if (Unsafe.IsNullRef(ref entry) || entry.Length != length)
        {
            return false;
        }

        if (entry.IsLive)
        {
            entry.IsLive = false;
            Live--;
        }
        else
        {
            entry.Cancelled--;
            Cancelled--;
        }

        RemoveIfDone(key, entry);
        return true;
    }

    /// <summary>Settles a request by a reject, a cancelled one first since it was made first. False if nobody asked for it.</summary>
    public bool TrySettleByReject(int piece, int begin, int length, out bool wasCancelled)
    {
        wasCancelled = false;
        var key = new Key(piece, begin);
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
        if (Unsafe.IsNullRef(ref entry) || entry.Length != length)
        {
            return false;
        }

        wasCancelled = entry.Cancelled > 0;
        if (wasCancelled)
        {
            entry.Cancelled--;
            Cancelled--;
        }
        else
        {
            entry.IsLive = false;
            Live--;
        }

        RemoveIfDone(key, entry);
        return true;
    }

    /// <summary>A choke without the fast extension: nothing will be answered, though a block may be under way.</summary>
    public void CancelAll()
    {
        if (Live == 0)
        {
            return;
        }

        foreach (var key in _entries.Keys)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            if (entry.IsLive)
            {
                MakeCancelled(ref entry);
            }
        }
    }

    /// <summary>Forgets cancelled requests once there are more than <paramref name="max"/>.</summary>
    public void ForgetCancelledAbove(int max)
    {
        if (Cancelled <= max)
        {
            return;
        }

        foreach (var key in _entries.Keys)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            entry.Cancelled = 0;
            if (!entry.IsLive)
            {
                _entries.Remove(key);
            }
        }

        Cancelled = 0;
    }

    private void MakeCancelled(ref Entry entry)
    {
        entry.IsLive = false;
        entry.Cancelled++;
        Live--;
        Cancelled++;
    }

    private void RemoveIfDone(Key key, in Entry entry)
    {
        if (!entry.IsLive && entry.Cancelled == 0)
        {
            _entries.Remove(key);
        }
    }

    private readonly record struct Key(int Piece, int Begin);

    private struct Entry
    {
        public int Length;
        public int Cancelled;
        public bool IsLive;
    }
}
