namespace Swarm.Core;

/// <summary>
/// Sources that serve in pulses: Transmission answers what waits each half second (its bandwidth tick), so a queue of what the rate
/// explains would set the rate. A source that answered everything it was asked in each pulse is asked for twice as much, and silence
/// between pulses is no evidence against it.
/// </summary>
internal static class Pulses
{
    /// <summary>Less is jitter, and libtorrent under a rate limit: its ticks are of 100 ms, and deep queues there only become duplicates.</summary>
    private const long MinGapMicros = 300_000;

    /// <summary>No habit, but a stall.</summary>
    private const long MaxGapMicros = 1_000_000;

    /// <summary>As often in a row it is a habit.</summary>
    private const int HabitPulses = 3;

    /// <summary>2 MiB: 4 MB/s in pulses of half a second.</summary>
    private const int MaxDepth = 128;

    /// <summary>Without a gap for this long it serves steadily.</summary>
    private const long SteadyMicros = 2_500_000;

    /// <summary>A requested block came; before it is booked off.</summary>
    public static void Arrived(SwarmTables t, Source source, in Outstanding request)
    {
        var gap = t.Now - Math.Max(source.LastArrivalMicros, request.SentAtMicros + source.RttMicros);
        if (gap >= MinGapMicros && request.SentAtMicros > source.LastArrivalMicros)
        {
            // Nothing was asked of it meanwhile: the pause was ours, and what comes late after it waited behind others in its send buffer.
            (source.BurstAtMicros, source.BurstAsked, source.BurstBlocks) = (t.Now, source.Queue.Count, 1);
            return;
        }

        if (gap >= MinGapMicros)
        {
            var answeredAll = source.BurstBlocks >= source.BurstAsked && source.BurstAsked > 1;
            source.PulseDepth = answeredAll
                ? Math.Min(MaxDepth, 2 * Math.Max(source.PulseDepth, source.BurstAsked))
                : Math.Min(source.PulseDepth, Math.Max(2 * source.BurstBlocks, source.PulseDepth * 7 / 8));
            source.PulseMicros = source.Pulses == 0 ? gap : ((3 * source.PulseMicros) + gap) / 4;
            // One block a gap is a slow source, and a burst as long as the gap an uneven one; neither pulses.
            var isPulse = source.BurstBlocks >= 2 && gap <= MaxGapMicros && source.LastArrivalMicros - source.BurstAtMicros < gap / 4;
            source.Pulses = !isPulse ? 0 : Math.Min(source.Pulses + 1, HabitPulses);
            source.BurstAtMicros = t.Now;
            source.BurstAsked = source.Queue.Count;
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
