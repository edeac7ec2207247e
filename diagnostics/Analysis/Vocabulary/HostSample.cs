namespace Swarm.Diagnostics.Analysis;

/// <summary>What one reading told about TCP of the whole machine (or network namespace).</summary>
public sealed class HostSample
{
    private readonly long[] _counters = new long[Enum.GetValues<HostCounter>().Length];

    public HostSample() => Array.Fill(_counters, -1);

    public long AtMicros { get; set; }

    public Tier Tier { get; set; } = Tier.Exact;

    /// <summary>TCP memory in use; null where /proc/net/sockstat is not to be read.</summary>
    public long? MemPages { get; set; }

    /// <summary>Collapses were being traced when this was read, so none has to be inferred.</summary>
    public bool IsTraced { get; set; }

    /// <summary>Time of all cores inside tcp_collapse so far, by the ticks of a clock; null without a sampler.</summary>
    public long? CollapseTickMicros { get; set; }

    public TcpSettings Settings { get; set; } = TcpSettings.Unknown;

    /// <summary>The counter's value; null where this kernel has none of that name.</summary>
    public long? this[HostCounter counter]
    {
        get => _counters[(int)counter] is >= 0 and var value ? value : null;
        set => _counters[(int)counter] = value ?? -1;
    }
}
