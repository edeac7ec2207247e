namespace Swarm.Core;

/// <summary>The question that prices the origin: can the peers carry the readers alone?</summary>
internal static class Sufficiency
{
    private const int Block = PieceLayout.BlockSize;

    /// <summary>Peers must have been fast enough for this long, or for a quarter of it when twice as fast as the origin.</summary>
    private const long SufficientMicros = 2_000_000;

    /// <summary>The fastest rate any origin of the swarm has shown, or the prior.</summary>
    public static long OriginRate(SwarmTables t)
    {
        long best = 0;
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources[s] is { IsOrigin: true, BlocksReceived: > 0 })
            {
                best = Math.Max(best, t.Predictor.SlowBytesPerSecond(s));
            }
        }

        return best > 0 ? best : t.OriginBytesPerSecond;
    }

    /// <summary>
    /// May the readers do without the origin? Play, once measured: the peers exceed the consumption and the next missing block comes
    /// in time with 99 %. Else: peers are 1.1 times as fast as the origin itself, and were so for two seconds.
    /// </summary>
    public static bool PeersSuffice(SwarmTables t)
    {
        var peers = t.CapacityBytesPerSecond;
        if (!t.PeersUseful || peers <= 0)
        {
            t.Runs.Released = false;
            t.Runs.SufficientSinceMicros = -1;
            return false;
        }

        var origin = OriginRate(t);
        var faster = peers * 10 >= (t.Runs.Released ? 10 : 11) * origin;
        if (!faster)
        {
            t.Runs.SufficientSinceMicros = -1;
        }
        else if (t.Runs.SufficientSinceMicros < 0)
        {
            t.Runs.SufficientSinceMicros = t.Now;
        }

        var held = t.Runs.SufficientSinceMicros < 0 ? 0 : t.Now - t.Runs.SufficientSinceMicros;
        var fastEnough = faster && (t.Runs.Released || held >= SufficientMicros || (peers >= 2 * origin && held >= SufficientMicros / 4));
        long demand = 0;
        var measured = true;
        foreach (ref readonly var reader in t.Readers.All)
        {
            if (reader.NeedBlock < reader.EndBlock)
            {
                demand += Playback.Rate(t, reader);
                measured &= reader.Kind == ReaderClass.Play && reader.BytesPerSecond > 0;
            }
        }

        var enough = measured
            ? peers * 10 >= (t.Runs.Released ? 11 : 13) * demand && HeadsInTime(t)
            : fastEnough;
        if (!enough)
        {
            t.Runs.Released = false;
        }

        return enough;
    }

    /// <summary>The next missing block of every measured reader arrives in time with 99 %, by the best source's forecast.</summary>
    private static bool HeadsInTime(SwarmTables t)
    {
        var best = -1;
        for (var s = 0; s < t.Sources.Slots; s++)
        {
            if (t.Sources.BlocksPerMicro[s] > 0 && (best < 0 || t.Sources.MicrosPerBlock[s] < t.Sources.MicrosPerBlock[best]))
            {
                best = s;
            }
        }

        if (best < 0)
        {
            return false;
        }

        var forecast = t.Predictor.Predict(best, t.Sources[best]!.OutstandingBytes, Block);
        foreach (ref readonly var reader in t.Readers.All)
        {
            if (reader.NeedBlock >= reader.EndBlock)
            {
                continue;
            }

            // A buffer of a second is lead enough to come back to the origin; without it the block itself must be in time.
            var lead = Playback.Deadline(t, reader, reader.NeedBlock) - t.Now;
            if (lead < (t.Runs.Released ? 300_000 : 1_000_000) && t.CapacityBytesPerSecond < 2 * Playback.Rate(t, reader)
                && forecast.PartsPerMillionBy(lead) < 990_000)
            {
                return false;
            }
        }

        return true;
    }
}
