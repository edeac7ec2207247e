namespace Swarm.Lab.Harness;

/// <summary>
/// The least time in which a client can hold so many bytes: each source delivers at its full rate from so many round trips
/// on. Nothing real is faster; slow start, unchoke delays and scheduling are not in it.
/// </summary>
public static class FluidBound
{
    /// <summary>Connect, request.</summary>
    public const int OriginRoundTrips = 2;

    /// <summary>The origin's answer (2), its metafile (1), then connect, handshake, interested and unchoke, request.</summary>
    public const int ColdPeerRoundTrips = 3 + 4;

    /// <summary>A request on a connection that is there.</summary>
    public const int WarmRoundTrips = 1;

    public static double Seconds(double bytes, double roundTripSeconds, IReadOnlyList<(double BytesPerSecond, int RoundTrips)> sources)
    {
        // Sources join in the order of their delay; the answer lies in the stretch in which they have delivered enough.
        var ordered = sources.OrderBy(s => s.RoundTrips).ToArray();
        var best = double.PositiveInfinity;
        for (var n = 1; n <= ordered.Length; n++)
        {
            var rate = ordered[..n].Sum(s => s.BytesPerSecond);
            var early = ordered[..n].Sum(s => s.BytesPerSecond * s.RoundTrips * roundTripSeconds);
            best = Math.Min(best, Math.Max((bytes + early) / rate, ordered[n - 1].RoundTrips * roundTripSeconds));
        }

        return best;
    }
}
