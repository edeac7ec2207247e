using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

// The tree: binding it, learning its leaves, settling what waited for them.
public sealed partial class FileContent
{
    /// <summary>
    /// Binds a tree. Blocks that peers proved against it in earlier runs become present; blocks of the origin that contradict it falsify it.
    /// </summary>
    /// <param name="treeStore">Where the tree's blocks lie between runs; taken over, also if there is a tree already.</param>
    internal void BindTree(TreeBinding tree, StoredContent? treeStore)
    {
        List<int> whole = [];
        lock (_gate)
        {
            if (_tree is null && !_falsified && !_released)
            {
                _tree = tree;
                _treeStore = treeStore;
                treeStore = null;
                Version = Version with { Infohash = tree.Metainfo.InfoHash.Id, Authority = tree.Authority };
                LearnFromStore(tree);
                whole = WholePiecesOfOrigin(tree.Metainfo.Layout.BlocksPerPiece);
            }
        }

        treeStore?.Dispose();
        CompareOriginBlocks(0, BlockCount);
        foreach (var block in whole)
        {
            // A whole piece of the origin's own confirms the tree and the answer that had a hand in it, or falsifies it, before any peer is asked.
            SettlePiece(block);
        }

        WakeAll();
    }

    /// <summary>The leaf hash that the tree gives for the block, if it was learned yet.</summary>
    internal bool TryTreeLeaf(int block, out Hash256 leaf)
    {
        lock (_gate)
        {
            if (_tree is { } tree)
            {
                return tree.TryLeaf(block, out leaf);
            }
        }

        leaf = default;
        return false;
    }

    /// <summary>An answer to a request without credentials named this version: its bytes are no secret after all.</summary>
    internal void RaiseShareable()
    {
        lock (_gate)
        {
            if (Version.Shareable)
            {
                return;
            }

            Version = Version with { Shareable = true };
            Touch(0, BlockCount);
        }
    }

    /// <summary>Raises the authority of a tree that was published with less: a later answer over TLS, or the user.</summary>
    internal void RaiseAuthority(Authority authority)
    {
        lock (_gate)
        {
            if (_tree is { } tree && authority > tree.Authority)
            {
                tree.Authority = authority;
                Version = Version with { Authority = authority };
                Touch(0, BlockCount);
            }
        }

        WakeAll();
    }

    /// <summary>Records verified leaves and settles every block that waited for them.</summary>
    /// <param name="first">First block of the file.</param>
    internal void LearnLeaves(int first, ReadOnlySpan<Hash256> leaves, int giver)
    {
        var end = Math.Min(BlockCount, first + leaves.Length);
        lock (_gate)
        {
            if (_tree is not { } tree || _falsified || first >= end)
            {
                return;
            }

            for (var b = first; b < end; b++)
            {
                tree.Learn(b, leaves[b - first]);
            }

            Post(EventKind.HashesKnown, giver, first, end - first);
        }

        SettleHeld(first, end);
        CompareOriginBlocks(first, end);
        WakeAll(); // what is here may have waited for its proof alone
    }

    /// <summary>Gives every held block of the run its verdict.</summary>
    private void SettleHeld(int first, int end)
    {
        for (var block = first; block < end; block++)
        {
            var rejected = 0;
            ContentSlot? slot;
            BlockBuffer? buffer = null;
            int bytes;
            Hash256 leaf;
            lock (_gate)
            {
                if (!_memory.IsHeld(block) || _tree is not { } tree || !tree.TryLeaf(block, out leaf) || !_memory.TryGet(block, out slot))
                {
                    continue;
                }

                bytes = slot.Bytes;
                if (slot.Leaf == leaf)
                {
                    _memory.Admit(block, slot);
                    _fromTree.Add(block);
                    Deliver(block, slot.Source);
                    buffer = slot.Buffer;
                    buffer!.AddReference();
                    Post(EventKind.Admitted, slot.Source, block);
                }
                else
                {
                    var liar = slot.Source;
                    _memory.Drop(block);
                    rejected = bytes + Blame(liar, block);
                }
            }

            if (buffer is null)
            {
                Counters.Rejected(rejected);
                continue;
            }

            Counters.Verified(bytes);
            Keep(block, buffer, _treeStore);
            buffer.Release();
            Wake(block);
        }
    }

    /// <summary>Compares blocks that the origin delivered before their leaves were known. Confirms the tree, or falsifies it.</summary>
    private void CompareOriginBlocks(int first, int end)
    {
        var confirmedNow = false;
        var contradiction = false;
        lock (_gate)
        {
            if (_tree is not { } tree)
            {
                return;
            }

            for (var block = first; block < end && !contradiction; block++)
            {
                if (_fromOrigin[block] && tree.TryLeaf(block, out var expected) && KnownOriginLeaf(block) is { } leaf)
                {
                    contradiction = leaf != expected;
                    confirmedNow |= !contradiction && Prove(tree, block, DeliveredBy(block));
                }
            }
        }

        if (contradiction)
        {
            Falsify();
        }
        else if (confirmedNow)
        {
            OnProven();
        }
    }

    /// <summary>An answer agrees with the tree: what was put off until then may happen.</summary>
    private void OnProven()
    {
        foreach (var reader in Readers)
        {
            reader.Origin?.OnProven();
        }

        WakeAll();
    }

    // --- Inside the lock

    /// <summary>
    /// A block of the origin's own hashes to its leaf: the tree is confirmed, and so is the answer that brought the block.
    /// True if that is news for either.
    /// </summary>
    private bool Prove(TreeBinding tree, int block, int source)
    {
        var news = !tree.Confirmed;
        tree.Confirmed = true;
        if (news)
        {
            Touch(0, BlockCount);
        }

        if (_proven.Add(block))
        {
            Touch(block, 1);
            news |= TakeEchoes(block, areProven: true);
        }

        return (source >= 0 && _provenSources.Add(source)) || news;
    }

    /// <summary>Forgets which answers brought the bytes that are here as this block. True if one of them is proven by that, and was not before.</summary>
    private bool TakeEchoes(int block, bool areProven)
    {
        var news = false;
        foreach (var (answer, at) in _echoes)
        {
            if (at == block)
            {
                _echoes.Remove(answer);
                news |= areProven && _provenSources.Add(answer);
            }
        }

        return news;
    }

    private void LearnFromStore(TreeBinding tree)
    {
        foreach (var run in _treeStore?.PresentRuns() ?? [])
        {
            for (var b = run.First; b < run.End; b++)
            {
                if (_treeStore!.TryGetLeaf(b, out var leaf))
                {
                    tree.Learn(b, leaf);
                    _fromTree.Add(b);
                }
            }
        }
    }

    /// <summary>The first blocks of pieces that are wholly the origin's: the first such piece, and for each answer the first that it brought a block of.</summary>
    private List<int> WholePiecesOfOrigin(int blocksPerPiece)
    {
        List<int> found = [];
        HashSet<int> sources = [];
        foreach (var run in _fromOrigin.Runs())
        {
            for (var first = (run.First + blocksPerPiece - 1) / blocksPerPiece * blocksPerPiece; first < run.End; first += blocksPerPiece)
            {
                var end = Math.Min(first + blocksPerPiece, BlockCount);
                if (end > run.End)
                {
                    break;
                }

                var news = found.Count == 0;
                for (var block = first; block < end; block++)
                {
                    news |= DeliveredBy(block) is >= 0 and var source && sources.Add(source);
                }

                if (news)
                {
                    found.Add(first);
                }
            }
        }

        return found;
    }

    private Hash256? KnownOriginLeaf(int block) =>
        _memory.TryGet(block, out var slot) && slot.Admitted ? slot.Leaf
        : _originStore is { } store && store.TryGetLeaf(block, out var leaf) ? leaf
        : null;
}
