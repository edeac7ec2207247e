namespace Swarm.Diagnostics.Analysis;

/// <summary>The numbers that every finding about a connection shows, and what a rule adds to them.</summary>
internal static class Evidence
{
    public static IReadOnlyList<Measure> Of(SocketTrack socket, params ReadOnlySpan<Measure> more)
    {
        ref readonly var s = ref socket.Current;
        var measures = new List<Measure>
        {
            new("rmem_alloc", s.RmemAllocBytes, Unit.Bytes, s.Tier),
            new("rcvbuf", s.RcvbufBytes, Unit.Bytes, s.Tier),
            new("payload", s.PayloadBytes, Unit.Bytes, s.Tier),
        };
        if (socket.BloatRatio is { } ratio)
        {
            measures.Add(new("bloat ratio", ratio, Unit.Ratio, s.Tier));
        }

        measures.Add(new("reclaimable", socket.ReclaimableBytes, Unit.Bytes, Tier.Inferred));
        measures.AddRange(more);
        return measures;
    }

    /// <summary>What counters rose by; one that this kernel lacks is left out, not shown as zero.</summary>
    public static IEnumerable<Measure> Counters(HostTrack host, params (string Name, HostCounter Counter)[] counters) =>
        counters.Select(c => (c.Name, Risen: host.Risen(c.Counter))).Where(c => c.Risen is not null)
            .Select(c => new Measure(c.Name, c.Risen!.Value, Unit.Count, host.Current.Tier));

    public static Finding Finding(this SocketTrack socket, Verdict verdict, string cause, IReadOnlyList<string> advice, params ReadOnlySpan<Measure> more) =>
        new(verdict, socket.Current, cause, Of(socket, more), advice);
}
