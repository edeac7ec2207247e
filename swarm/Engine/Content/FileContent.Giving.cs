using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

// What peers may have of this content: only what hashes to a tree that stands, of a version whose share class allows it.
public sealed partial class FileContent
{
    /// <summary>True if every block of the run may be announced and given.</summary>
    /// <param name="toViewer">To one who reads the same and collects leaf hashes: also what our origin sent and no whole piece proves yet.</param>
    internal bool MayGive(BlockRun run, bool toViewer = false)
    {
        lock (_gate)
        {
            if (!MayGiveAny())
            {
                return false;
            }

            // From behind: a run under way lacks its last block, and the answer is no at the first look.
            for (var block = run.End - 1; block >= run.First; block--)
            {
                if (!IsHereAndProven(block) && !(toViewer && IsHereToOffer(block)))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Copies bytes of one block that may be given.</summary>
    /// <param name="within">Offset in the block.</param>
    /// <returns>False if it may not, or is gone.</returns>
    internal bool TryReadToGive(int block, int within, Span<byte> to, bool toViewer = false)
    {
        BlockBuffer? buffer = null;
        StoredContent? store;
        lock (_gate)
        {
            if (!MayGiveAny() || !(IsHereAndProven(block) || (toViewer && IsHereToOffer(block))) || within + to.Length > BlockBytes(block))
            {
                return false;
            }

            store = StoreOf(block);
            if (_memory.TryGet(block, out var slot))
            {
                buffer = slot.Buffer;
                buffer!.AddReference();
            }
        }

        if (buffer is not null)
        {
            buffer.Span.Slice(within, to.Length).CopyTo(to);
            buffer.Release();
            return true;
        }

        if (store?.Read(block, within, to) == to.Length)
        {
            return true;
        }

        OnStoreLost(block);
        return false;
    }

    /// <summary>A peer waits for this block: it is not evicted before others.</summary>
    internal void NoteAsked(int block)
    {
        StoredContent? store;
        lock (_gate)
        {
            store = StoreOf(block);
        }

        store?.NoteUse(block);
    }

    /// <summary>Leaf hashes of blocks, known from the tree and fit to be told to peers.</summary>
    internal bool TryLeavesToGive(int first, Span<Hash256> to)
    {
        lock (_gate)
        {
            if (!MayGiveAny())
            {
                return false;
            }

            for (var i = 0; i < to.Length; i++)
            {
                if (!_tree!.TryLeaf(first + i, out to[i]))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>The store no longer has a block. If memory has no copy, it is gone: it is wanted again, and no longer announced.</summary>
    internal void OnStoreLost(int block)
    {
        lock (_gate)
        {
            if (!_released && !_memory.Contains(block) && StoreOf(block)?.Has(block) != true && Forget(block))
            {
                PostLost(block);
            }
        }
    }

    /// <summary>The origin no longer answers everybody with this version: strangers get nothing more of it from us.</summary>
    internal void StopSharing()
    {
        lock (_gate)
        {
            if (Version.Shareable)
            {
                Version = Version with { Shareable = false };
                Touch(0, BlockCount);
            }
        }
    }

    /// <summary>
    /// Proves pieces that the origin delivered whole in an earlier run, by their leaves in the store: until then they may not be
    /// given. Hashes only, no reading; seconds for a hundred GiB.
    /// </summary>
    internal void ProveWholePieces()
    {
        if (Tree is not { } tree)
        {
            return;
        }

        var perPiece = tree.Metainfo.Layout.BlocksPerPiece;
        for (var first = 0; first < BlockCount; first += perPiece)
        {
            bool unproven;
            lock (_gate)
            {
                unproven = _fromOrigin[first] && !_proven[first];
            }

            if (unproven)
            {
                SettlePiece(first);
            }
        }
    }

    // --- Inside the lock

    private bool MayGiveAny() => !_released && _tree is { } tree
        && ReleaseGate.MayGive(verified: true, Version.Shareable, tree.Authority, tree.Confirmed, _falsified);

    private bool IsHereAndProven(int block) => (_fromTree[block] || _proven[block]) && IsHere(block);

    /// <summary>Without leaves of the torrent's own (v1) nobody could tell one block of a piece that fails from another, so there nothing is offered.</summary>
    private bool IsHereToOffer(int block) => _tree is { IsWhole: false } tree
        && ReleaseGate.MayOffer(_fromOrigin[block], Version.Shareable, tree.Authority, tree.Confirmed, _falsified) && IsHere(block);

    private bool IsHere(int block) => _memory.TryGet(block, out var slot) ? slot.Admitted : StoreOf(block)?.Has(block) == true;

    private void TouchAll()
    {
        lock (_gate)
        {
            Touch(0, BlockCount);
        }
    }

    /// <summary>What may be given of these blocks may have changed.</summary>
    private void Touch(int block, int count)
    {
        if (_attachment is { } at)
        {
            at.Loop.Watcher?.Changed(at.FirstBlock + block, count);
        }
    }
}
