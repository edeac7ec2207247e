namespace Swarm.Core;

/// <summary>
/// Reducer that keeps the queues of block sources filled to the depth their speed needs, with what the policy picks, and keeps
/// each source's predicted free time honest while it is silent.
/// </summary>
internal static class Assign
{
    private const int Block = PieceLayout.BlockSize;

    /// <summary>A queue covers the round trip and this much more.</summary>
    private const long QueueMicros = 350_000;

    private const int MaxDepth = 1024;

    /// <summary>reqq of a peer that named none: libtorrent's default.</summary>
    private const int DefaultSlots = 250;

    /// <summary>HTTP sources are asked for runs of up to 256 KiB: a request costs them a round trip.</summary>
    private const int HttpRunBlocks = 16;

    /// <summary>Silence beyond what was expected, before it counts as evidence.</summary>
    public const long QuietMicros = 250_000;

    /// <summary>A source without a byte for this long beyond expectation gives everything back.</summary>
    private const long SuspectMicros = 2_000_000;

    /// <summary>The same where another source delivers meanwhile (then it is not the link), or an origin could take over.</summary>
    private const long SuspectAloneMicros = 500_000;

    /// <summary>In a crowd whoever has a block is left to bring it, so a silent one costs everybody; but uploads go by deadline, and some wait.</summary>
    private const long SuspectInCrowdMicros = 1_000_000;

    private const long FirstProbeAgainMicros = 2_000_000;

    /// <summary>Gives work to every source with room, the soonest free first.</summary>
    public static void FillAll(SwarmTables t)
    {
        if (!t.PeersPresent || t.Readers.Count == 0)
        {
            return;
        }

        // Proven sources in order of their next completion, again and again, so that the earliest block goes to the earliest slot.
        while (true)
        {
            var best = -1;
            var bestAt = long.MaxValue;
            for (var s = 0; s < t.Sources.Slots; s++)
            {
                if (t.Sources.BlocksPerMicro[s] > 0 && !t.Sources[s]!.Passed && Room(t, s) > 0)
                {
                    var at = Math.Max(t.Now + t.Sources.RttMicros[s], t.Sources.FreeAtMicros[s]) + t.Sources.MicrosPerBlock[s];
                    if (at < bestAt)
                    {
                        best = s;
                        bestAt = at;
                    }
                }
            }

            if (best < 0)
            {
                break;
            }

            if (!FillOne(t, best))
            {
                t.Sources[best]!.Passed = true;
            }
        }

        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources[s] is { } source)
            {
                source.Passed = false;
                if (!source.IsOrigin && t.Sources.BlocksPerMicro[s] <= 0)
                {
                    Fill(t, s);
                }
            }
        }
    }

    /// <summary>Gives work to one source until its queue is deep enough.</summary>
    public static void Fill(SwarmTables t, int slot)
    {
        if (t.Readers.Count == 0 || t.Sources[slot] is not { IsOrigin: false })
        {
            return;
        }

        while (Room(t, slot) > 0 && FillOne(t, slot))
        {
        }
    }

    /// <summary>Asks the source for the block and books it.</summary>
    public static void Request(SwarmTables t, int slot, int block)
    {
        var source = t.Sources[slot]!;
        var bytes = t.Layout.BlockBytes(block);
        var forecast = t.Predictor.Predict(slot, source.OutstandingBytes, bytes);
        if (source.Queue.Count == 0)
        {
            source.ProgressBlock = -1;
            source.ProgressBytes = 0;
        }

        source.Queue.Add(new Outstanding { Block = block, Bytes = bytes, SentAtMicros = t.Now, ExpectedAtMicros = t.Now + forecast.MedianMicros });
        source.OutstandingBytes += bytes;
        t.Sources.InFlightBlocks++;
        t.Blocks.Hold(block, !source.Proven);
        ref var free = ref t.Sources.FreeAtMicros[slot];
        free = Math.Max(t.Now + source.RttMicros, free) + t.Sources.MicrosPerBlock[slot];
        t.EmitBlock(DecisionKind.Request, source.Id, block, Playback.EarliestDeadline(t, block));
    }

    /// <summary>Books a request off, whatever became of it.</summary>
    public static void Unbook(SwarmTables t, int slot, int index)
    {
        var source = t.Sources[slot]!;
        ref readonly var request = ref source.Queue[index];
        source.OutstandingBytes -= request.Bytes;
        t.Sources.InFlightBlocks--;
        t.Blocks.Unhold(request.Block);
        source.Queue.RemoveAt(index);
    }

    /// <summary>
    /// Takes a request back. When the source was silent at it, the silence is remembered as its rate: otherwise a seek would make
    /// a mute source look fresh again.
    /// </summary>
    public static void Withdraw(SwarmTables t, int slot, int index)
    {
        var source = t.Sources[slot]!;
        Remember(t, slot, index);
        t.EmitBlock(DecisionKind.Cancel, source.Id, source.Queue[index].Block, t.Now);
        Unbook(t, slot, index);
        Rate(t, slot);
    }

    /// <summary>Books off everything outstanding; with <paramref name="cancel"/> the source is told.</summary>
    public static void WithdrawAll(SwarmTables t, int slot, bool cancel)
    {
        var source = t.Sources[slot]!;
        if (source.Queue.Count > 0)
        {
            Remember(t, slot, 0);
        }

        while (source.Queue.Count > 0)
        {
            if (cancel)
            {
                t.EmitBlock(DecisionKind.Cancel, source.Id, source.Queue[0].Block, t.Now);
            }

            Unbook(t, slot, 0);
        }

        Rate(t, slot);
    }

    /// <summary>Recomputes what the ranking reads of one source: effective speed and when its queue is empty.</summary>
    public static void Rate(SwarmTables t, int slot)
    {
        var source = t.Sources[slot]!;
        t.Sources.RttMicros[slot] = source.RttMicros;
        var rate = EffectiveRate(t, slot);
        var counts = source.Proven && !source.Choked && !source.Banned && !source.IsOrigin;
        var before = t.Sources.MicrosPerBlock[slot];
        t.CapacityBytesPerSecond -= t.Sources.BlocksPerMicro[slot] > 0 ? Block * 1_000_000L / before : 0;
        var perBlock = Math.Max(1, Block * 1_000_000L / rate);
        t.Sources.MicrosPerBlock[slot] = perBlock;
        t.Sources.BlocksPerMicro[slot] = counts ? 1.0 / perBlock : 0;
        t.CapacityBytesPerSecond += counts ? Block * 1_000_000L / perBlock : 0;
        var queue = source.Queue;
        t.Sources.FreeAtMicros[slot] = queue.Count == 0
            ? 0
            : Math.Max(t.Now, queue[0].SentAtMicros + source.RttMicros) + (source.OutstandingBytes * 1_000_000 / rate);
    }

    /// <summary>The learned rate, capped by what the present silence proves: at byte level, so that a drip shows too.</summary>
    public static long EffectiveRate(SwarmTables t, int slot)
    {
        var source = t.Sources[slot]!;
        var rate = Math.Max(1, t.Predictor.BytesPerSecond(slot));
        if (source.Queue.Count == 0)
        {
            return rate;
        }

        var elapsed = t.Now - Math.Max(source.LastArrivalMicros, source.Queue[0].SentAtMicros + source.RttMicros);
        if (elapsed < Pulses.AllowanceMicros(source) || elapsed < QuietMicros || elapsed < 2 * (Block * 1_000_000L / rate))
        {
            return rate;
        }

        // The block under way can be no faster than if it ended now; a drip is as fast as it drips.
        var seen = source.ProgressBytes > 0 ? source.ProgressBytes : Block;
        return Math.Min(rate, Math.Max(1, seen * 1_000_000L / elapsed));
    }

    /// <summary>How long the source has been without a byte beyond what was to be expected; ≤ 0 = it is in time.</summary>
    public static long Quiet(SwarmTables t, int slot)
    {
        var source = t.Sources[slot]!;
        if (source.Queue.Count == 0)
        {
            return 0;
        }

        var rate = Math.Max(1, t.Predictor.BytesPerSecond(slot));
        var since = Math.Max(Math.Max(source.LastProgressMicros, source.LastArrivalMicros), source.Queue[0].SentAtMicros);
        return t.Now - since - source.RttMicros - Math.Max(Math.Min(Block * 1_000_000L / rate, SuspectMicros), Pulses.AllowanceMicros(source));
    }

    /// <summary>On a tick: caps rates by silence; whoever is silent too long gives its requests back and is suspect.</summary>
    public static void Watch(SwarmTables t)
    {
        var othersDeliver = 0;
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            othersDeliver += t.Sources[s] is { } source && t.Sources.BlocksPerMicro[s] > 0 && t.Now - source.LastProgressMicros < QuietMicros ? 1 : 0;
        }

        var limit = othersDeliver > 0 || (t.Readers.Count > 0 && OriginReducer.CanTake(t, t.Readers[0].NeedBlock)) ? SuspectAloneMicros : SuspectMicros;
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources[s] is not { IsOrigin: false } source)
            {
                continue;
            }

            if (source.AvoidUntilMicros != 0 && t.Now >= source.AvoidUntilMicros)
            {
                source.AvoidUntilMicros = 0;
                source.Avoid.ClearAll();
            }

            if (source.Queue.Count == 0)
            {
                continue;
            }

            var quiet = t.Crowd.IsActive ? Quiet(t, s) + source.UnansweredMicros : Quiet(t, s);
            if (quiet > (t.Crowd.IsActive ? SuspectInCrowdMicros : source.BlocksReceived > 0 ? limit : SuspectMicros))
            {
                source.Suspect = true;
                source.ProbeAgainMicros = t.Now + (FirstProbeAgainMicros << Math.Min(source.Probes, 4));
                source.Probes++;
                WithdrawAll(t, s, cancel: true);
            }
            else
            {
                Rate(t, s);
            }
        }
    }

    /// <summary>
    /// After a seek or a close: takes back what no window wants any more, unless it will be here before the cancel could save
    /// anything (a block cancelled in mid-flight is pure waste).
    /// </summary>
    public static void DropUnwanted(SwarmTables t)
    {
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources[s] is not { IsOrigin: false } source)
            {
                continue;
            }

            var underWay = 1 + (int)Math.Min(MaxDepth, source.RttMicros / Math.Max(1, t.Sources.MicrosPerBlock[s]));
            if (Quiet(t, s) > QuietMicros)
            {
                underWay = 0;
            }

            for (var i = source.Queue.Count - 1; i >= underWay; i--)
            {
                if (!Playback.IsWanted(t, source.Queue[i].Block))
                {
                    Withdraw(t, s, i);
                }
            }
        }
    }

    public static int Depth(SwarmTables t, int slot)
    {
        var source = t.Sources[slot]!;
        if (!source.Proven)
        {
            return 1;
        }

        var perBlock = t.Sources.MicrosPerBlock[slot];
        var depth = 1 + ((source.RttMicros + QueueMicros + perBlock - 1) / Math.Max(1, perBlock));
        var slots = source.Slots > 0 ? source.Slots : DefaultSlots;
        return (int)Math.Clamp(Math.Max(depth, Pulses.Depth(source)), Math.Min(2, slots), Math.Min(slots, MaxDepth));
    }

    private static int Room(SwarmTables t, int slot)
    {
        var source = t.Sources[slot]!;
        if (source.IsOrigin || source.Serves is null)
        {
            return 0;
        }

        var memory = (t.MemoryWindowBytes / Block) - t.Sources.InFlightBlocks;
        return (int)Math.Min(memory, Depth(t, slot) - source.Queue.Count);
    }

    private static bool FillOne(SwarmTables t, int slot)
    {
        var block = t.Policy.Pick(t.View, slot);
        if (block < 0)
        {
            return false;
        }

        Request(t, slot, block);
        var source = t.Sources[slot]!;
        if (source.Kind is SourceKind.Mirror or SourceKind.WebSeed && source.Proven)
        {
            for (var b = block + 1; b < block + HttpRunBlocks && Playback.IsWanted(t, b) && Playback.NextServable(t, slot, b, b + 1) == b; b++)
            {
                Request(t, slot, b);
            }
        }

        return true;
    }

    private static void Remember(SwarmTables t, int slot, int index)
    {
        var source = t.Sources[slot]!;
        if (index != 0)
        {
            return;
        }

        var open = t.Now - Math.Max(Math.Max(source.LastProgressMicros, source.LastArrivalMicros), source.Queue[0].SentAtMicros);
        source.UnansweredMicros += Math.Max(0, open - source.RttMicros);
        if (Quiet(t, slot) <= QuietMicros)
        {
            return;
        }

        var since = Math.Max(source.LastArrivalMicros, source.Queue[0].SentAtMicros + source.RttMicros);
        var got = source.ProgressBytes > 0 ? source.ProgressBytes : 256;
        t.Predictor.Observe(slot, new TransferSample(got, Math.Max(1, t.Now - since), 0, 0));
    }
}
