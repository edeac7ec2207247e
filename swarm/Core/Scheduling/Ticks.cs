namespace Swarm.Core;

/// <summary>The order in which reducers look again after something changed, and when they want to be woken.</summary>
internal static class Ticks
{
    /// <summary>While something is outstanding: silence is noticed within this.</summary>
    private const long BusyMicros = 50_000;

    /// <summary>While something is wanted but nothing is outstanding: back-offs run out, probes fall due.</summary>
    private const long IdleMicros = 250_000;

    public static void Tick(SwarmTables t)
    {
        t.WakeAtMicros = 0;
        Assign.Watch(t);
        t.Trials.Prune(t);
        Availability.Recount(t);
        HashReducer.Watch(t);
        Playback.RefreshAll(t);
        if (!t.Crowd.IsActive)
        {
            Hedge.Rescue(t); // a crowd has rules of its own for blocks that come late
        }

        OriginReducer.Evaluate(t);
        Hedge.Watch(t);
        Assign.FillAll(t);
    }

    /// <summary>A reader came or went: what no one wants any more is dropped first.</summary>
    public static void ReadersMoved(SwarmTables t)
    {
        Assign.DropUnwanted(t);
        SourcesChanged(t);
    }

    public static void ReaderAdvanced(SwarmTables t)
    {
        if (t.PeersPresent)
        {
            HashReducer.Ensure(t);
            Assign.FillAll(t);
        }
        else if (t.Runs.Count == 0)
        {
            OriginReducer.Evaluate(t);
        }
    }

    public static void SourcesChanged(SwarmTables t)
    {
        Crowd.Recount(t);
        Playback.RefreshAll(t);
        HashReducer.Ensure(t);
        OriginReducer.Evaluate(t);
        Assign.FillAll(t);
    }

    /// <summary>The playheads may step over the block; whoever delivered it has room.</summary>
    public static void Admitted(SwarmTables t, in SwarmEvent e)
    {
        foreach (ref var reader in t.Readers.All)
        {
            if (reader.NeedBlock >= e.A && reader.NeedBlock < e.A + Math.Max(1, e.B))
            {
                Playback.Refresh(t, ref reader);
            }
        }

        if (t.Sources.SlotOf(e.Id) is >= 0 and var slot)
        {
            Assign.Fill(t, slot);
        }
    }

    /// <summary>Asks for a wake-up if there is anything to watch and none is due soon enough.</summary>
    public static void Arm(SwarmTables t)
    {
        var at = t.Sources.InFlightBlocks > 0 || t.Hashes.Asked > 0 || (t.PeersPresent && t.Runs.Count > 0) || (t.Crowd.IsActive && Wants(t)) ? t.Now + BusyMicros
            : Wants(t) ? t.Now + IdleMicros
            : 0;
        if (at != 0 && (t.WakeAtMicros == 0 || t.WakeAtMicros > at || t.WakeAtMicros <= t.Now - IdleMicros))
        {
            t.WakeAtMicros = at;
            t.Emit(DecisionKind.WakeAt, -1, 0, 0, at);
        }
    }

    /// <summary>Some reader misses something and nobody delivers it, though there are sources.</summary>
    private static bool Wants(SwarmTables t)
    {
        if (t.Sources.Slots == 0)
        {
            return false;
        }

        foreach (ref readonly var reader in t.Readers.All)
        {
            if (reader.NeedBlock < reader.EndBlock && t.Runs.SkipClaims(reader.NeedBlock) == reader.NeedBlock)
            {
                return true;
            }
        }

        return false;
    }
}
