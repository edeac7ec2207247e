namespace Swarm.Core;

/// <summary>Reducer of what comes in: bytes, blocks, verdicts.</summary>
internal static class Arrivals
{
    public static void Progress(SwarmTables t, int slot, in SwarmEvent e)
    {
        var source = t.Sources[slot]!;
        if (source.IsOrigin)
        {
            OriginReducer.Progress(t, slot, e.A, (int)Math.Clamp(e.B, 0, PieceLayout.BlockSize));
            return;
        }

        if (source.Queue.Count > 0 && source.Queue.IndexOf(e.A) >= 0)
        {
            source.LastProgressMicros = t.Now;
            source.ProgressBlock = e.A;
            source.ProgressBytes = (int)Math.Clamp(e.B, 0, PieceLayout.BlockSize);
        }
    }

    public static void Arrived(SwarmTables t, int slot, in SwarmEvent e)
    {
        if (!t.Blocks.IsBlock(e.A))
        {
            return;
        }

        var source = t.Sources[slot]!;
        if (source.IsOrigin)
        {
            OriginReducer.Delivered(t, slot, e.A);
        }
        else
        {
            Credit(t, slot, e.A);
        }

        if (!t.Blocks.Have[e.A])
        {
            t.Blocks.Park(e.A);
            HashReducer.AskAgain(t, slot, e.A);
        }
    }

    public static void Admitted(SwarmTables t, in SwarmEvent e)
    {
        var slot = t.Sources.SlotOf(e.Id);
        Availability.Clamp(t, e.A, Math.Max(1, e.B), out var from, out var end);
        for (var b = from; b < end; b++)
        {
            if (!t.Blocks.IsBlock(b))
            {
                continue;
            }

            if (slot >= 0)
            {
                if (t.Sources[slot]!.IsOrigin)
                {
                    OriginReducer.Delivered(t, slot, b);
                }
                else
                {
                    // The verdict may come without an arrival before it.
                    Credit(t, slot, b);
                    t.HedgeTokensBytes = Math.Min(
                        t.HedgeTokensBytes + ((long)t.Layout.BlockBytes(b) * t.Options.HedgePerMille / 1000),
                        Math.Max(t.HedgeTokensBytes, (long)t.Options.HedgeBurstBlocks * PieceLayout.BlockSize));
                }
            }

            t.Blocks.Admit(b);
            if (t.Blocks.Holders(b) > 0)
            {
                CancelLosers(t, b);
            }
        }
    }

    public static void Corrupt(SwarmTables t, in SwarmEvent e)
    {
        if (!t.Blocks.IsBlock(e.A))
        {
            return;
        }

        var slot = t.Sources.SlotOf(e.Id);
        if (slot >= 0)
        {
            if (t.Sources[slot]!.Queue.IndexOf(e.A) is >= 0 and var i)
            {
                Assign.Unbook(t, slot, i);
            }

            Availability.Ban(t, slot, e.A);
        }
        else if (e.B > 0)
        {
            t.Trials.Begin(e.A / t.Layout.BlocksPerPiece, (int)e.B, t.Now);
        }

        t.Blocks.Unpark(e.A);
        Playback.StepBack(t, e.A);
    }

    public static void Lost(SwarmTables t, in SwarmEvent e)
    {
        Availability.Clamp(t, e.A, Math.Max(1, e.B), out var from, out var end);
        for (var b = from; b < end; b++)
        {
            if (t.Blocks.IsBlock(b))
            {
                t.Blocks.Lose(b);
            }
        }

        foreach (ref var reader in t.Readers.All)
        {
            if (reader.NeedBlock > from)
            {
                reader.NeedBlock = Math.Max(reader.HeadBlock, from);
                Playback.Refresh(t, ref reader);
            }
        }
    }

    /// <summary>Books the block off, learns from it, clears suspicion. Nothing if it was not outstanding there.</summary>
    private static void Credit(SwarmTables t, int slot, int block)
    {
        var source = t.Sources[slot]!;
        var index = source.Queue.IndexOf(block);
        if (index < 0)
        {
            if (source.Suspect)
            {
                // A request taken back was answered all the same: late, but alive.
                source.Suspect = false;
                source.UnansweredMicros = 0;
                source.LastArrivalMicros = t.Now;
                source.BlocksReceived++;
                Assign.Rate(t, slot);
                Availability.Recount(t);
            }

            return;
        }

        var request = source.Queue[index];
        if (source.BlocksReceived == 0)
        {
            // A round trip nobody measured: at most what the first block took.
            source.RttMicros = Math.Max(1, Math.Min(source.RttMicros, t.Now - request.SentAtMicros));
        }

        var start = Math.Max(request.SentAtMicros + source.RttMicros, source.LastArrivalMicros);
        if (start >= t.Now)
        {
            // Faster than the round trip we believed: half of it was serving.
            start = Math.Max(source.LastArrivalMicros, t.Now - Math.Max(1, (t.Now - request.SentAtMicros) / 2));
        }

        t.Predictor.Observe(slot, new TransferSample(
            request.Bytes, Math.Max(1, t.Now - start), t.Now - request.SentAtMicros, request.ExpectedAtMicros - request.SentAtMicros));
        t.Link.Add(t.Now, request.Bytes);
        Pulses.Arrived(t, slot, request);
        source.LastArrivalMicros = t.Now;
        source.UnansweredMicros = 0;
        source.LastProgressMicros = t.Now;
        source.ProgressBlock = -1;
        source.ProgressBytes = 0;
        source.BlocksReceived++;
        source.Suspect = false;
        source.Probes = 0;
        source.Rejects = 0;
        Assign.Unbook(t, slot, index);
        Assign.Rate(t, slot);
    }

    private static void CancelLosers(SwarmTables t, int block)
    {
        for (var s = 0; s < t.Sources.Slots && t.Blocks.Holders(block) > 0; s++)
        {
            if (t.Sources[s] is { Queue.Count: > 0 } source && source.Queue.IndexOf(block) is >= 0 and var i)
            {
                Assign.Withdraw(t, s, i);
                Assign.Fill(t, s);
            }
        }
    }
}
