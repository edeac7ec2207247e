using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>What the probes found at one instant; each writes its part.</summary>
public sealed class Reading
{
    public long AtMicros { get; private set; }

    public HostSample Host { get; private set; } = new();

    public SampleBuffer Sockets { get; } = new();

    public void Begin(long atMicros)
    {
        AtMicros = atMicros;
        Host = new HostSample { AtMicros = atMicros };
        Sockets.Clear();
    }
}
