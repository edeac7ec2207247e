namespace Swarm.Core;

/// <summary>
/// Reducer for origin runs. Without a useful peer one open-ended run a reader carries everything and costs no decisions. With
/// peers the origin has a price: its run keeps the head while they ramp up behind it, ends where they have taken over, and is asked
/// again, for bounded contiguous runs, when they would miss deadlines.
/// </summary>
internal static class OriginReducer
{
    /// <summary>64 KiB: what a fresh connection's receive buffer holds.</summary>
    private const int HeadBlocks = 4;

    private const int Block = PieceLayout.BlockSize;

    /// <summary>A run under way keeps what it delivers within this; peers are given what lies behind.</summary>
    private const long ClaimMicros = 750_000;

    /// <summary>A run is told to end this long before it meets blocks that peers have taken.</summary>
    private const long CutMicros = 300_000;

    /// <summary>A bounded run is at least this long.</summary>
    private const int MinRunBlocks = Stretches.MinRunBlocks;

    private const long BoundedMicros = 2_000_000;
    private const int MaxBoundedBlocks = 256;

    /// <summary>An origin silent this long beyond expectation, at a block a reader waits for, is slow.</summary>
    private const long SlowMicros = 500_000;

    /// <summary>An origin that twenty viewers share sends 16 KiB of a cell each 0.3 s; ten times that is silence.</summary>
    private const long CellSilenceMicros = 4_000_000;

    private const long FirstBackOffMicros = 500_000;

    public static void Started(SwarmTables t, int slot, in SwarmEvent e)
    {
        Availability.Clamp(t, e.A, e.B, out var from, out var end);
        t.Sources.ChangeHas(slot, from, end, true);
        var index = t.Runs.IndexOf(slot);
        if (index < 0)
        {
            t.Runs.Add(new OriginRun { Slot = slot, CutAt = -1, AskedAtMicros = t.Now });
            index = t.Runs.Count - 1;
        }

        ref var run = ref t.Runs[index];
        run.Next = from;
        run.End = run.CutAt >= 0 ? Math.Clamp(run.CutAt, from, end) : end;
        run.ClaimEnd = run.End;
        run.Running = 1;
        run.PartBytes = 0;
        run.LastProgressMicros = t.Now;
        if (e.C > 0)
        {
            t.Sources[slot]!.RttMicros = e.C;
            t.Sources.RttMicros[slot] = e.C;
        }

        t.Sources[slot]!.LastArrivalMicros = t.Now;
        Evaluate(t);
    }

    public static void Progress(SwarmTables t, int slot, int block, int bytes)
    {
        if (t.Runs.IndexOf(slot) is >= 0 and var index && block >= t.Runs[index].Next)
        {
            ref var run = ref t.Runs[index];
            run.Next = Math.Min(block, run.End);
            run.PartBytes = bytes;
            run.LastProgressMicros = t.Now;
        }
    }

    /// <summary>The origin delivered a block: its run moves on.</summary>
    public static void Delivered(SwarmTables t, int slot, int block)
    {
        if (t.Runs.IndexOf(slot) is not (>= 0 and var index) || block < t.Runs[index].Next || block >= t.Runs[index].End)
        {
            return;
        }

        ref var run = ref t.Runs[index];
        run.Next = block + 1;
        run.PartBytes = 0;
        run.LastProgressMicros = t.Now;
        var source = t.Sources[slot]!;

        // Only where a reader waits close behind does the time tell the origin's rate, not our own back-pressure.
        if (IsAwaited(t, block))
        {
            t.Predictor.Observe(slot, new TransferSample(t.Layout.BlockBytes(block), Math.Max(1, t.Now - source.LastArrivalMicros), 0, 0));
            t.OriginBytesPerSecond = t.Predictor.SlowBytesPerSecond(slot);
        }

        source.BlocksReceived++;
        source.Rejects = 0;
        source.LastArrivalMicros = t.Now;
        source.LastProgressMicros = t.Now;
        if (t.PeersUseful && run.Cell == 0)
        {
            run.ClaimEnd = Math.Max(run.ClaimEnd, Claim(t, run));
            Meet(t, ref run);
        }
    }

    public static void Ended(SwarmTables t, int slot, in SwarmEvent e)
    {
        if (t.Runs.IndexOf(slot) is >= 0 and var index)
        {
            if (t.Runs[index].Cell != 0 && (RunEnd)e.B == RunEnd.Complete)
            {
                t.Crowd.CellTook(t.Now - t.Runs[index].AskedAtMicros);
            }

            t.Runs.RemoveAt(index);
        }

        if ((RunEnd)e.B == RunEnd.Failed)
        {
            BackOff(t, slot);
        }

        Evaluate(t);
    }

    /// <summary>The origin refused a request.</summary>
    public static void Failed(SwarmTables t, int slot)
    {
        if (t.Runs.IndexOf(slot) is >= 0 and var index)
        {
            t.Runs.RemoveAt(index);
        }

        BackOff(t, slot);
        Evaluate(t);
    }

    /// <summary>
    /// A reader went: runs that no other wants end now. Only then, since the answer to a permission request runs before its reader
    /// is opened.
    /// </summary>
    public static void DropUnwanted(SwarmTables t)
    {
        for (var i = 0; i < t.Runs.Count; i++)
        {
            ref var run = ref t.Runs[i];
            if (run.CutAt < 0 && !IsWantedByAny(t, run))
            {
                Cut(t, ref run, run.Next);
            }
        }
    }

    /// <summary>Weighs every run and every reader once: on a tick, and when something about them changed.</summary>
    public static void Evaluate(SwarmTables t)
    {
        if (t.Runs.Count == 0 && !HasOrigin(t))
        {
            return;
        }

        if (t.Crowd.IsActive)
        {
            for (var i = 0; i < t.Runs.Count; i++)
            {
                WeighInCrowd(t, ref t.Runs[i]);
            }

            Cells.AskAll(t);
            return;
        }

        var sufficient = Sufficiency.PeersSuffice(t);
        for (var i = 0; i < t.Runs.Count; i++)
        {
            Weigh(t, ref t.Runs[i], sufficient);
        }

        for (var i = 0; i < t.Readers.Count; i++)
        {
            Ask(t, t.Readers[i], sufficient);
        }
    }

    private static void Weigh(SwarmTables t, ref OriginRun run, bool sufficient)
    {
        if (run.CutAt >= 0)
        {
            // It was to end a little further on; what it still claims must not wait for an origin that fell silent on the way.
            if (run.Next < run.End && t.PeersUseful && IsSlow(t, run))
            {
                run.ClaimEnd = Math.Min(run.ClaimEnd, run.Next + 1);
                if (Stretches.IsServedByPeers(t, run.Next))
                {
                    BackOff(t, run.Slot);
                    Cut(t, ref run, run.Next);
                }
            }

            return;
        }

        var island = Stretches.NextIsland(t, run);
        if (!t.PeersUseful)
        {
            run.ClaimEnd = run.End;
            if (LeavesHeadOpen(t, run))
            {
                Cut(t, ref run, run.Next); // it was asked behind peers that are gone
            }
            else if (island < run.End)
            {
                Cut(t, ref run, island);
            }

            return;
        }

        if (IsSlow(t, run) && Stretches.IsServedByPeers(t, run.Next))
        {
            BackOff(t, run.Slot);
            Cut(t, ref run, run.Next);
            return;
        }

        // A silent run keeps the block it is at: by its rate before, a burst may have claimed everything, and no peer could show itself.
        run.ClaimEnd = IsSlow(t, run) ? Math.Min(run.End, run.Next + 1) : Claim(t, run);
        if (sufficient && run.Indispensable == 0)
        {
            t.Runs.Released = true;
            Cut(t, ref run, Math.Max(run.Next + (run.PartBytes > 0 ? 1 : 0), run.Running == 0 ? run.Next : run.ClaimEnd));
            return;
        }

        Meet(t, ref run);
    }

    /// <summary>
    /// In a crowd nobody keeps an open-ended run: all would carry the same bytes. A cell is short and its origin shared, so it is left
    /// alone until it is silent for long.
    /// </summary>
    private static void WeighInCrowd(SwarmTables t, ref OriginRun run)
    {
        if (run.CutAt >= 0)
        {
            return;
        }

        if (run.Cell == 0)
        {
            Cut(t, ref run, Math.Max(run.Next + (run.PartBytes > 0 ? 1 : 0), Crowd.IsAwaited(t) ? HeadEnd(t, run) : 0));
        }
        else if (t.Now - Math.Max(run.AskedAtMicros, run.LastProgressMicros) > CellSilenceMicros)
        {
            BackOff(t, run.Slot);
            Cut(t, ref run, run.Next);
        }
    }

    /// <summary>What everybody begins with. An answer that waited for the metafile has it in its socket's buffer, and it costs the line nothing more.</summary>
    private static int HeadEnd(SwarmTables t, in OriginRun run)
    {
        var end = 0;
        foreach (ref readonly var reader in t.Readers.All)
        {
            end = IsWanted(t, run, reader) ? Math.Max(end, (int)(reader.StartByte / Block) + HeadBlocks) : end;
        }

        return end;
    }

    /// <summary>A reader needs a block before the run, no run brings it, and no other origin could be asked.</summary>
    private static bool LeavesHeadOpen(SwarmTables t, in OriginRun run)
    {
        foreach (ref readonly var reader in t.Readers.All)
        {
            if (reader.NeedBlock < run.Next && reader.NeedBlock < reader.EndBlock && t.Blocks.Open[reader.NeedBlock] && IsWanted(t, run, reader)
                && t.Runs.SkipClaims(reader.NeedBlock) == reader.NeedBlock && PickOrigin(t, reader.NeedBlock) < 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Could an origin deliver the block soon, if asked?</summary>
    public static bool CanTake(SwarmTables t, int block) =>
        t.Now >= t.OriginHeldUntilMicros && t.Runs.Count < t.OriginRunsAllowed && PickOrigin(t, block) >= 0;

    /// <summary>Ends a run where it would meet blocks that peers hold or have delivered.</summary>
    private static void Meet(SwarmTables t, ref OriginRun run)
    {
        if (run.CutAt >= 0 || run.Running == 0)
        {
            return;
        }

        var taken = Stretches.FirstTaken(t, run);
        var margin = Math.Max(2, (int)(CutMicros * t.Predictor.BytesPerSecond(run.Slot) / 1_000_000 / Block));
        if (taken < run.End && run.Next + margin >= taken)
        {
            // Peers that are the faster ones now need no successor to this run.
            t.Runs.Released |= t.Runs.SufficientSinceMicros >= 0;
            Cut(t, ref run, taken);
        }
    }

    private static void Cut(SwarmTables t, ref OriginRun run, int at)
    {
        at = Math.Clamp(at, run.Next, run.End);
        if (at >= run.End && run.Running != 0)
        {
            return; // it ends there anyway
        }

        t.Emit(DecisionKind.Cancel, t.Sources[run.Slot]!.Id, at, run.End - at, t.Now);
        run.CutAt = at;
        run.End = at;
        run.ClaimEnd = Math.Min(run.ClaimEnd, at);
    }

    /// <summary>What the run keeps for itself: all of it when bounded or alone, else what it delivers within the claim time.</summary>
    private static int Claim(SwarmTables t, in OriginRun run)
    {
        if (run.Bounded != 0 || !t.PeersUseful)
        {
            return run.End;
        }

        var rate = t.Sources[run.Slot]!.BlocksReceived > 0 ? t.Predictor.BytesPerSecond(run.Slot) : t.OriginBytesPerSecond;
        var reach = run.Next + Math.Max(4, (int)(ClaimMicros * rate / 1_000_000 / Block));
        return Math.Min(reach, Stretches.FirstTaken(t, run));
    }

    private static void Ask(SwarmTables t, in Reader reader, bool sufficient)
    {
        if (reader.NeedBlock >= reader.EndBlock || (sufficient && Stretches.FirstUnserved(t, reader) < 0) || t.Now < t.OriginHeldUntilMicros || t.Runs.Count >= t.OriginRunsAllowed)
        {
            return;
        }

        foreach (ref readonly var run in t.Runs.All)
        {
            if (IsWanted(t, run, reader) && (run.CutAt < 0 || run.Next < run.End))
            {
                return; // one run a reader; its end is the time to look again
            }
        }

        var proven = t.CapacityBytesPerSecond > 0;
        var first = sufficient ? Stretches.FirstUnserved(t, reader) : t.PeersUseful ? Stretches.FirstStretch(t, reader) : reader.NeedBlock;
        if (first < 0)
        {
            return;
        }

        var slot = PickOrigin(t, first);
        if (slot < 0)
        {
            return;
        }

        var end = EndOfAsk(t, reader, first, proven, slot);
        t.Emit(DecisionKind.Request, t.Sources[slot]!.Id, first, end - first, Playback.Deadline(t, reader, first));
        t.Runs.Add(new OriginRun
        {
            Slot = slot,
            Next = first,
            End = end,
            ClaimEnd = end,
            CutAt = -1,
            Bounded = proven ? 1 : 0,
            Indispensable = proven && !Stretches.IsServedByPeers(t, first) ? 1 : 0,
            AskedAtMicros = t.Now,
            LastProgressMicros = t.Now,
        });
        ref var added = ref t.Runs[t.Runs.Count - 1];
        added.ClaimEnd = Claim(t, added);
    }

    private static int EndOfAsk(SwarmTables t, in Reader reader, int first, bool proven, int slot)
    {
        var probe = new OriginRun { Next = first, End = reader.EndBlock };
        if (!proven)
        {
            return Math.Max(first + 1, t.PeersUseful ? Stretches.FirstTaken(t, probe) : Stretches.NextIsland(t, probe));
        }

        // No longer than what comes in time: the run ends at the deadline of its last block, at the latest.
        var origin = t.Sources[slot]!.BlocksReceived > 0 ? t.Predictor.SlowBytesPerSecond(slot) : t.OriginBytesPerSecond;
        var rate = Playback.Rate(t, reader);
        var lead = Math.Max(0, Playback.Deadline(t, reader, first) - t.Now - t.Sources[slot]!.RttMicros);
        var bytes = origin * BoundedMicros / 1_000_000;
        if (origin < rate)
        {
            bytes = Math.Min(bytes, (long)((double)lead * origin / 1_000_000 * rate / (rate - origin)));
        }

        var blocks = (int)Math.Clamp(bytes / Block, MinRunBlocks, MaxBoundedBlocks);
        return Math.Max(first + 1, Math.Min(first + blocks, Stretches.FirstTaken(t, probe)));
    }

    /// <summary>An idle origin source that may be asked for the block now, or -1.</summary>
    public static int PickOrigin(SwarmTables t, int block)
    {
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources[s] is { IsOrigin: true } source && source.Has[block] && t.Now >= source.AvoidUntilMicros && t.Runs.IndexOf(s) < 0)
            {
                return s;
            }
        }

        return -1;
    }

    private static bool HasOrigin(SwarmTables t)
    {
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources[s] is { IsOrigin: true })
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsWantedByAny(SwarmTables t, in OriginRun run)
    {
        foreach (ref readonly var reader in t.Readers.All)
        {
            if (IsWanted(t, run, reader))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsWanted(SwarmTables t, in OriginRun run, in Reader reader) =>
        run.Next < reader.EndBlock && run.End > reader.NeedBlock
        && run.Next <= Math.Max(reader.WindowEnd, reader.HeadBlock + (t.MemoryWindowBytes / Block));

    private static bool IsAwaited(SwarmTables t, int block)
    {
        foreach (ref readonly var reader in t.Readers.All)
        {
            if (reader.IsWaiting && block >= reader.HeadBlock && block <= reader.NeedBlock + 1)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Silent beyond what its rate explains, at the very block that a reader waits for.</summary>
    private static bool IsSlow(SwarmTables t, in OriginRun run)
    {
        if (run.Running == 0)
        {
            return t.Now - run.AskedAtMicros > SlowMicros + (4 * t.Sources[run.Slot]!.RttMicros) && IsAwaited(t, run.Next);
        }

        var perBlock = Block * 1_000_000L / Math.Max(1, t.Predictor.BytesPerSecond(run.Slot));
        return t.Now - run.LastProgressMicros > SlowMicros + Math.Min(perBlock, 4 * SlowMicros) && IsAwaited(t, run.Next);
    }

    private static void BackOff(SwarmTables t, int slot)
    {
        var source = t.Sources[slot]!;
        source.AvoidUntilMicros = t.Now + (FirstBackOffMicros << Math.Min(source.Rejects, 5));
        source.Rejects++;
    }
}
