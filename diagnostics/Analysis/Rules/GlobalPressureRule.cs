namespace Swarm.Diagnostics.Analysis;

/// <summary>GLOBAL PRESSURE: TCP memory of the machine is above tcp_mem's second value, or was while we watched.</summary>
public sealed class GlobalPressureRule : IHostRule
{
    public bool Holds(HostTrack host) =>
        host.Risen(HostCounter.TCPMemoryPressures) > 0
        || (host.Current.MemPages is { } used && host.Settings.MemPressurePages is { } limit && used >= limit);

    public Finding Report(HostTrack host, IReadOnlyList<SocketTrack> culprits)
    {
        var evidence = new List<Measure>();
        if (host.Current.MemPages is { } used)
        {
            evidence.Add(new("TCP memory", used * Constants.PageBytes, Unit.Bytes, host.Current.Tier));
        }

        if (host.Settings.MemPressurePages is { } limit)
        {
            evidence.Add(new("tcp_mem pressure", limit * Constants.PageBytes, Unit.Bytes, host.Current.Tier));
        }

        evidence.AddRange(Evidence.Counters(host, ("times under pressure", HostCounter.TCPMemoryPressures)));
        return new(
            Verdict.GlobalPressure,
            null,
            "TCP memory of the whole machine is short; buffers of every connection are held down, the healthy ones too.",
            evidence,
            [.. Advice.Culprits(culprits)]);
    }
}
