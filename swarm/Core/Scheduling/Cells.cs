namespace Swarm.Core;

/// <summary>
/// Reducer that asks an origin which many viewers share for one cell at a time: what no peer has and nobody claimed, by rendezvous
/// hashing over those who serve us, and what others claimed only after patience. Rules and figures: tests/Simulation, <c>crowd</c>.
/// </summary>
/// <remarks>
/// Why not simply the first missing bytes: all viewers would ask for the same ones, and the thin origin would carry each as often as
/// there are viewers. Why not patience by deadline alone: with a short buffer everything is due, and all ask again. A claim's age tells
/// whether its owner has got through.
/// </remarks>
internal static class Cells
{
    private const int Block = PieceLayout.BlockSize;

    /// <summary>32 KiB: 16 stalls in late joins, 64 start 0.3 s later (tests/Simulation, crowd).</summary>
    private const int TreeCellBlocks = 2;

    /// <summary>128 KiB.</summary>
    private const int FewCellBlocks = 8;

    /// <summary>With fewer others than this, cells are longer.</summary>
    private const int FewMembers = 3;

    /// <summary>A cell that belongs to another is taken only if it is needed within this; while the client waits, within the second.</summary>
    private const long ForeignLeadMicros = 4_000_000;

    private const long ForeignLeadWaitingMicros = 2_000_000;

    /// <summary>A claim is believed for 1 to 2 times this at the least, and for five times what our own cells take.</summary>
    private const long ClaimMicros = 1_000_000;

    private const int CellsPerClaim = 5;

    private const long MaxClaimMicros = 8_000_000;

    /// <summary>What is due within 1 to 2 times this is asked for though it was claimed.</summary>
    private const long DueMicros = 1_000_000;

    /// <summary>A client that waits needs what lies within this of it.</summary>
    private const long WaitingLeadMicros = 3_000_000;

    /// <summary>A peer's block that is 1 to 2 times this late may come from the origin.</summary>
    private const long LateMicros = 500_000;

    /// <summary>A takeover is short: the claimed bytes may come after all.</summary>
    private const int TakeoverBlocks = 4;

    /// <summary>Blocks at a head that are looked at for lateness.</summary>
    private const int LateBlocks = 64;

    /// <summary>While the others are not here yet cells are drawn within this, which starts a player: what each has of it then, the others lack.</summary>
    private const long AwaitedLeadMicros = 2_000_000;

    /// <summary>With so much still to send to others nothing is fetched that is not due: it could not be passed on.</summary>
    private const long FullUploadMicros = 500_000;

    private const long LookAgainMicros = 20_000;

    public static void AskAll(SwarmTables t)
    {
        for (var i = 0; i < t.Readers.Count; i++)
        {
            Ask(t, t.Readers[i]);
        }
    }

    private static void Ask(SwarmTables t, in Reader reader)
    {
        if (reader.NeedBlock >= reader.EndBlock || t.Now < t.OriginHeldUntilMicros || t.Runs.Count >= t.OriginRunsAllowed
            || t.Now < t.Crowd.LookAgainMicros || HasRun(t, reader))
        {
            return;
        }

        var run = Late(t, reader);
        run = run.Count > 0 ? run : Crowd.IsAwaited(t) ? Drawn(t, reader) : Unclaimed(t, reader);
        var slot = run.Count > 0 ? OriginReducer.PickOrigin(t, run.First) : -1;
        if (run.Count == 0)
        {
            t.Crowd.LookAgainMicros = t.Now + LookAgainMicros;
            return;
        }

        if (slot < 0)
        {
            return;
        }

        t.Emit(DecisionKind.Request, t.Sources[slot]!.Id, run.First, run.Count, Playback.Deadline(t, reader, run.First));
        t.Emit(DecisionKind.Claim, -1, run.First, run.Count, t.Now);
        t.Runs.Add(new OriginRun
        {
            Slot = slot,
            Next = run.First,
            End = run.End,
            ClaimEnd = run.End,
            CutAt = -1,
            Bounded = 1,
            Indispensable = 1,
            Cell = 1,
            AskedAtMicros = t.Now,
            LastProgressMicros = t.Now,
        });
    }

    /// <summary>One request a reader: its end is the time to look again.</summary>
    private static bool HasRun(SwarmTables t, in Reader reader)
    {
        foreach (ref readonly var run in t.Runs.All)
        {
            if (run.Next < run.End && run.Next < reader.EndBlock && run.End > reader.NeedBlock)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A block that a peer was asked for and does not bring, though it is due.</summary>
    private static BlockRun Late(SwarmTables t, in Reader reader)
    {
        var end = Math.Min(reader.EndBlock, reader.NeedBlock + LateBlocks);
        for (var block = reader.NeedBlock; block < end; block++)
        {
            if (t.Blocks.Holders(block) != 1 || t.Blocks.Parked[block] || t.Blocks.Have[block] || t.Runs.SkipClaims(block) != block)
            {
                continue;
            }

            var cell = block / CellBlocks(t, reader);
            var patience = Rendezvous.PatiencePerMille(t.Crowd.OwnKey, cell);
            var age = t.Now - SentAt(t, block);
            if (age > LateMicros * patience / 1000 && IsDue(t, reader, block, age, patience))
            {
                return new(block, 1);
            }
        }

        return default;
    }

    /// <summary>A cell as if by chance, of those that a player starts with; then the first.</summary>
    private static BlockRun Drawn(SwarmTables t, in Reader reader)
    {
        var cellBlocks = t.Hashes.HasTree(reader.File) ? TreeCellBlocks : t.Layout.BlocksPerPiece;
        var end = Math.Min(reader.WindowEnd, reader.EndBlock);
        var first = NextMissing(t, reader.NeedBlock, end);
        var best = first;
        var bestWeight = long.MinValue;
        for (var block = first; block >= 0 && Lead(t, reader, block) < AwaitedLeadMicros;)
        {
            var cell = block / cellBlocks;
            if (Rendezvous.Weight(t.Crowd.OwnKey, cell) is var weight && weight > bestWeight)
            {
                (best, bestWeight) = (block, weight);
            }

            block = NextMissing(t, (cell + 1) * cellBlocks, end);
        }

        return best < 0 ? default : Stretch(t, best, Math.Min(end, ((best / cellBlocks) + 1) * cellBlocks));
    }

    /// <summary>What nobody has: a claim that is too old, else the best cell that nobody claimed.</summary>
    private static BlockRun Unclaimed(SwarmTables t, in Reader reader)
    {
        var cellBlocks = CellBlocks(t, reader);
        var members = t.Crowd.Members(t.Sources, t.Now);
        var end = Math.Min(reader.WindowEnd, reader.EndBlock);
        var looked = 0;
        var best = -1;
        var bestLead = long.MinValue;
        for (var block = NextMissing(t, reader.NeedBlock, end); block >= 0;)
        {
            var cell = block / cellBlocks;
            var claimed = Crowd.ClaimedAt(t, block);
            if (claimed >= 0)
            {
                var patience = Rendezvous.PatiencePerMille(t.Crowd.OwnKey, cell);
                var age = t.Now - claimed;
                if (age > ClaimLife(t) * patience / 1000 && IsDue(t, reader, block, age, patience))
                {
                    return Stretch(t, block, Math.Min(end, block + TakeoverBlocks));
                }
            }
            else if (looked <= members.Length)
            {
                looked++;
                var lead = Rendezvous.Lead(t.Crowd.OwnKey, members, cell);
                var due = reader.IsWaiting ? ForeignLeadWaitingMicros : ForeignLeadMicros;
                if (lead > bestLead && (lead >= 0 || Lead(t, reader, block) < due))
                {
                    best = block;
                    bestLead = lead;
                }
            }
            else if (Lead(t, reader, block) > WaitingLeadMicros)
            {
                break; // far enough for the candidates, and too far for a takeover
            }

            block = NextMissing(t, (cell + 1) * cellBlocks, end);
        }

        if (best < 0 || (t.Crowd.BacklogMicros > FullUploadMicros && (reader.IsWaiting || Lead(t, reader, best) > 2 * DueMicros)))
        {
            return default;
        }

        return Stretch(t, best, Math.Min(end, ((best / cellBlocks) + 1) * cellBlocks));
    }

    /// <summary>Is the block needed so soon that it is asked for though another has it in hand?</summary>
    private static bool IsDue(SwarmTables t, in Reader reader, int block, long age, int patience)
    {
        var lead = Lead(t, reader, block);
        return reader.IsWaiting
            ? lead <= WaitingLeadMicros && age > DueMicros * patience / 1000
            : lead < DueMicros * patience / 1000;
    }

    /// <summary>As long as cells take here, and some: on an origin that twenty share a claim of a second would lapse before its bytes are due.</summary>
    private static long ClaimLife(SwarmTables t) => Math.Clamp(CellsPerClaim * t.Crowd.CellMicros, ClaimMicros, MaxClaimMicros);


    /// <summary>Until the reader is at the block. One that only takes all it gets has no deadline, but an order, and that counts here.</summary>
    private static long Lead(SwarmTables t, in Reader reader, int block) =>
        Playback.Deadline(t, reader, block) - t.Now - (reader.Kind == ReaderClass.Bulk ? t.Options.UrgentMicros : 0);

    /// <summary>
    /// A v1 piece verifies whole: smaller cells would let nobody complete one, so nobody could serve. Two or three viewers with one request
    /// each leave the origin idle for a round trip after each cell, so theirs are longer.
    /// </summary>
    private static int CellBlocks(SwarmTables t, in Reader reader) =>
        !t.Hashes.HasTree(reader.File) ? t.Layout.BlocksPerPiece : t.Crowd.Members(t.Sources, t.Now).Length < FewMembers ? FewCellBlocks : TreeCellBlocks;

    /// <summary>The first block in from ≤ block &lt; end that is open, and that no peer who serves us has, or -1. 64 at a time.</summary>
    private static int NextMissing(SwarmTables t, int from, int end)
    {
        while (from < end)
        {
            var w = from >> 6;
            var word = t.Blocks.Open.Word(w) & (ulong.MaxValue << (from & 63));
            for (var s = 0; s < t.Sources.Slots && word != 0; s++)
            {
                if (t.Sources[s] is { IsServing: true } source)
                {
                    word &= ~(source.Has.Word(w) & ~source.Avoid.Word(w));
                }
            }

            while (word != 0)
            {
                var block = (w << 6) + System.Numerics.BitOperations.TrailingZeroCount(word);
                if (block >= end)
                {
                    return -1;
                }

                if (t.Runs.SkipClaims(block) == block)
                {
                    return block;
                }

                word &= word - 1;
            }

            from = (w + 1) << 6;
        }

        return -1;
    }

    private static BlockRun Stretch(SwarmTables t, int first, int end)
    {
        var next = first + 1;
        while (next < end && NextMissing(t, next, next + 1) == next)
        {
            next++;
        }

        return new(first, next - first);
    }

    private static long SentAt(SwarmTables t, int block)
    {
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources[s] is { Queue.Count: > 0 } source && source.Queue.IndexOf(block) is >= 0 and var i)
            {
                return source.Queue[i].SentAtMicros;
            }
        }

        return t.Now;
    }
}
