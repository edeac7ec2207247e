namespace Swarm.Core;

/// <summary>
/// Reducer of what viewers tell each other about a shared origin: who takes part, and what each has asked it for. What follows for our
/// own requests is in <see cref="Cells"/>.
/// </summary>
internal static class Crowd
{
    /// <summary>A bitfield and what follows it is over by then; what a silent peer shows later, it fetched.</summary>
    private const long FirstShowingMicros = 5_000_000;

    /// <summary>Longer claims are cut: 4 MiB is the largest verify unit that any cell has.</summary>
    private const int MaxClaimBlocks = 256;

    /// <summary>What is claimed of an open-ended run.</summary>
    private const int OpenRunBlocks = 2;

    public static void Keyed(SwarmTables t, in SwarmEvent e)
    {
        var key = (ulong)e.B | 1; // 0 is "none"
        if (e.Id < 0)
        {
            t.Crowd.OwnKey = key;
            Recount(t);
            return;
        }

        var slot = t.Sources.SlotOf(e.Id);
        if (slot < 0 || t.Sources[slot]!.IsOrigin)
        {
            return;
        }

        var source = t.Sources[slot]!;
        source.CrowdKey = key;
        if (e.C == 0)
        {
            source.CrowdRole = source.CrowdRole == CrowdRole.None ? CrowdRole.Silent : source.CrowdRole;
        }
        else if (source.CrowdRole < CrowdRole.Claims)
        {
            source.CrowdRole = CrowdRole.Listens;

            // A newcomer hears what is under way, and so that we have an origin. Of an open-ended run as much as a cell: the rest is not ours to keep.
            foreach (ref readonly var run in t.Runs.All)
            {
                if (t.Crowd.OwnKey != 0 && run.Next < run.End)
                {
                    t.Emit(DecisionKind.Claim, source.Id, run.Next, run.Cell != 0 ? run.End - run.Next : Math.Min(run.End - run.Next, OpenRunBlocks), t.Now);
                }
            }
        }

        Recount(t);
    }

    public static void Claimed(SwarmTables t, int slot, in SwarmEvent e)
    {
        Availability.Clamp(t, e.A, Math.Min(e.B, MaxClaimBlocks), out var from, out var end);
        if (from >= end || t.Sources[slot] is not { CrowdRole: CrowdRole.Listens or CrowdRole.Claims } source)
        {
            return;
        }

        source.Claims.Add(from, end - from, t.Now);
        source.HeardAtMicros = t.Now;
        if (source.CrowdRole != CrowdRole.Claims)
        {
            source.CrowdRole = CrowdRole.Claims;
            Ticks.SourcesChanged(t);
        }
    }

    /// <summary>A silent peer that goes on showing blocks nobody had must have got them somewhere: it counts as one that fetches.</summary>
    public static void Showed(SwarmTables t, int slot, int from, int end)
    {
        var source = t.Sources[slot]!;
        source.HeardAtMicros = source.CrowdRole == CrowdRole.Fetches ? t.Now : source.HeardAtMicros;
        if (source.CrowdRole != CrowdRole.Silent || t.Now - source.JoinedAtMicros < FirstShowingMicros || from >= end || t.Blocks.Have[from])
        {
            return;
        }

        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (s != slot && t.Sources[s] is { IsOrigin: false } other && other.Has[from])
            {
                return;
            }
        }

        source.CrowdRole = CrowdRole.Fetches;
        source.HeardAtMicros = t.Now;
    }

    public static void Recount(SwarmTables t)
    {
        t.Crowd.IsActive = IsAwaited(t);
        for (var s = 0; s < t.Sources.Slots && t.Crowd.OwnKey != 0 && !t.Crowd.IsActive; s++)
        {
            t.Crowd.IsActive = t.Sources[s] is { CrowdRole: >= CrowdRole.Fetches, IsServing: true };
        }
    }

    /// <summary>Viewers are on their way and nobody serves yet, from an origin as thin as a crowd makes it.</summary>
    public static bool IsAwaited(SwarmTables t)
    {
        if (t.Crowd.OwnKey == 0 || t.Now >= t.Crowd.ExpectedUntilMicros || t.OriginBytesPerSecond > t.Options.PriorPlayBytesPerSecond)
        {
            return false;
        }

        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources[s] is { IsOrigin: false, IsServing: true })
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>When a peer that serves us claimed the block last; -1 if none did.</summary>
    public static long ClaimedAt(SwarmTables t, int block)
    {
        long at = -1;
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources[s] is { CrowdRole: CrowdRole.Claims, IsServing: true } source)
            {
                at = Math.Max(at, source.Claims.ClaimedAt(block));
            }
        }

        return at;
    }
}
