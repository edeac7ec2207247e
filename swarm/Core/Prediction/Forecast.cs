namespace Swarm.Core;

/// <summary>
/// The distribution of a transfer time: a floor (the round trip) plus a log-logistic part. Log-logistic, because its quantile and
/// its distribution function need one logarithm or one exponential and its tail is heavier than a log-normal one.
/// </summary>
/// <param name="FloorMicros">No transfer is faster.</param>
/// <param name="MedianMicros">Half of the transfers are faster; ≥ the floor.</param>
/// <param name="SpreadMilli">Scale of the logistic over ln time, in thousandths.</param>
public readonly record struct Forecast(long FloorMicros, long MedianMicros, int SpreadMilli)
{
    /// <summary>Probability, in parts per million, that the transfer takes at most <paramref name="micros"/>.</summary>
    public int PartsPerMillionBy(long micros)
    {
        if (micros <= FloorMicros)
        {
            return 0;
        }

        var part = Math.Max(1, MedianMicros - FloorMicros);
        var u = DeterministicMath.Ln((double)(micros - FloorMicros) / part) * 1000.0 / Math.Max(1, SpreadMilli);
        return (int)(1_000_000.0 / (1.0 + DeterministicMath.Exp(-u)));
    }

    /// <summary>The time within which <paramref name="partsPerMillion"/> of such transfers end, in whole microseconds.</summary>
    public long QuantileMicros(int partsPerMillion)
    {
        var p = Math.Clamp(partsPerMillion, 1, 999_999) / 1_000_000.0;
        var u = DeterministicMath.Ln(p / (1 - p)) * SpreadMilli / 1000.0;
        var micros = FloorMicros + (Math.Max(1, MedianMicros - FloorMicros) * DeterministicMath.Exp(Math.Min(u, 30)));
        return micros >= long.MaxValue / 4 ? long.MaxValue / 4 : (long)micros;
    }
}
