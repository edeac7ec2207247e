namespace Swarm.Core;

/// <summary>What a peer claimed.</summary>
internal struct PeerClaim
{
    public int First;
    public int Count;
    public long AtMicros;
}

/// <summary>The newest claims of one peer. A node has few requests at its origin at once; what is older has come or never will.</summary>
internal sealed class ClaimRing
{
    private const int Kept = 8;

    private PeerClaim[] _claims = new PeerClaim[Kept];
    private int _next;

    public void Add(int first, int count, long nowMicros)
    {
        _claims[_next] = new() { First = first, Count = count, AtMicros = nowMicros };
        _next = (_next + 1) % Kept;
    }

    /// <summary>When the block was claimed last; -1 if it was not.</summary>
    public long ClaimedAt(int block)
    {
        long at = -1;
        foreach (ref readonly var claim in _claims.AsSpan())
        {
            if (block >= claim.First && block - claim.First < claim.Count)
            {
                at = Math.Max(at, claim.AtMicros);
            }
        }

        return at;
    }

    public void Exchange(ref StateCodec codec)
    {
        codec.Value(ref _next);
        codec.Array(ref _claims, Kept);
    }
}
