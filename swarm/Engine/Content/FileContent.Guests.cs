using System.Diagnostics.CodeAnalysis;
using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

// One file of one torrent may be open as several contents: under two URLs, or by its infohash too. One of them has the file's place in the
// torrent's loop; the others are its guests. They stay contents of their own, as each has its own origin to answer to, but what the place's
// content proved and strangers may have, they may have too.
public sealed partial class FileContent
{
    private ResourceReader[] _guests = [];

    /// <summary>True while readers of other contents live on what comes in here.</summary>
    internal bool HasGuests => Volatile.Read(ref _guests).Length > 0;

    /// <summary>Fetches and keeps blocks for this reader of another content too, and wakes it.</summary>
    internal void AddGuest(ResourceReader reader)
    {
        lock (_gate)
        {
            _guests = [.. _guests, reader];
        }
    }

    internal void RemoveGuest(ResourceReader reader)
    {
        lock (_gate)
        {
            _guests = [.. _guests.Where(g => g != reader)];
        }
    }

    /// <summary>The other takes the place: who was a guest here is one there. Inside the engine's lock.</summary>
    internal void HandGuestsTo(FileContent next)
    {
        foreach (var guest in Volatile.Read(ref _guests))
        {
            guest.BeGuestOf(next);
        }
    }

    /// <summary>
    /// True if cleartext may not speak of what is fetched here: it came by https, or all who read did. Where one of them reads it in clear
    /// the line knows already.
    /// </summary>
    internal bool IsHttpsOnly
    {
        get
        {
            var guests = Volatile.Read(ref _guests);
            return guests.Length == 0 || (Readers.Length > 0 && !HttpSeed.IsHttps(Version.Url))
                ? HttpSeed.IsHttps(Version.Url)
                : Array.TrueForAll(guests, static g => HttpSeed.IsHttps(g.Content.Version.Url));
        }
    }

    /// <summary>True if this is where one of those who read here has it from anyway.</summary>
    internal bool IsOrigin(string url) => Origins.Include(url) || Array.Exists(Volatile.Read(ref _guests), g => g.Content.Origins.Include(url));

    /// <summary>Takes over a block that the other content of the same file has, proved, and may give to strangers.</summary>
    /// <returns>True if it came here by this.</returns>
    internal bool Borrow(int block, FileContent from, SlabPool pool)
    {
        lock (_gate)
        {
            if (IsPresent(block))
            {
                return false; // here, and what keeps it from leaving is no matter of the other's
            }
        }

        if (Tree is not { } own || from.Tree?.Metainfo.InfoHash != own.Metainfo.InfoHash || !from.TryLend(block, pool, out var buffer, out var leaf, out var source))
        {
            return false;
        }

        lock (_gate)
        {
            if (_falsified || _released || IsPresent(block))
            {
                buffer.Release();
                return false;
            }

            own.Learn(block, leaf);
            Post(EventKind.HashesKnown, -1, block, 1);
            _memory.Drop(block); // a copy that waited for this leaf
            _fromTree.Add(block);
            Deliver(block, source);
            buffer.AddReference(); // for Keep
            _memory.Place(block, buffer, BlockBytes(block), source, leaf, admitted: true);
            Post(EventKind.Admitted, -1, block);
        }

        Keep(block, buffer, _treeStore);
        buffer.Release();
        Wake(block);
        return true;
    }

    /// <summary>Takes over what the other has in memory alone, before it leaves its place.</summary>
    internal void BorrowMemory(FileContent from, SlabPool pool)
    {
        int[] blocks;
        lock (from._gate)
        {
            blocks = [.. from._memory.AdmittedBlocks()];
        }

        foreach (var block in blocks)
        {
            Borrow(block, from, pool);
        }
    }

    /// <summary>True if every block that the other has is here too.</summary>
    internal bool Covers(FileContent other)
    {
        BlockRun[] runs;
        lock (other._gate)
        {
            runs = [.. other._fromOrigin.Runs(), .. other._fromTree.Runs()];
        }

        lock (_gate)
        {
            return runs.All(run =>
            {
                var block = run.First;
                while (block < run.End && IsPresent(block))
                {
                    block++;
                }

                return block == run.End;
            });
        }
    }

    private bool TryLend(int block, SlabPool pool, [NotNullWhen(true)] out BlockBuffer? buffer, out Hash256 leaf, out int source)
    {
        buffer = null;
        lock (_gate)
        {
            leaf = default;
            source = DeliveredBy(block);
            if (!MayGiveAny() || !IsHereAndProven(block) || !_tree!.TryLeaf(block, out leaf))
            {
                return false;
            }

            if (_memory.TryGet(block, out var slot))
            {
                buffer = slot.Buffer!;
                buffer.AddReference();
                return true;
            }
        }

        // It lies in the store alone.
        buffer = pool.TryRent();
        if (buffer is not null && TryReadToGive(block, 0, buffer.Span[..BlockBytes(block)]))
        {
            return true;
        }

        buffer?.Release();
        buffer = null;
        return false;
    }
}
