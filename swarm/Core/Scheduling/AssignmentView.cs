namespace Swarm.Core;

/// <summary>What a policy may ask about a swarm when it picks a block for a source. Answers depend on the state alone; only the draws advance it.</summary>
public sealed class AssignmentView
{
    /// <summary>Pieces looked at for the rarest: the best of 12 random ones is near enough, at a bounded price.</summary>
    private const int RarestSamples = 12;

    /// <summary>Blocks merged over readers before the search settles for a near answer.</summary>
    private const int MergeSteps = 512;

    private readonly SwarmTables _t;
    private int[] _cursors = new int[8];

    internal AssignmentView(SwarmTables tables) => _t = tables;

    /// <summary>No reader is near its playhead: bandwidth may go to what the swarm lacks.</summary>
    public bool MayTrade
    {
        get
        {
            foreach (ref readonly var reader in _t.Readers.All)
            {
                if (reader.NeedBlock < reader.EndBlock && (reader.Kind != ReaderClass.Play || reader.NeedBlock < reader.UrgentEnd))
                {
                    return false;
                }
            }

            return _t.Readers.Count > 0;
        }
    }

    public bool IsProven(int slot) => _t.Sources[slot]!.Proven;

    /// <summary>
    /// True in half of the cases at most, and never while a buffer is short: with buffers beyond the urgent window some blocks go
    /// to rarest-first, so that a swarm of viewers does not hold the same blocks only (BiToS, 2006).
    /// </summary>
    public bool DrawTrade()
    {
        if (!MayTrade)
        {
            return false;
        }

        var share = 1000;
        foreach (ref readonly var reader in _t.Readers.All)
        {
            if (reader.NeedBlock < reader.EndBlock)
            {
                var span = Math.Max(1, reader.WindowEnd - reader.UrgentEnd);
                share = Math.Min(share, (int)(1000L * Math.Max(0, reader.NeedBlock - reader.UrgentEnd) / span));
            }
        }

        return _t.NextRandom(2000) < share;
    }

    /// <summary>
    /// How many blocks the other proven sources will have completed by the time this one completes its next. With
    /// <paramref name="block"/> ≥ 0 only those that can and may serve it count.
    /// </summary>
    public int Rank(int slot, int block)
    {
        var perMicro = _t.Sources.BlocksPerMicro;
        var free = _t.Sources.FreeAtMicros;
        var rtt = _t.Sources.RttMicros;
        var now = _t.Now;
        var done = Math.Max(now + rtt[slot], free[slot]) + _t.Sources.MicrosPerBlock[slot];
        var rank = 0;
        for (var q = 0; q < perMicro.Length; q++)
        {
            if (perMicro[q] <= 0 || q == slot)
            {
                continue;
            }

            var left = done - Math.Max(now + rtt[q], free[q]);

            // Equal completions go to the lower slot.
            var blocks = (int)Math.Min(1_000_000, (left * perMicro[q]) + (q < slot ? 1e-9 : -1e-9));
            if (blocks > 0 && (block < 0 || (_t.Sources[q]!.CanServe(block) && _t.Trials.Allows(block / _t.Layout.BlocksPerPiece, _t.Sources[q]!.Id))))
            {
                rank += blocks;
            }
        }

        return rank;
    }

    /// <summary>The open block with the earliest deadline that the source can serve, or -1.</summary>
    public int FirstOpen(int slot)
    {
        var best = -1;
        var bestDeadline = long.MaxValue;
        for (var i = 0; i < _t.Readers.Count; i++)
        {
            ref readonly var reader = ref _t.Readers[i];
            var block = Playback.NextServable(_t, slot, reader.WindowStart, reader.WindowEnd);
            if (block >= 0)
            {
                var deadline = Playback.Deadline(_t, reader, block);
                if (deadline < bestDeadline)
                {
                    best = block;
                    bestDeadline = deadline;
                }
            }
        }

        return best;
    }

    /// <summary>The first block the source can serve after <paramref name="rank"/> open ones in order of deadline, or -1.</summary>
    public int OpenAfter(int slot, int rank)
    {
        if (_t.Readers.Count == 1)
        {
            ref readonly var only = ref _t.Readers[0];
            var at = SkipOpen(only.WindowStart, only.WindowEnd, rank);
            return at < 0 ? -1 : Playback.NextServable(_t, slot, at, only.WindowEnd);
        }

        return OpenAfterMerged(slot, rank);
    }

    /// <summary>
    /// For a source that has delivered nothing: one block at the tail of the urgent window, so that it never holds what is due. With
    /// nobody proven and a reader waiting, the head block itself, to two sources at most.
    /// </summary>
    public int ProbeBlock(int slot)
    {
        var source = _t.Sources[slot]!;
        if (source.Queue.Count > 0 || (source.Suspect && _t.Now < source.ProbeAgainMicros))
        {
            return -1;
        }

        if (_t.CapacityBytesPerSecond == 0 && _t.Runs.Count == 0 && !source.Suspect)
        {
            foreach (ref readonly var reader in _t.Readers.All)
            {
                var head = reader.NeedBlock;
                if (reader.IsWaiting && head < reader.EndBlock && _t.Blocks.Holders(head) < 2 && !_t.Blocks.Parked[head] && source.CanServe(head)
                    && _t.Trials.Allows(head / _t.Layout.BlocksPerPiece, source.Id))
                {
                    return head;
                }
            }
        }

        foreach (ref readonly var reader in _t.Readers.All)
        {
            var block = Playback.LastServable(_t, slot, reader.WindowStart, Math.Max(reader.UrgentEnd, reader.WindowStart + 1));
            block = block >= 0 ? block : Playback.NextServable(_t, slot, reader.WindowStart, reader.WindowEnd);
            if (block >= 0)
            {
                return block;
            }
        }

        return -1;
    }

    /// <summary>An open block of the rarest of some random pieces within what readers want, or -1.</summary>
    public int RarestBlock(int slot)
    {
        if (_t.Readers.Count == 0)
        {
            return -1;
        }

        ref readonly var reader = ref _t.Readers[_t.NextRandom(_t.Readers.Count)];
        var perPiece = _t.Layout.BlocksPerPiece;
        var end = Math.Max(reader.EndBlock, reader.WindowEnd);
        var firstPiece = reader.NeedBlock / perPiece;
        var pieces = ((end - 1) / perPiece) - firstPiece + 1;
        if (TradedBlock(slot, reader.NeedBlock, end) is >= 0 and var started)
        {
            return started;
        }

        var best = -1;
        var bestCopies = int.MaxValue;
        for (var i = 0; i < RarestSamples && pieces > 0; i++)
        {
            var piece = firstPiece + _t.NextRandom(pieces);
            var copies = _t.Sources.Copies(piece);
            if (copies < bestCopies)
            {
                var block = Playback.NextServable(_t, slot, Math.Max(reader.NeedBlock, piece * perPiece), Math.Min(end, (piece + 1) * perPiece));
                if (block >= 0)
                {
                    best = block;
                    bestCopies = copies;
                }
            }
        }

        _t.TradedPiece = best >= 0 && _t.Hashes.Whole[best / perPiece] ? best / perPiece : -1;
        return best;
    }

    /// <summary>
    /// The next block of the rare piece under way, or -1. Where pieces verify whole all sources finish one before the next is begun:
    /// parts of many would hold memory and serve nobody.
    /// </summary>
    private int TradedBlock(int slot, int from, int end)
    {
        var perPiece = _t.Layout.BlocksPerPiece;
        var first = _t.TradedPiece * perPiece;
        return _t.TradedPiece < 0 || first >= end ? -1 : Playback.NextServable(_t, slot, Math.Max(from, first), Math.Min(end, first + perPiece));
    }

    private int SkipOpen(int from, int end, int skip)
    {
        while (from < end)
        {
            from = _t.Runs.SkipClaims(from);
            var claim = _t.Runs.NextClaim(from, end);
            var at = _t.Blocks.Open.Nth(from, claim, ref skip);
            if (at >= 0)
            {
                return at;
            }

            from = Math.Max(claim, from + 1);
        }

        return -1;
    }

    private int OpenAfterMerged(int slot, int rank)
    {
        var readers = _t.Readers.Count;
        if (_cursors.Length < readers)
        {
            _cursors = new int[2 * readers];
        }

        for (var i = 0; i < readers; i++)
        {
            _cursors[i] = NextOpen(_t.Readers[i].WindowStart, _t.Readers[i].WindowEnd);
        }

        for (var step = 0; step < MergeSteps; step++)
        {
            var best = -1;
            var bestDeadline = long.MaxValue;
            for (var i = 0; i < readers; i++)
            {
                if (_cursors[i] >= 0 && Playback.Deadline(_t, _t.Readers[i], _cursors[i]) is var d && d < bestDeadline)
                {
                    best = i;
                    bestDeadline = d;
                }
            }

            if (best < 0)
            {
                return -1;
            }

            if (step >= rank && _t.Blocks.Open[_cursors[best]] && Playback.NextServable(_t, slot, _cursors[best], _cursors[best] + 1) >= 0)
            {
                return _cursors[best];
            }

            _cursors[best] = NextOpen(_cursors[best] + 1, _t.Readers[best].WindowEnd);
        }

        return -1;
    }

    private int NextOpen(int from, int end) => SkipOpen(from, end, 0);
}
