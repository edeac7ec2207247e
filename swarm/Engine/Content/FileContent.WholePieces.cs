using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

// v1: only the SHA-1 of a whole piece proves anything. A piece that passed gives its leaves to the tree, so that the content's own tree
// grows behind the readers; one that failed is remembered block by block, and one source alone is asked for it next.
public sealed partial class FileContent
{
    private readonly FailedPieces _failedPieces = new();

    /// <summary>If every block of the v1 piece is here or held and some are not proven yet, hashes it and gives its verdict.</summary>
    private void SettleWhole(TreeBinding tree, int block)
    {
        var perPiece = tree.Metainfo.Layout.BlocksPerPiece;
        var first = block / perPiece * perPiece;
        var count = Math.Min(perPiece, BlockCount - first);
        BlockBuffer?[] buffers;
        Hash256[] leaves;
        var isHeld = false;
        var isUnproven = false;
        lock (_gate)
        {
            // From behind: as a rule the last block is the last to come, and the answer is no at the first look.
            for (var i = count - 1; i >= 0; i--)
            {
                if (!IsPresent(first + i) && !_memory.IsHeld(first + i))
                {
                    return;
                }
            }

            buffers = new BlockBuffer?[count];
            leaves = new Hash256[count];
            for (var i = 0; i < count; i++)
            {
                var known = tree.TryLeaf(first + i, out leaves[i]);
                isUnproven |= !known && _fromOrigin[first + i];
                if (_memory.TryGet(first + i, out var slot))
                {
                    isHeld |= !slot.Admitted;
                    leaves[i] = slot.Leaf;
                    buffers[i] = slot.Buffer;
                    slot.Buffer!.AddReference();
                }
                else if (!known && KnownOriginLeaf(first + i) is { } own)
                {
                    leaves[i] = own;
                }
            }
        }

        bool? passed = null;
        if (isHeld || isUnproven)
        {
            passed = HashesTo(tree, first, buffers);
        }

        foreach (var buffer in buffers)
        {
            buffer?.Release();
        }

        switch (passed)
        {
            case true:
                // Before a reader may have the piece: its receipt names who lied about it.
                BlameFor(first, leaves);
                LearnLeaves(first, leaves, giver: -1);
                break;
            case false when isHeld:
                Condemn(first, leaves, isUnproven);
                break;
            case false:
                // Nobody but the origin had a hand in this piece, and the torrent says otherwise.
                Falsify();
                break;
        }
    }

    /// <summary>Hashes the piece: memory first, the store for what is there only, zeros for what the file does not fill. Null if a block is not here after all.</summary>
    private bool? HashesTo(TreeBinding tree, int first, BlockBuffer?[] buffers)
    {
        var piece = tree.FirstPiece + (first / tree.Metainfo.Layout.BlocksPerPiece);
        var left = tree.Metainfo.V1PieceBytes(new(piece));
#pragma warning disable CA5350 // BEP 3 proves pieces by SHA-1; there is nothing stronger in a v1 torrent.
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        Span<byte> scratch = stackalloc byte[PieceLayout.BlockSize];
        for (var i = 0; i < buffers.Length; i++)
        {
            var bytes = BlockBytes(first + i);
            if (buffers[i] is { } buffer)
            {
                sha1.AppendData(buffer.Span[..bytes]);
            }
            else if (TryReadStored(first + i, scratch[..bytes]))
            {
                sha1.AppendData(scratch[..bytes]);
            }
            else
            {
                return null;
            }

            left -= bytes;
        }

        scratch.Clear();
        for (; left > 0; left -= Math.Min(left, scratch.Length))
        {
            sha1.AppendData(scratch[..Math.Min(left, scratch.Length)]);
        }

        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        sha1.GetHashAndReset(digest);
        return digest.SequenceEqual(tree.Metainfo.V1PieceHash(new(piece)));
    }

    /// <summary>Reads a block for hashing, never for release. One that cannot be read is lost.</summary>
    private bool TryReadStored(int block, Span<byte> to)
    {
        StoredContent? store;
        lock (_gate)
        {
            store = IsPresent(block) ? StoreOf(block) : null;
        }

        if (store?.Read(block, 0, to) == to.Length)
        {
            return true;
        }

        lock (_gate)
        {
            if (!_memory.Contains(block) && Forget(block))
            {
                Post(EventKind.Lost, -1, block, 1);
            }
        }

        return false;
    }

    /// <summary>
    /// The piece failed. Its only contributor lied. Among several a witness keeps what it brought and brings the rest; while the
    /// origin's own blocks are no better proven than the torrent, the origin is the witness. A witness serves once: if the piece fails
    /// again and others still have a hand in it, its own blocks may be the wrong ones, and it may be gone.
    /// </summary>
    /// <remarks>
    /// A verdict over what the piece is no longer made of is void: another thread may have dropped a liar's blocks while this one hashed,
    /// and those that are left would be taken for the work of one. Who changed the piece, or completes it again, judges it.
    /// </remarks>
    /// <param name="leaves">What the piece was made of.</param>
    private void Condemn(int first, ReadOnlySpan<Hash256> leaves, bool withOrigin)
    {
        var rejected = 0;
        lock (_gate)
        {
            for (var b = first; b < first + leaves.Length; b++)
            {
                if (!IsPresent(b) && !IsStillHeld(b, leaves[b - first], out _))
                {
                    return;
                }
            }

            var mayBlame = !withOrigin || _tree is { Confirmed: true };
            var (witness, hands, keeps) = mayBlame ? Witness(first, leaves) : (OriginOf(first, leaves.Length), int.MaxValue, true);
            var blamed = false;
            for (var b = first; b < first + leaves.Length; b++)
            {
                if (!IsStillHeld(b, leaves[b - first], out var source))
                {
                    continue;
                }

                _failedPieces.Remember(first, new(b, leaves[b - first], source));
                if (hands > 1 && keeps && source == witness)
                {
                    continue;
                }

                _memory.Drop(b);
                rejected += BlockBytes(b);
                if (hands == 1 && !blamed)
                {
                    blamed = true;
                    rejected += Blame(source, b);
                }
                else
                {
                    Post(EventKind.Corrupt, -1, b, hands > 1 ? witness : 0);
                }
            }
        }

        if (rejected > 0)
        {
            Counters.Rejected(rejected);
        }
    }

    /// <summary>Whoever brought other blocks of this piece before it passed is to blame, each for one of them.</summary>
    private void BlameFor(int first, ReadOnlySpan<Hash256> leaves)
    {
        var rejected = 0;
        lock (_gate)
        {
            if (!_failedPieces.IsEmpty)
            {
                foreach (var liar in _failedPieces.Settle(first, leaves))
                {
                    rejected += Blame(liar.Source, liar.Block);
                }
            }
        }

        if (rejected > 0)
        {
            Counters.Rejected(rejected);
        }
    }

    // --- Inside the lock

    /// <summary>The origin as arbiter: inside a confirmed version its block tells who lied in an attempt before. Never across versions.</summary>
    /// <returns>Bytes that were dropped with the liars.</returns>
    private int ArbitrateByOrigin(int block, in Hash256 leaf)
    {
        var rejected = 0;
        if (_tree is { IsWhole: true, Confirmed: true } tree && !_failedPieces.IsEmpty)
        {
            var perPiece = tree.Metainfo.Layout.BlocksPerPiece;
            foreach (var liar in _failedPieces.Contradicted(block / perPiece * perPiece, block, leaf))
            {
                rejected += Blame(liar.Source, liar.Block);
            }
        }

        return rejected;
    }

    /// <summary>
    /// Of the peers with a hand in the piece the one that brought most of it and was not its witness yet, how many there are, and whether
    /// the witness keeps what it brought. Where all of them were witnesses it is the first of them, and brings everything again.
    /// </summary>
    private (int Witness, int Hands, bool Keeps) Witness(int first, ReadOnlySpan<Hash256> leaves)
    {
        var blocks = new Dictionary<int, int>();
        for (var b = first; b < first + leaves.Length; b++)
        {
            if (IsStillHeld(b, leaves[b - first], out var source))
            {
                blocks[source] = blocks.GetValueOrDefault(source) + 1;
            }
        }

        var byShare = blocks.OrderByDescending(h => h.Value).ThenBy(h => h.Key).Select(h => h.Key).ToList();
        var witness = byShare.Find(source => !_failedPieces.WasWitness(first, source));
        if (witness > 0)
        {
            _failedPieces.SetWitness(first, witness);
            return (witness, blocks.Count, true);
        }

        _failedPieces.ForgetWitnesses(first);
        return (byShare.FirstOrDefault(), blocks.Count, false);
    }

    /// <summary>The origin that brought a block of the piece; 0 if it is unknown.</summary>
    private int OriginOf(int first, int count)
    {
        for (var b = first; b < first + count; b++)
        {
            if (_fromOrigin[b] && DeliveredBy(b) > 0)
            {
                return DeliveredBy(b);
            }
        }

        return 0;
    }
}
