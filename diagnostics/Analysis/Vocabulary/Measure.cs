namespace Swarm.Diagnostics.Analysis;

/// <summary>One number of a finding: name, value, unit and tier.</summary>
public readonly record struct Measure(string Name, double Value, Unit Unit, Tier Tier);

/// <summary>What a <see cref="Measure"/> counts.</summary>
public enum Unit
{
    Count,
    Bytes,
    BytesPerSecond,
    Micros,

    /// <summary>A quotient of two equal units.</summary>
    Ratio,

    Percent,
}
