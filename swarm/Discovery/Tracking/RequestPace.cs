using Swarm.Core;

namespace Swarm.Discovery;

/// <summary>How often one address may ask: a bucket of tokens each, of a bounded number of addresses. Pure, mutable.</summary>
internal sealed class RequestPace(double perSecond)
{
    private const double BurstSeconds = 60;

    /// <summary>Buckets of who comes back; who is forgotten begins with a full one.</summary>
    private const int MaxAddresses = 8_192;

    private readonly Dictionary<UInt128, (double Tokens, Instant At)> _buckets = [];

    public bool Takes(UInt128 address, Instant now)
    {
        if (!_buckets.TryGetValue(address, out var bucket))
        {
            if (_buckets.Count >= MaxAddresses)
            {
                _buckets.Clear();
            }

            bucket = (perSecond * BurstSeconds, now);
        }

        var tokens = Math.Min(perSecond * BurstSeconds, bucket.Tokens + ((now - bucket.At) * perSecond / 1e6));
        _buckets[address] = (tokens >= 1 ? tokens - 1 : tokens, now);
        return tokens >= 1;
    }
}
