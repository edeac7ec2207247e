using Swarm.Core;

namespace Swarm.Engine;

// What readers see, and what happens to them when a version turns out to be two.
public sealed partial class FileContent
{
    internal ContentCounters Counters { get; }

    /// <summary>Bytes received twice, all responses of this version together.</summary>
    public long DuplicateBytes => Counters.DuplicateBytes;

    /// <summary>Bytes that failed the tree.</summary>
    public long RejectedBytes => Counters.RejectedBytes;

    internal ResourceReader[] Readers => Volatile.Read(ref _readers);

    private ResourceReader[] ReadersAndGuests => HasGuests ? [.. Readers, .. Volatile.Read(ref _guests)] : Readers;

    internal void AddReader(ResourceReader reader)
    {
        lock (_gate)
        {
            _readers = [.. _readers, reader];
        }
    }

    internal void RemoveReader(ResourceReader reader)
    {
        lock (_gate)
        {
            _readers = [.. _readers.Where(r => r != reader)];
        }
    }

    /// <summary>
    /// Copies releasable bytes from <paramref name="offset"/> on, at most to the end of the block.
    /// </summary>
    /// <param name="onlyFrom">Release only what this source delivered; -1 for any.</param>
    /// <param name="treeAllowed">Bytes that only the tree vouches for may leave.</param>
    /// <param name="provenOnly">Only blocks that were compared with the tree.</param>
    /// <param name="source">Who delivered the block; -1 for the store of an earlier run.</param>
    /// <returns>Bytes copied; 0 if the block may not leave yet.</returns>
    internal int Read(long offset, Span<byte> to, int onlyFrom, bool treeAllowed, out int source, out bool verified, bool provenOnly = false)
    {
        var block = (int)(offset / PieceLayout.BlockSize);
        var within = (int)(offset % PieceLayout.BlockSize);
        while (true)
        {
            Store.BlockBuffer? buffer = null;
            int bytes;
            Store.StoredContent? store;
            lock (_gate)
            {
                source = DeliveredBy(block);
                verified = _fromTree[block] || _proven[block];
                if ((provenOnly && !_fromTree[block] && !_proven[block]) || !IsReleasable(block) || (!treeAllowed && !_fromOrigin[block]) || (onlyFrom >= 0 && source != onlyFrom))
                {
                    return 0;
                }

                bytes = BlockBytes(block);
                store = StoreOf(block);
                if (_memory.TryGet(block, out var slot))
                {
                    buffer = slot.Buffer;
                    buffer!.AddReference();
                }
            }

            var n = Math.Min(to.Length, bytes - within);
            if (buffer is not null)
            {
                buffer.Span.Slice(within, n).CopyTo(to);
                buffer.Release();
                return n;
            }

            var read = store?.Read(block, within, to[..n]) ?? -1;
            if (read == n)
            {
                return n;
            }

            // The file vanished, shrank or failed its hash after an unclean start: the block is not here after all.
            lock (_gate)
            {
                if (_memory.Contains(block))
                {
                    continue;
                }

                if (Forget(block))
                {
                    Post(EventKind.Lost, -1, block, 1);
                }
            }

            return 0;
        }
    }

    /// <summary>True while a tree describes this content.</summary>
    internal bool IsBound
    {
        get
        {
            lock (_gate)
            {
                return _tree is not null && !_falsified;
            }
        }
    }

    /// <summary>True if a block of that source's answer was compared with the tree and agreed.</summary>
    internal bool IsProven(int source)
    {
        lock (_gate)
        {
            return _provenSources.Contains(source);
        }
    }

    /// <summary>True if the tree's leaf of the block at this offset is known: an answer that starts here can be compared at once.</summary>
    public bool KnowsLeafAt(long offset)
    {
        lock (_gate)
        {
            return _tree is { } tree && !_falsified && offset < Length && tree.Knows((int)(offset / PieceLayout.BlockSize));
        }
    }

    /// <summary>True if the origin itself delivered the block.</summary>
    internal bool IsFromOrigin(int block)
    {
        lock (_gate)
        {
            return _fromOrigin[block];
        }
    }

    /// <summary>Copies bytes that the origin itself delivered, for a look at them; 0 if they are not here.</summary>
    public int PeekOrigin(long offset, Span<byte> to)
    {
        lock (_gate)
        {
            if (offset >= Length || !_fromOrigin[(int)(offset / PieceLayout.BlockSize)])
            {
                return 0;
            }
        }

        return Read(offset, to, onlyFrom: -1, treeAllowed: false, out _, out _);
    }

    /// <summary>
    /// The origin contradicted the tree, or itself under one strong validator: the tree is detached, everything that is not
    /// one uninterrupted origin answer ends in a reset.
    /// </summary>
    internal void Falsify()
    {
        lock (_gate)
        {
            if (_falsified || _released)
            {
                return;
            }

            _falsified = true;
            // A kill before the last response ends must not leave them for the next run to believe.
            _originStore?.Condemn();
            foreach (var run in _fromTree.Runs().ToArray())
            {
                for (var b = run.First; b < run.End; b++)
                {
                    // What the origin delivered too stays the origin's, as long as its bytes do not lie in the tree's store alone.
                    if (_fromOrigin[b] && (_memory.Contains(b) || _originStore?.Has(b) == true))
                    {
                        _fromTree.Remove(b);
                    }
                    else if (Forget(b))
                    {
                        Post(EventKind.Lost, -1, b, 1);
                    }
                }
            }

            _memory.DropHeld();
            Touch(0, BlockCount);
        }

        // Readers first: the loop they move to would ask the origin again, and a second answer ends what one alone may go on with.
        foreach (var reader in Readers)
        {
            reader.OnFalsified();
        }

        WhenFalsified?.Invoke(this);
    }

    /// <summary>Quarantines the tree and retires the version.</summary>
    internal Action<FileContent>? WhenFalsified { get; set; }

    /// <summary>The answers that other readers brought are told: one that waits for its own client goes on for this reader.</summary>
    internal void OnReaderWaits(ResourceReader reader)
    {
        foreach (var other in Readers)
        {
            if (other != reader)
            {
                other.Origin?.OnOtherWaits();
            }
        }
    }

    private void Wake(int block)
    {
        foreach (var reader in Readers)
        {
            reader.WakeFor(block);
        }

        foreach (var guest in Volatile.Read(ref _guests))
        {
            guest.WakeFor(block);
        }
    }

    internal void WakeAll()
    {
        foreach (var reader in ReadersAndGuests)
        {
            reader.Wake();
        }
    }
}
