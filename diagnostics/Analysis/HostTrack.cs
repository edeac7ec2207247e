namespace Swarm.Diagnostics.Analysis;

/// <summary>The machine over the samples so far.</summary>
public sealed class HostTrack
{
    public HostSample First { get; private set; } = new();

    public HostSample Previous { get; private set; } = new();

    public HostSample Current { get; private set; } = new();

    public int Samples { get; private set; }

    /// <summary>The counters are of a text: totals since the machine started, with nothing to compare them to.</summary>
    public bool IsTotal => Current.Tier == Tier.Imported;

    public TcpSettings Settings => Current.Settings;

    /// <summary>By how much a counter rose since the watch began; a text of totals counts from zero. A counter that fell was reset, and counts anew.</summary>
    public long? Risen(HostCounter counter) => Difference(Current, IsTotal ? null : First, counter);

    /// <summary>What tracing counted on all sockets together.</summary>
    public SocketTrace Traced { get; internal set; }

    /// <summary>Of the skbs that collapses copied, the share that was copied for nothing: the queue did not become shorter by them.</summary>
    public double? Rework =>
        Traced.SkbsRemoved > 0 && Risen(HostCounter.TCPRcvCollapsed) is > 0 and var copied ? Math.Max(0, 1 - ((double)Traced.SkbsRemoved / copied)) : null;

    /// <summary>By how much a counter rose between two readings of it; one that fell was reset, and counts anew.</summary>
    public static long? RisenBetween(long? before, long? now) => before is null || now is null ? null : now >= before ? now - before : now;

    public void Add(HostSample next)
    {
        Previous = Current;
        Current = next;
        First = Samples == 0 ? next : First;
        Samples++;
    }

    private static long? Difference(HostSample now, HostSample? then, HostCounter counter) =>
        now[counter] is not { } value ? null
        : (then?[counter] ?? 0) is var before && value >= before ? value - before
        : value;
}
