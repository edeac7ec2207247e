namespace Swarm.Core;

/// <summary>
/// What no scheduler can beat: the time until a client can hold so many bytes, if every source delivered at its full rate from its
/// first possible byte on and nothing were sent twice. Measured startups and seeks are stated as multiples of it.
/// <para>
/// bound = min over plans of k · RTT + bytes ÷ capacity. A plan is a set of sources; its k are the round trips before a source's first
/// byte: for a peer 4 at startup (TCP, handshake, interested and unchoke, request) and 1 on a seek (the connection is there), for an
/// origin 2 (TCP, request; 3 with TLS 1.3) at any time, for an open connection 1. With sources of unequal leads a plan ends at the T with
/// Σ rate · (T − lead) = bytes; adding a source helps exactly if its lead is below that T, so the best plan is found by taking the
/// sources in order of lead. The client's own link bounds every plan: first lead + bytes ÷ link.
/// </para>
/// </summary>
public static class Bounds
{
    public const int PeerStartRoundTrips = 4;
    public const int PeerSeekRoundTrips = 1;
    public const int OriginRoundTrips = 2;

    /// <summary>Startup: from the request until <paramref name="mediaBytes"/> (2 s of media) are held. Whole verify units count.</summary>
    /// <param name="sources">All that could serve; leads from the client's request on.</param>
    /// <param name="mediaBytes">Bytes of 2 s of media.</param>
    /// <param name="unitBytes">The verify unit: 16 KiB with leaf hashes, else a piece. No byte leaves before its unit is whole.</param>
    /// <param name="linkBytesPerSecond">The client's link.</param>
    public static long StartupBound(ReadOnlySpan<BoundSource> sources, long mediaBytes, long unitBytes, long linkBytesPerSecond) =>
        Earliest(sources, WholeUnits(0, mediaBytes, unitBytes), linkBytesPerSecond);

    /// <summary>Seek: the same from an arbitrary byte on; the unit that holds it must be whole, and so begins before it.</summary>
    public static long SeekBound(ReadOnlySpan<BoundSource> sources, long fromByte, long mediaBytes, long unitBytes, long linkBytesPerSecond) =>
        Earliest(sources, WholeUnits(fromByte, mediaBytes, unitBytes), linkBytesPerSecond);

    private static long WholeUnits(long fromByte, long bytes, long unit)
    {
        var first = fromByte / unit;
        var end = (fromByte + Math.Max(1, bytes) + unit - 1) / unit;

        // With 16 KiB units the last is cut by the content; counting it whole is 16 KiB too much at most.
        return (end - first) * unit;
    }

    private static long Earliest(ReadOnlySpan<BoundSource> sources, long bytes, long link)
    {
        Span<BoundSource> byLead = sources.Length <= 64 ? stackalloc BoundSource[sources.Length] : new BoundSource[sources.Length];
        sources.CopyTo(byLead);
        byLead.Sort((a, b) => a.LeadMicros != b.LeadMicros ? a.LeadMicros.CompareTo(b.LeadMicros) : b.BytesPerSecond.CompareTo(a.BytesPerSecond));
        var best = long.MaxValue;
        Int128 rate = 0;
        Int128 credit = 0; // Σ rate · lead, in byte-microseconds per second
        foreach (var source in byLead)
        {
            if (source.BytesPerSecond <= 0 || source.LeadMicros >= best)
            {
                continue;
            }

            rate += source.BytesPerSecond;
            credit += (Int128)source.BytesPerSecond * source.LeadMicros;
            var end = (((Int128)bytes * 1_000_000) + credit + rate - 1) / rate;
            best = (long)Int128.Min(best, end);
        }

        if (best == long.MaxValue)
        {
            return best;
        }

        var first = byLead[0].LeadMicros;
        return Math.Max(best, first + (bytes * 1_000_000 / Math.Max(1, link)));
    }
}
