using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>What the probes found at one instant; each writes its part.</summary>
public sealed class Reading
{
    public long AtMicros { get; private set; }

    /// <summary>Every connection was asked for; false when only the hot ones were.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>The connections to look at when not every one is asked for.</summary>
    public ReadingBuffer<SocketSample> Wanted { get; } = new();

    public HostSample Host { get; private set; } = new();

    public SampleBuffer Sockets { get; } = new();

    /// <summary>What tracing has counted so far, of the sockets it counted anything of.</summary>
    public ReadingBuffer<SocketTrace> Traces { get; } = new();

    /// <summary>The collapses since the reading before.</summary>
    public ReadingBuffer<CollapseEvent> Collapses { get; } = new();

    public void Begin(long atMicros, bool whole = true)
    {
        AtMicros = atMicros;
        IsWhole = whole;
        Host = new HostSample { AtMicros = atMicros };
        Wanted.Clear();
        Sockets.Clear();
        Traces.Clear();
        Collapses.Clear();
    }

    /// <summary>Gives the reading to an analyser.</summary>
    public void ObserveBy(Analyser analyser) => analyser.Observe(Host, Sockets.Samples, Traces.Items, IsWhole);
}
