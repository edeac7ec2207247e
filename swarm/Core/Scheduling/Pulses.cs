namespace Swarm.Core;

/// <summary>
/// Sources that serve in pulses: Transmission answers what waits each half second (its bandwidth tick), so a queue of what the rate
/// explains would set the rate. One that answered everything in each pulse, though its queue was as full as it may be, is asked for
/// twice as much, and silence between pulses is no evidence against it. A queue that is short since nobody wants more tells nothing.
/// </summary>
internal static class Pulses
{
    /// <summary>Less is jitter.</summary>
    private const long MinGapMicros = 150_000;

    /// <summary>No habit, but a stall.</summary>
    private const long MaxGapMicros = 1_000_000;

    /// <summary>As often in a row it is a habit.</summary>
    private const int HabitPulses = 3;

    /// <summary>2 MiB: 4 MB/s in pulses of half a second.</summary>
    private const int MaxDepth = 128;

    /// <summary>Without a gap for this long it serves steadily.</summary>
    private const long SteadyMicros = 2_500_000;

    /// <summary>A requested block came; before it is booked off.</summary>
    public static void Arrived(SwarmTables t, int slot, in Outstanding request)
    {
        var source = t.Sources[slot]!;
        var gap = t.Now - Math.Max(source.LastArrivalMicros, request.SentAtMicros + source.RttMicros);
        if (gap >= MinGapMicros)
        {
            // Exactly what waited: then the queue ended the pulse. One that went on with what was asked meanwhile was ended by something
            // else (libtorrent's quota, each half second too), and a longer queue would only wait there.
            var answeredAll = source.BurstAsked > 1 && source.BurstBlocks == source.BurstAsked;
            source.PulseDepth = answeredAll
                ? Math.Min(MaxDepth, 2 * Math.Max(source.PulseDepth, source.BurstAsked))
                : Math.Min(source.PulseDepth, Math.Max(2 * source.BurstBlocks, source.PulseDepth * 7 / 8));
            source.PulseMicros = source.Pulses == 0 ? gap : ((3 * source.PulseMicros) + gap) / 4;
            // One block a gap is a slow source, and a burst as long as the gap an uneven one; neither pulses. The habit is learned from pulses
            // that the queue ended, and lasts as long as it pulses.
            var isPulse = source.BurstBlocks >= 2 && gap <= MaxGapMicros && source.LastArrivalMicros - source.BurstAtMicros < gap / 4;
            source.Pulses = isPulse && (answeredAll || source.Pulses == HabitPulses) ? Math.Min(source.Pulses + 1, HabitPulses) : 0;
            source.BurstAtMicros = t.Now;
            source.BurstAsked = source.Queue.Count >= Assign.Depth(t, slot) ? source.Queue.Count : 0;
            source.BurstBlocks = 1;
            return;
        }

        source.BurstBlocks++;
        if (source.Pulses > 0 && t.Now - source.BurstAtMicros > SteadyMicros)
        {
            source.Pulses = 0;
            source.PulseDepth = 0;
        }
    }

    /// <summary>Requests that a pulse is to find; 0 for a source without the habit.</summary>
    public static int Depth(Source source) => source.Pulses >= HabitPulses ? source.PulseDepth : 0;

    /// <summary>Silence that is its habit.</summary>
    public static long AllowanceMicros(Source source) => source.Pulses >= HabitPulses ? source.PulseMicros * 5 / 4 : 0;
}
