namespace Swarm.Lab.Harness.Network;

/// <summary>What a host's line can do. Rates in bit/s, 0 for no limit; half of its part of a round trip, each way.</summary>
public sealed record LineRate(double UpBits, double DownBits, TimeSpan OneWay)
{
    public static readonly LineRate Unlimited = new(0, 0, TimeSpan.Zero);

    /// <summary>Packets that would wait longer in a queue are dropped: 150 ms, an ordinary modem.</summary>
    public TimeSpan Queue { get; init; } = TimeSpan.FromMilliseconds(150);
}
