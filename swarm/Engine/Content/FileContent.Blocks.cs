using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

// What sources bring.
public sealed partial class FileContent
{
    /// <summary>
    /// A whole block of the origin's own answer. It is releasable by that alone; where the tree knows its leaf it confirms
    /// the tree or falsifies it. Takes a reference of its own to the buffer.
    /// </summary>
    /// <returns>False if the block joins nothing here: it contradicts what is known, and only the client of that very answer may have it.</returns>
    internal bool CompleteOrigin(int block, BlockBuffer buffer, int bytes, int source)
    {
        var leaf = MerkleTree.Leaf(buffer.Span[..bytes]);
        var contradiction = false;
        var admitted = false;
        var confirmedNow = false;
        var unproven = false;
        var rejected = 0;
        lock (_gate)
        {
            if (_falsified || _released)
            {
                return false;
            }

            if (_tree is { } tree && tree.TryLeaf(block, out var expected))
            {
                contradiction = expected != leaf;
                confirmedNow = !contradiction && Prove(tree, block, source);
            }
            else
            {
                contradiction = _fromOrigin[block] && KnownOriginLeaf(block) is { } earlier && earlier != leaf;
                unproven = _tree is not null;
            }

            if (!contradiction)
            {
                // The same bytes as an earlier run stored: this answer brought them too, and is proven with them.
                var again = _fromOrigin[block] && DeliveredBy(block) < 0 && KnownOriginLeaf(block) == leaf;
                admitted = !IsPresent(block);
                if (admitted)
                {
                    _memory.Drop(block); // a peer's copy that waited for its leaf
                    buffer.AddReference();
                    _memory.Place(block, buffer, bytes, source, leaf, admitted: true);
                }

                // What only the tree vouched for is the origin's own word from now on: responses that may not have peers' bytes may have it.
                if (_fromOrigin.Add(block) || again)
                {
                    Deliver(block, source);
                    if (unproven)
                    {
                        Touch(block, 1); // its leaf may prove a piece together with those of others
                    }
                }
                else if (!_proven[block] && _echoes.Count < MaxEchoes && KnownOriginLeaf(block) == leaf)
                {
                    _echoes.TryAdd(source, block);
                }

                rejected = ArbitrateByOrigin(block, leaf);

                Post(EventKind.Admitted, source, block);
            }
        }

        if (contradiction)
        {
            Falsify();
            return false;
        }

        if (rejected > 0)
        {
            Counters.Rejected(rejected);
        }

        if (admitted)
        {
            Keep(block, buffer, _originStore);
        }
        else
        {
            Counters.Duplicate(bytes);
        }

        Wake(block);
        if (confirmedNow)
        {
            OnProven();
        }

        if (unproven)
        {
            SettlePiece(block);
        }

        return true;
    }

    /// <summary>A whole block of a peer. Takes over the buffer. Posts what became of it, <see cref="EventKind.Arrived"/> first.</summary>
    /// <returns>False if the block is known to be wrong, or comes unproven from a source that is known to lie.</returns>
    internal bool CompletePeer(int block, BlockBuffer buffer, int bytes, int source, in Hash256 leaf)
    {
        var corrupt = false;
        var admitted = false;
        var held = false;
        var rejected = 0;
        bool settle;
        lock (_gate)
        {
            Post(EventKind.Arrived, source, block, bytes);
            if (_tree is { } tree && !_falsified && !_released)
            {
                // Wrong bytes name their sender even where they come too late to matter.
                var known = tree.TryLeaf(block, out var expected);
                corrupt = known ? expected != leaf : IsLiar(source);
                var isNews = !IsPresent(block) && !_memory.IsHeld(block);
                admitted = isNews && known && !corrupt;
                held = isNews && !known && !corrupt;
            }

            if (corrupt)
            {
                rejected = bytes + Blame(source, block);
            }
            else if (admitted)
            {
                _fromTree.Add(block);
                Deliver(block, source);
                buffer.AddReference(); // for Keep: once the lock is open a reader may pass the block and let it go
                _memory.Place(block, buffer, bytes, source, leaf, admitted: true);
                Post(EventKind.Admitted, source, block);
            }
            else if (held)
            {
                _memory.Place(block, buffer, bytes, source, leaf, admitted: false);
            }

            settle = held || (admitted && _memory.HoldsAny);
        }

        if (admitted)
        {
            Counters.Verified(bytes);
            Keep(block, buffer, _treeStore);
            Wake(block);
        }
        else if (corrupt)
        {
            Counters.Rejected(rejected);
        }
        else if (!held)
        {
            Counters.Duplicate(bytes);
        }

        if (!held)
        {
            buffer.Release();
        }

        if (settle)
        {
            SettlePiece(block);
        }

        return !corrupt;
    }

    /// <summary>The store proved a block of an earlier, unclean run: it is here after all.</summary>
    internal void OnStoreRecovered(StoredContent store, int block)
    {
        lock (_gate)
        {
            if (_falsified || _released || IsPresent(block))
            {
                return;
            }

            if (ReferenceEquals(store, _originStore))
            {
                _fromOrigin.Add(block);
            }
            else if (ReferenceEquals(store, _treeStore) && _tree is { } tree && store.TryGetLeaf(block, out var leaf))
            {
                tree.Learn(block, leaf);
                _fromTree.Add(block);
                Post(EventKind.HashesKnown, -1, block, 1);
            }
            else
            {
                return;
            }

            // A copy that a peer sent meanwhile waits for nothing any more.
            _memory.Drop(block);
            Post(EventKind.Admitted, -1, block);
        }

        CompareOriginBlocks(block, block + 1);
        Wake(block);
    }

    internal bool Uses(StoredContent store)
    {
        lock (_gate)
        {
            return ReferenceEquals(store, _originStore) || ReferenceEquals(store, _treeStore);
        }
    }
}
