namespace Swarm.Core;

/// <summary>
/// Reducer that asks a second (at most a third) source for an urgent block when there is evidence that its holders will be late:
/// silence beyond what was expected, or a finish many times later than another's. Paid from a bucket of 3–5 % of the useful
/// bytes. A source that is itself silent is no help, so a link that stalls as a whole hedges nothing, and on a full link the evidence
/// must be stronger.
/// </summary>
internal static class Hedge
{
    private const int MaxHolders = 3;

    /// <summary>Blocks from a head that are looked at.</summary>
    private const int Horizon = 96;

    /// <summary>The helper must be this much earlier.</summary>
    private const long GainMicros = 150_000;

    /// <summary>On a full link the evidence must be this much stronger.</summary>
    private const int FullLinkFactor = 4;

    /// <summary>A hedge may lengthen the helper's queue beyond its depth by this.</summary>
    private const int ExtraDepth = 4;

    /// <summary>A waited-for block that is further away than this is taken from its holders when an origin is idle.</summary>
    private const long RescueMicros = 1_500_000;

    /// <summary>Last blocks of a whole piece at the head: hedged earlier, since one of them holds all the others.</summary>
    private const int EndgameBlocks = 4;

    public static void Watch(SwarmTables t)
    {
        if (!t.Options.Hedging || !t.Policy.Hedges || t.Sources.InFlightBlocks == 0 || AllSlowed(t))
        {
            return;
        }

        for (var i = 0; i < t.Readers.Count; i++)
        {
            if (t.Readers[i].Kind != ReaderClass.Bulk && t.Readers[i].WindowStart < t.Readers[i].WindowEnd)
            {
                WatchReader(t, i);
            }
        }
    }

    /// <summary>
    /// The block a reader waits for is held by sources that take far longer than an idle origin would: it is taken from them, so that
    /// the origin (or a better peer) can bring it. Taken, not doubled: an origin run is too long for a hedge.
    /// </summary>
    public static void Rescue(SwarmTables t)
    {
        foreach (ref readonly var reader in t.Readers.All)
        {
            var block = reader.NeedBlock;
            if (!reader.IsWaiting || block >= reader.EndBlock || t.Blocks.Holders(block) == 0 || t.Blocks.Parked[block]
                || !OriginReducer.CanTake(t, block))
            {
                continue;
            }

            var (finish, _) = Holding(t, block);
            if (finish - t.Now > RescueMicros)
            {
                for (var s = 0; s < t.Sources.Slots; s++)
                {
                    if (t.Sources[s] is { Queue.Count: > 0 } source && source.Queue.IndexOf(block) is >= 0 and var index)
                    {
                        Assign.Withdraw(t, s, index);
                    }
                }
            }
        }
    }

    private static void WatchReader(SwarmTables t, int reader)
    {
        ref readonly var r = ref t.Readers[reader];
        var whole = t.Hashes.Whole[r.WindowStart / t.Layout.BlocksPerPiece];
        var missing = whole ? MissingOfPiece(t, r.WindowStart) : int.MaxValue;
        var end = Math.Min(Math.Max(r.UrgentEnd, r.WindowStart + 1), Math.Min(r.WindowEnd, r.WindowStart + Horizon));
        if (whole)
        {
            // The whole piece has one deadline: its last block is as urgent as its first.
            end = Math.Max(end, Math.Min(r.WindowEnd, r.WindowStart + t.Layout.BlocksPerPiece));
        }

        for (var block = r.WindowStart; block < end && t.HedgeTokensBytes >= PieceLayout.BlockSize; block++)
        {
            var holders = t.Blocks.Holders(block);
            if (holders == 0 || holders >= MaxHolders || t.Blocks.Parked[block])
            {
                continue;
            }

            Try(t, block, Playback.Deadline(t, r, block), missing <= EndgameBlocks);
        }
    }

    private static void Try(SwarmTables t, int block, long deadline, bool endgame)
    {
        var (finish, quiet) = Holding(t, block);
        if (finish <= deadline)
        {
            return;
        }

        var helper = -1;
        var eta = long.MaxValue;
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources.BlocksPerMicro[s] <= 0 || !t.Sources[s]!.CanServe(block) || !t.Trials.Allows(block / t.Layout.BlocksPerPiece, t.Sources[s]!.Id) || Assign.Quiet(t, s) > Assign.QuietMicros
                || t.Sources[s]!.Queue.Count >= Assign.Depth(t, s) + ExtraDepth || t.Sources[s]!.Queue.IndexOf(block) >= 0)
            {
                continue;
            }

            var at = Math.Max(t.Now + t.Sources.RttMicros[s], t.Sources.FreeAtMicros[s]) + t.Sources.MicrosPerBlock[s];
            if (at < eta)
            {
                helper = s;
                eta = at;
            }
        }

        var left = finish - t.Now;
        var mine = eta - t.Now;
        var full = t.Link.IsFull(t.Now) ? FullLinkFactor : 1;
        var muchLater = endgame ? left > full * ((mine * 3 / 2) + 100_000) : left > full * ((3 * mine) + 500_000);
        if (helper >= 0 && eta + GainMicros < finish && (quiet > full * Assign.QuietMicros || muchLater))
        {
            t.HedgeTokensBytes -= t.Layout.BlockBytes(block);
            Assign.Request(t, helper, block);
        }
    }

    /// <summary>The earliest predicted finish among the block's holders, and the silence of the least silent.</summary>
    private static (long Finish, long Quiet) Holding(SwarmTables t, int block)
    {
        var finish = long.MaxValue;
        var quiet = long.MaxValue;
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources[s] is { Queue.Count: > 0 } source && source.Queue.IndexOf(block) is >= 0 and var index)
            {
                finish = Math.Min(finish, Finish(t, s, index));
                quiet = Math.Min(quiet, Assign.Quiet(t, s));
            }
        }

        return (finish, quiet);
    }

    /// <summary>Predicted arrival of the request at <paramref name="index"/> of the source's queue, by its effective rate.</summary>
    private static long Finish(SwarmTables t, int slot, int index)
    {
        var source = t.Sources[slot]!;
        var rate = Assign.EffectiveRate(t, slot);
        long ahead = 0;
        for (var i = 0; i <= index; i++)
        {
            ahead += source.Queue[i].Bytes;
        }

        ahead = Math.Max(1, ahead - source.ProgressBytes);
        return Math.Max(t.Now, source.Queue[0].SentAtMicros + source.RttMicros) + (ahead * 1_000_000 / rate);
    }

    /// <summary>
    /// Every proven source runs at less than half of what it used to: the shared link is the bottleneck, and a duplicate would
    /// only take from the original.
    /// </summary>
    private static bool AllSlowed(SwarmTables t)
    {
        var proven = 0;
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources.BlocksPerMicro[s] <= 0)
            {
                continue;
            }

            proven++;
            if (2 * Assign.EffectiveRate(t, s) >= t.Predictor.SlowBytesPerSecond(s))
            {
                return false;
            }
        }

        return proven >= 2;
    }

    private static int MissingOfPiece(SwarmTables t, int block)
    {
        var first = block / t.Layout.BlocksPerPiece * t.Layout.BlocksPerPiece;
        var file = t.Layout.Files[Math.Max(0, t.Layout.FileOf(block))];
        var end = Math.Min(first + t.Layout.BlocksPerPiece, file.Blocks.End);
        return end - first - t.Blocks.Have.Count(first, end) - t.Blocks.Parked.Count(first, end);
    }
}
