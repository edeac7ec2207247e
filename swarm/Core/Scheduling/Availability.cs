namespace Swarm.Core;

/// <summary>Reducer of the source events: who is there, what they have, whether they serve.</summary>
internal static class Availability
{
    private const long FirstAvoidMicros = 1_000_000;

    public static void Joined(SwarmTables t, in SwarmEvent e)
    {
        if (e.Id < 0)
        {
            return;
        }

        if (t.Sources.SlotOf(e.Id) is >= 0 and var known)
        {
            Left(t, known);
        }

        var slot = t.Sources.Add(e.Id);
        var source = t.Sources[slot]!;
        source.Id = e.Id;
        source.Kind = (SourceKind)e.A;
        source.Choked = source.Kind == SourceKind.Peer;
        source.NeverHashes = source.Kind != SourceKind.Peer;
        source.Slots = (int)Math.Clamp(e.B, 0, int.MaxValue);
        source.RttMicros = e.C > 0 ? e.C : t.Options.PriorRttMicros;
        source.ProgressBlock = -1;
        source.JoinedAtMicros = t.Now;
        source.HeardAtMicros = t.Now;
        t.Predictor.Reset(slot, source.RttMicros, t.Options.PriorSourceBytesPerSecond);
        Assign.Rate(t, slot);
        Recount(t);
    }

    public static void Left(SwarmTables t, int slot)
    {
        Assign.WithdrawAll(t, slot, cancel: false);
        if (t.Sources.BlocksPerMicro[slot] > 0)
        {
            t.CapacityBytesPerSecond -= PieceLayout.BlockSize * 1_000_000L / t.Sources.MicrosPerBlock[slot];
        }

        if (t.Runs.IndexOf(slot) is >= 0 and var run)
        {
            t.Runs.RemoveAt(run);
        }

        HashReducer.Forget(t, slot);
        t.Sources.Remove(slot);
        Recount(t);
    }

    public static void Has(SwarmTables t, int slot, in SwarmEvent e, bool has)
    {
        Clamp(t, e.A, e.B, out var from, out var end);
        if (has)
        {
            Crowd.Showed(t, slot, from, end);
        }

        t.Sources.ChangeHas(slot, from, end, has);
        if (has)
        {
            t.Sources[slot]!.Avoid.ClearRun(from, end);
        }

        Recount(t);
    }

    public static void Unchoked(SwarmTables t, int slot)
    {
        t.Sources[slot]!.Choked = false;
        Assign.Rate(t, slot);
        Recount(t);
    }

    public static void Choked(SwarmTables t, int slot, bool dropped)
    {
        t.Sources[slot]!.Choked = true;
        if (dropped)
        {
            Assign.WithdrawAll(t, slot, cancel: false);
        }

        Assign.Rate(t, slot);
        Recount(t);
    }

    public static void AllowedFast(SwarmTables t, int slot, in SwarmEvent e)
    {
        Clamp(t, e.A, e.B, out var from, out var end);
        t.Sources[slot]!.AllowedFast.SetRun(from, end);
        t.Sources[slot]!.HasFast = true;
        Recount(t);
    }

    /// <summary>
    /// A refused block is not asked of this source again for a while, twice as long each time. A refusal while it chokes is the
    /// echo of the choke and says nothing about the block.
    /// </summary>
    public static void Rejected(SwarmTables t, int slot, in SwarmEvent e)
    {
        var source = t.Sources[slot]!;
        if (source.IsOrigin)
        {
            OriginReducer.Failed(t, slot);
            return;
        }

        Clamp(t, e.A, Math.Max(1, e.B), out var from, out var end);
        var ours = false;
        for (var b = from; b < end; b++)
        {
            if (source.Queue.IndexOf(b) is >= 0 and var i)
            {
                Assign.Unbook(t, slot, i);
                ours = true;
                if (!source.Choked)
                {
                    source.Avoid.Set(b);
                }
            }
        }

        if (ours && !source.Choked)
        {
            source.AvoidUntilMicros = t.Now + (FirstAvoidMicros << Math.Min(source.Rejects, 5));
            source.Rejects++;
        }

        Assign.Rate(t, slot);
    }

    public static void Ban(SwarmTables t, int slot, int block)
    {
        var source = t.Sources[slot]!;
        if (source.IsOrigin || source.Banned)
        {
            return; // an origin that fails the tree falsifies the tree: the shell detaches it
        }

        Assign.WithdrawAll(t, slot, cancel: false);
        source.Banned = true;
        source.NeverHashes = true;
        HashReducer.Forget(t, slot);
        Assign.Rate(t, slot);
        t.Emit(DecisionKind.Ban, source.Id, block, 1, t.Now);
        Recount(t);
    }

    /// <summary>Is there a block source that can be asked for something, and one that is worth it?</summary>
    public static void Recount(SwarmTables t)
    {
        Crowd.Recount(t);
        t.PeersPresent = false;
        t.PeersUseful = false;
        for (var s = 0; s < t.Sources.Slots && !t.PeersUseful; s++)
        {
            if (t.Sources[s] is { IsOrigin: false, Serves: not null } source && source.Has.NextSet(0, source.Has.Length) >= 0)
            {
                t.PeersPresent = true;
                t.PeersUseful = !source.Suspect || t.Now >= source.ProbeAgainMicros || source.Queue.Count > 0;
            }
        }
    }

    public static void Clamp(SwarmTables t, int first, long count, out int from, out int end)
    {
        from = Math.Clamp(first, 0, t.Blocks.Count);
        end = (int)Math.Clamp(first + Math.Max(0, count), from, t.Blocks.Count);
    }
}
