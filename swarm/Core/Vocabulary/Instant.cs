namespace Swarm.Core;

/// <summary>A point on the node's monotonic clock, in microseconds since an arbitrary origin. Never wall time.</summary>
public readonly record struct Instant(long Micros) : IComparable<Instant>
{
    public static readonly Instant Zero = new(0);

    /// <summary>Later than everything: "no deadline".</summary>
    public static readonly Instant Never = new(long.MaxValue);

    public static bool operator <(Instant a, Instant b) => a.Micros < b.Micros;
    public static bool operator >(Instant a, Instant b) => a.Micros > b.Micros;
    public static bool operator <=(Instant a, Instant b) => a.Micros <= b.Micros;
    public static bool operator >=(Instant a, Instant b) => a.Micros >= b.Micros;

    /// <summary>Microseconds from <paramref name="b"/> to <paramref name="a"/>.</summary>
    public static long operator -(Instant a, Instant b) => a.Micros - b.Micros;

    /// <summary>Saturates at <see cref="Never"/>.</summary>
    public static Instant operator +(Instant a, long micros) =>
        micros > 0 && a.Micros > long.MaxValue - micros ? Never : new(a.Micros + micros);

    public int CompareTo(Instant other) => Micros.CompareTo(other.Micros);

    public override string ToString() => this == Never ? "never" : $"{Micros / 1000.0:F3} ms";
}
