using Swarm.Core;

namespace Swarm.Engine;

/// <summary>What the node may give, all swarms together: rate, slots, and who has them. Pure; time comes with each call.</summary>
/// <param name="limitBytesPerSecond">What a person allows (<c>--up-limit</c>); null for what the uplink carries.</param>
/// <param name="seed">Of the optimistic draws.</param>
public sealed class UploadBudget(long? limitBytesPerSecond, ulong seed)
{
    private long? _limit = limitBytesPerSecond;

    public Choker Choker { get; } = new(seed);

    public RateBucket Bucket { get; } = new();

    public UplinkMeter Uplink { get; } = new();

    /// <summary>The smaller of what a person allows and 85 % of what the uplink was measured to carry; null for no limit.</summary>
    public long? BytesPerSecond => (_limit, Uplink.LimitBytesPerSecond) switch
    {
        (null, var measured) => measured,
        (var allowed, null) => allowed,
        ({ } allowed, { } measured) => Math.Min(allowed, measured),
    };

    public int Slots => UploadSlots.For(BytesPerSecond);

    public void Allow(long? bytesPerSecond, Instant now)
    {
        _limit = bytesPerSecond;
        Refresh(now);
    }

    /// <summary>Takes over what changed; true if slots or rate did.</summary>
    public bool Refresh(Instant now)
    {
        var changed = Bucket.BytesPerSecond != BytesPerSecond;
        if (changed)
        {
            Bucket.Limit(BytesPerSecond, now);
        }

        return changed;
    }
}
