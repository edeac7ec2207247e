namespace Swarm.Core;

/// <summary>Questions about contiguous stretches of blocks, as an origin run sees them: what is taken, what is open, what no peer serves.</summary>
internal static class Stretches
{
    /// <summary>256 KiB: below that a request costs more than it brings. Also the least island of held blocks worth a new request.</summary>
    public const int MinRunBlocks = 16;

    /// <summary>Fewer taken blocks than this do not end a run: 48 KiB twice are cheaper than a round trip.</summary>
    private const int MinTakenBlocks = 4;

    /// <summary>
    /// First block of the run that is here already or that proven peers were asked for. A few such blocks alone are run over: a new
    /// request behind them costs more than they do. Probes are no obstacle at all, nobody relies on them.
    /// </summary>
    public static int FirstTaken(SwarmTables t, in OriginRun run)
    {
        var at = run.Next;
        while (at < run.End)
        {
            var taken = t.Blocks.Open.NextClear(at, run.End);
            if (taken < run.End && t.Blocks.Probed[taken])
            {
                at = taken + 1;
                continue;
            }

            var open = taken < run.End ? t.Blocks.Open.NextSet(taken, run.End) : -1;
            if (open < 0 || open - taken >= MinTakenBlocks)
            {
                return taken;
            }

            at = open;
        }

        return run.End;
    }

    /// <summary>First admitted stretch that is long enough to be worth a new request behind it.</summary>
    public static int NextIsland(SwarmTables t, in OriginRun run)
    {
        var at = run.Next;
        while (at < run.End)
        {
            at = t.Blocks.Have.NextSet(at, run.End);
            if (at < 0)
            {
                return run.End;
            }

            var end = t.Blocks.Have.NextClear(at, run.End);
            if (end - at >= MinRunBlocks || end == run.End)
            {
                return at;
            }

            at = end;
        }

        return run.End;
    }

    /// <summary>
    /// The first stretch that nobody was asked for and that is worth a request: 256 KiB, or all that is left of the range, or the very
    /// block that a reader waits for, or one that no peer serves. -1 if there is none.
    /// </summary>
    public static int FirstStretch(SwarmTables t, in Reader reader)
    {
        var end = Math.Min(reader.WindowEnd, reader.EndBlock);
        for (var first = t.Blocks.Open.NextSet(reader.NeedBlock, end); first >= 0; first = t.Blocks.Open.NextSet(first, end))
        {
            var taken = FirstTaken(t, new OriginRun { Next = first, End = reader.EndBlock });
            var worth = taken - first >= MinRunBlocks || taken == reader.EndBlock || (reader.IsWaiting && first == reader.NeedBlock);
            if (t.Runs.SkipClaims(first) == first && (worth || !IsServedByPeers(t, first)))
            {
                return first;
            }

            first = Math.Max(taken, t.Runs.SkipClaims(first));
        }

        return -1;
    }

    /// <summary>
    /// The first urgent block that no proven peer serves, however fast they are at others; -1 if there is none. One block a piece is
    /// looked at: peers have whole pieces.
    /// </summary>
    public static int FirstUnserved(SwarmTables t, in Reader reader)
    {
        var end = Math.Min(Math.Max(reader.UrgentEnd, reader.NeedBlock + 1), reader.EndBlock);
        for (var block = t.Blocks.Open.NextSet(reader.NeedBlock, end); block >= 0;)
        {
            if (!IsServedByPeers(t, block) && t.Runs.SkipClaims(block) == block)
            {
                return block;
            }

            block = t.Blocks.Open.NextSet(((block / t.Layout.BlocksPerPiece) + 1) * t.Layout.BlocksPerPiece, end);
        }

        return -1;
    }

    public static bool IsServedByPeers(SwarmTables t, int block)
    {
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources.BlocksPerMicro[s] > 0 && t.Sources[s]!.CanServe(block) && t.Trials.Allows(block / t.Layout.BlocksPerPiece, t.Sources[s]!.Id))
            {
                return true;
            }
        }

        return false;
    }
}
