namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>CPU time of sweeps and of ss, in microseconds; what else ran on the machine is not in it.</summary>
public sealed record SweepCost(int Sockets, double MinMicros, double MedianMicros, double SsMinMicros, double SsMedianMicros, long AllocatedBytes)
{
    public double MicrosPerSocket => MedianMicros / Math.Max(1, Sockets);

    public double TimesCheaper => SsMedianMicros / Math.Max(1, MedianMicros);
}
