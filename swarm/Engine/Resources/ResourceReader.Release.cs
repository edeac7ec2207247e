using Swarm.Core;

namespace Swarm.Engine;

// What may leave in this response, and the copying of it.
public sealed partial class ResourceReader
{
    private bool IsAvailable()
    {
        Span<byte> one = stackalloc byte[1];
        var rule = Rule(_position);
        return ReadOwn(rule, _position, one) > 0
            || Content.Read(_position, one, rule.OnlyFrom, TreeAllowed, out _, out _, rule.ProvenOnly) > 0
            || (TryBorrow(rule, _position) && Content.Read(_position, one, rule.OnlyFrom, TreeAllowed, out _, out _, rule.ProvenOnly) > 0);
    }

    /// <summary>The read of a client, ahead of what is read for peers.</summary>
    private int TryReadFirst(Span<byte> to)
    {
        _context.Priority.Enter();
        try
        {
            return TryRead(to);
        }
        finally
        {
            _context.Priority.Exit();
        }
    }

    private int TryRead(Span<byte> to)
    {
        var total = 0;
        while (total < to.Length && _position + total < Range.End)
        {
            var at = _position + total;
            var room = to[total..(int)Math.Min(to.Length, Range.End - _position)];
            var rule = Rule(at);
            var n = ReadOwn(rule, at, room);
            if (n > 0)
            {
                _ledger.Add(Origin!.Id, n, verifiedPeer: false);
            }
            else
            {
                n = Content.Read(at, room, rule.OnlyFrom, TreeAllowed, out var source, out var verified, rule.ProvenOnly);
                if (n == 0 && TryBorrow(rule, at))
                {
                    continue;
                }

                if (n == 0)
                {
                    break;
                }

                if (Origin is not { } own || source != own.Id)
                {
                    _mixed = true;
                    Interlocked.MemoryBarrier();
                    if (Volatile.Read(ref _onlyFrom) >= 0)
                    {
                        break; // the contradiction came between the look-up and here: these bytes stay
                    }
                }

                _untold |= _withheld && WaitedForProof && (!verified || !HasPeers);
                _ledger.Add(source, n, verifiedPeer: verified && _context.Sources.KindOf(source) != SourceKind.Origin);
            }

            total += n;
        }

        return total;
    }

    /// <summary>What may be released next.</summary>
    /// <param name="OnlyFrom">Only what this source delivered; -1 for any.</param>
    /// <param name="ProvenOnly">Only blocks that agree with the tree.</param>
    private readonly record struct ReleaseRule(int OnlyFrom, bool ProvenOnly);

    /// <summary>
    /// Never two versions in one response: under one validator, two answers are told apart only by the tree. So a response goes on
    /// from its one answer alone until a block of that answer has agreed with the tree; from then on, only what agrees with the
    /// tree may join. A response that has other bytes already, or whose head the confirmed tree knows, starts that way. Where nobody tells
    /// the leaves for a second, the origin's word has to do (README, known limits), and the rest of the response does not wait for it again.
    /// </summary>
    private ReleaseRule Rule(long at)
    {
        if (Volatile.Read(ref _onlyFrom) is >= 0 and var single)
        {
            return new(single, false);
        }

        if (Content.Falsified)
        {
            return new(int.MaxValue, true); // nothing, until it is decided whether this response goes on alone or ends
        }

        if (!TreeAllowed || !Content.IsBound || WaitedForProof)
        {
            return new(-1, false);
        }

        if (_untold)
        {
            return new(-1, Content.KnowsLeafAt(at));
        }

        var hasPeers = HasPeers;
        if (!_treeFirst && !(_mixed && hasPeers) && Origin is { Answers: > 0 } origin && origin.HasHandBy(at) && !Content.IsProven(origin.Id))
        {
            _treeFirst = _ledger.TotalBytes == 0 && hasPeers && Content.TreeConfirmed && Content.KnowsLeafAt(at);
            if (!_treeFirst)
            {
                return new(origin.Id, false);
            }
        }

        var joined = _mixed || _treeFirst || Origin is { Answers: > 1 };
        return new(-1, joined && hasPeers);
    }

    private bool HasPeers => Content.Attachment is { HasPeers: true };

    private bool WaitedForProof => _waiting && _context.Now.Micros - _waitingSince > ProofMicros;

    /// <summary>The block is here by another content of the same file: see <see cref="FileContent.Borrow"/>.</summary>
    private bool TryBorrow(in ReleaseRule rule, long at) =>
        rule.OnlyFrom < 0 && TreeAllowed && Content.Attachment?.Holder is { } holder && Content.Borrow((int)(at / PieceLayout.BlockSize), holder, _context.Pool);

    /// <summary>Bytes of the block that its own answer is bringing now; what must be proven is never read in part.</summary>
    private int ReadOwn(in ReleaseRule rule, long at, Span<byte> to) => rule.ProvenOnly ? 0 : Origin?.TryRead(at, to) ?? 0;
}
