namespace Swarm.Core;

/// <summary>
/// Reducer for leaf hashes: asks for the run at each reader's head at two peers at once, for later runs ahead of need at one, and
/// decides where a piece has to verify whole. Facts behind it: a checked seed answers before any unchoke; a seed in seed mode
/// refuses until it has served a block of that piece, then answers for exactly that piece (libtorrent 2.0.8).
/// </summary>
internal static class HashReducer
{
    private const long SilenceMicros = 2_000_000;

    /// <summary>Blocks that may wait for hashes beside one piece a source: a window of 1 MiB.</summary>
    private const int WaitingBlocks = 64;

    /// <summary>Blocks at a head that waited this long without an answer: the piece is fetched whole.</summary>
    private const long GiveUpMicros = 4_000_000;

    /// <summary>Runs asked for ahead of a head.</summary>
    private const int RunsAhead = 2;

    /// <summary>Asks for what the readers will need. Cheap when all is known.</summary>
    public static void Ensure(SwarmTables t)
    {
        foreach (ref var reader in t.Readers.All)
        {
            if (!t.Hashes.HasTree(reader.File) || reader.NeedBlock >= reader.WindowEnd)
            {
                continue;
            }

            var block = reader.NeedBlock;
            for (var i = 0; i <= RunsAhead && block < reader.WindowEnd; i++)
            {
                EnsureRun(t, reader.File, block, reader.WindowEnd, atHead: i == 0);
                block = t.Hashes.BlocksOf(reader.File, block).End;
            }
        }
    }

    public static void Known(SwarmTables t, in SwarmEvent e)
    {
        Availability.Clamp(t, e.A, e.B, out var from, out var end);
        t.Blocks.LearnHashes(from, end);
        for (var piece = from / t.Layout.BlocksPerPiece; t.Trials.Count > 0 && piece * t.Layout.BlocksPerPiece < end; piece++)
        {
            t.Trials.End(piece);
        }

        Answered(t, t.Sources.SlotOf(e.Id), from);
    }

    public static void Refused(SwarmTables t, int slot, in SwarmEvent e)
    {
        Availability.Clamp(t, e.A, Math.Max(1, e.B), out var from, out var end);
        var source = t.Sources[slot]!;
        if (e.C != 0)
        {
            source.NeverHashes = true;
            Forget(t, slot);
        }
        else if (from < end)
        {
            source.RefusedPieces.SetRun(from / t.Layout.BlocksPerPiece, ((end - 1) / t.Layout.BlocksPerPiece) + 1);
            Answered(t, slot, from);
        }

        Ensure(t);
    }

    /// <summary>A block came from a peer that had refused its piece's hashes: it has hashed that piece by now.</summary>
    public static void AskAgain(SwarmTables t, int slot, int block)
    {
        var source = t.Sources[slot]!;
        var piece = block / t.Layout.BlocksPerPiece;
        if (source.NeverHashes || t.Blocks.HashKnown[block] || !source.RefusedPieces[piece] || source.AskedAgainPieces[piece])
        {
            return;
        }

        source.AskedAgainPieces.Set(piece);
        source.RefusedPieces.Clear(piece);
        var file = t.Layout.FileOf(block);
        ref var run = ref t.Hashes[t.Hashes.RunOf(file, block)];
        if (run.FirstSlot < 0)
        {
            Ask(t, ref run, slot, t.Hashes.PieceOf(file, block));
        }
        else
        {
            // Beyond the two of the run: its answer counts all the same.
            var exact = t.Hashes.PieceOf(file, block);
            t.Emit(DecisionKind.AskHashes, source.Id, exact.First, exact.Count, t.Now);
        }
    }

    /// <summary>On a tick: who did not answer is passed over; what waits too long verifies whole.</summary>
    public static void Watch(SwarmTables t)
    {
        foreach (ref readonly var reader in t.Readers.All)
        {
            if (!t.Hashes.HasTree(reader.File) || reader.NeedBlock >= reader.WindowEnd)
            {
                continue;
            }

            var block = reader.NeedBlock;
            for (var i = 0; i <= RunsAhead && block < reader.WindowEnd; i++)
            {
                ref var run = ref t.Hashes[t.Hashes.RunOf(reader.File, block)];
                TimeOut(t, ref run.FirstSlot, run.FirstAskedAtMicros, block);
                TimeOut(t, ref run.SecondSlot, run.SecondAskedAtMicros, block);
                block = t.Hashes.BlocksOf(reader.File, block).End;
            }

            WatchHead(t, reader);
        }

        Ensure(t);
    }

    /// <summary>A source is gone or will never answer: nothing is waited for from it.</summary>
    public static void Forget(SwarmTables t, int slot)
    {
        if (t.Hashes.Asked == 0)
        {
            return;
        }

        for (var f = 0; f < t.Layout.Files.Length; f++)
        {
            var file = t.Layout.Files[f];
            for (var b = file.FirstBlock; b < file.FirstBlock + file.BlockCount; b = t.Hashes.BlocksOf(f, b).End)
            {
                ref var run = ref t.Hashes[t.Hashes.RunOf(f, b)];
                Drop(t, ref run.FirstSlot, slot);
                Drop(t, ref run.SecondSlot, slot);
            }
        }
    }

    /// <summary>
    /// The first block from <paramref name="block"/> on that may be fetched from a peer now: its hash is known, or its piece
    /// verifies whole, or there is still room for blocks that wait.
    /// </summary>
    public static int SkipUnverifiable(SwarmTables t, int block, int end)
    {
        if (t.Blocks.WaitingForHashes < Limit(t) || t.Blocks.HashKnown[block])
        {
            return block;
        }

        var perPiece = t.Layout.BlocksPerPiece;
        while (block < end && !t.Blocks.HashKnown[block])
        {
            if (t.Hashes.Whole[block / perPiece])
            {
                return block;
            }

            var pieceEnd = Math.Min(end, ((block / perPiece) + 1) * perPiece);
            var known = t.Blocks.HashKnown.NextSet(block, pieceEnd);
            block = known >= 0 ? known : pieceEnd;
        }

        return block;
    }

    private static int Limit(SwarmTables t) => WaitingBlocks + (t.Layout.BlocksPerPiece * Math.Min(t.Sources.Slots, 16));

    private static void EnsureRun(SwarmTables t, int file, int block, int windowEnd, bool atHead)
    {
        var span = t.Hashes.BlocksOf(file, block);
        var unknown = t.Blocks.HashKnown.NextClear(block, Math.Min(span.End, windowEnd));
        if (unknown >= Math.Min(span.End, windowEnd) || t.Blocks.Have.NextClear(unknown, Math.Min(span.End, windowEnd)) >= Math.Min(span.End, windowEnd))
        {
            return;
        }

        ref var run = ref t.Hashes[t.Hashes.RunOf(file, block)];
        if (run.FirstSlot < 0)
        {
            var slot = PickAsker(t, span, unknown, run.SecondSlot);
            if (slot < 0)
            {
                return;
            }

            Ask(t, ref run, slot, span);
        }

        if (atHead && run.SecondSlot < 0)
        {
            var slot = PickAsker(t, span, unknown, run.FirstSlot);
            if (slot >= 0)
            {
                run.SecondSlot = slot;
                run.SecondAskedAtMicros = t.Now;
                t.Hashes.Asked++;
                t.Emit(DecisionKind.AskHashes, t.Sources[slot]!.Id, span.First, span.Count, t.Now);
            }
        }
    }

    private static void Ask(SwarmTables t, ref HashRun run, int slot, BlockRun span)
    {
        run.FirstSlot = slot;
        run.FirstAskedAtMicros = t.Now;
        t.Hashes.Asked++;
        t.Emit(DecisionKind.AskHashes, t.Sources[slot]!.Id, span.First, span.Count, t.Now);
    }

    /// <summary>The peer with the shortest round trip that may answer for the block; not <paramref name="other"/>, and a silent one last.</summary>
    private static int PickAsker(SwarmTables t, BlockRun span, int block, int other)
    {
        var best = -1;
        var bestCost = long.MaxValue;
        var piece = block / t.Layout.BlocksPerPiece;
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (s == other || t.Sources[s] is not { NeverHashes: false } source || source.RefusedPieces[piece]
                || source.Has.NextSet(span.First, span.End) < 0)
            {
                continue;
            }

            var cost = source.RttMicros + (source.Suspect ? SilenceMicros : 0);
            if (cost < bestCost)
            {
                best = s;
                bestCost = cost;
            }
        }

        return best;
    }

    private static void Answered(SwarmTables t, int slot, int block)
    {
        var file = t.Layout.FileOf(Math.Min(block, t.Blocks.Count - 1));
        if (slot >= 0 && file >= 0)
        {
            ref var run = ref t.Hashes[t.Hashes.RunOf(file, block)];
            Drop(t, ref run.FirstSlot, slot);
            Drop(t, ref run.SecondSlot, slot);
        }
    }

    private static void Drop(SwarmTables t, ref int asked, int slot)
    {
        if (asked == slot)
        {
            asked = -1;
            t.Hashes.Asked--;
        }
    }

    private static void TimeOut(SwarmTables t, ref int asked, long askedAtMicros, int block)
    {
        if (asked >= 0 && t.Now - askedAtMicros >= SilenceMicros)
        {
            t.Sources[asked]!.RefusedPieces.Set(block / t.Layout.BlocksPerPiece);
            Drop(t, ref asked, asked);
        }
    }

    /// <summary>The piece under a head verifies whole when its blocks wait and nobody is left to ask, or when it waited too long.</summary>
    private static void WatchHead(SwarmTables t, in Reader reader)
    {
        var block = reader.NeedBlock;
        var piece = block / t.Layout.BlocksPerPiece;
        ref var run = ref t.Hashes[t.Hashes.RunOf(reader.File, block)];
        if (!t.Blocks.Parked[block] || t.Blocks.HashKnown[block] || t.Hashes.Whole[piece])
        {
            run.NeededSinceMicros = 0;
            return;
        }

        run.NeededSinceMicros = run.NeededSinceMicros == 0 ? Math.Max(1, t.Now) : run.NeededSinceMicros;
        var unanswered = run.FirstSlot >= 0 || run.SecondSlot >= 0 || PickAsker(t, t.Hashes.BlocksOf(reader.File, block), block, -1) >= 0;
        if (t.Now - run.NeededSinceMicros >= (unanswered ? GiveUpMicros : SilenceMicros / 4))
        {
            MarkWhole(t, piece);
        }
    }

    private static void MarkWhole(SwarmTables t, int piece)
    {
        t.Hashes.Whole.Set(piece);
        Playback.RefreshAll(t);
    }
}
