using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// How many bytes may answer whom. The source of a packet is anyone's word until it has answered a query of ours, and a get_peers answer is three to ten times the
/// query: without bounds every node would be a loudspeaker for whoever forges sources. Towards strangers no more than three quarters of what comes in goes out, but for
/// <see cref="FreeBytesPerSecond"/>; towards one network no more than it sent, but for <see cref="NetworkBytesPerSecond"/>.
/// </summary>
/// <remarks>The books are arrays of fixed size: a flood from a million sources needs no memory. Networks that share a place share a budget, which only makes it tighter.</remarks>
internal sealed class AnswerBudget
{
    /// <summary>Credit that strangers' answers may draw at once: 200 whole answers.</summary>
    public const int FreeBytes = 64 << 10;

    /// <summary>15 whole answers a second: what a node of the public DHT is asked in quiet times.</summary>
    public const int FreeBytesPerSecond = 4 << 10;

    /// <summary>Three whole answers, as many as one lookup of an honest node needs of us.</summary>
    public const int NetworkBytes = 1 << 10;

    public const int NetworkBytesPerSecond = 64;

    /// <summary>Who has answered us is who he says: 10 whole answers a second, 60 at once.</summary>
    public const int KnownBytes = 20 << 10;

    public const int KnownBytesPerSecond = 3 << 10;

    /// <summary>All that goes to nodes that have answered us: a megabit a second.</summary>
    public const int AllKnownBytes = 128 << 10;

    private const int Places = 4_096;

    private readonly ulong _key;
    private readonly Bucket[] _networks = new Bucket[Places];
    private readonly Bucket[] _known = new Bucket[Places];
    private Bucket _strangers;
    private Bucket _allKnown;

    /// <param name="key">Decides who shares a place with whom; unknown to others.</param>
    public AnswerBudget(ulong key) => _key = key;

    /// <summary>A datagram came, of whatever kind.</summary>
    public void Received(int bytes, Instant now) => _strangers.Earn(bytes * 3 / 4, FreeBytes, FreeBytesPerSecond, now);

    /// <summary>Longest answer to a query of <paramref name="bytes"/> from there.</summary>
    /// <param name="isKnown">It has answered a query of ours.</param>
    public int Allowed(PeerEndpoint source, int bytes, bool isKnown, Instant now)
    {
        ref var place = ref PlaceOf(source, isKnown);
        if (isKnown)
        {
            return (int)Math.Min(place.Left(KnownBytes, KnownBytesPerSecond, now), _allKnown.Left(AllKnownBytes, AllKnownBytes, now));
        }

        place.Earn(bytes, NetworkBytes, NetworkBytesPerSecond, now);
        return (int)Math.Min(place.Left(NetworkBytes, NetworkBytesPerSecond, now), _strangers.Left(FreeBytes, FreeBytesPerSecond, now));
    }

    public void Spent(PeerEndpoint source, int bytes, bool isKnown)
    {
        PlaceOf(source, isKnown).Spend(bytes);
        if (isKnown)
        {
            _allKnown.Spend(bytes);
        }
        else
        {
            _strangers.Spend(bytes);
        }
    }

    private ref Bucket PlaceOf(PeerEndpoint source, bool isKnown)
    {
        var network = DhtNetwork.Of(source).Key;
        var hash = SplitMix64.Mix(_key ^ (ulong)network ^ ((ulong)(network >> 64) * 0x9E3779B97F4A7C15));
        return ref (isKnown ? _known : _networks)[hash % Places];
    }

    /// <summary>A token bucket of bytes that begins full.</summary>
    private struct Bucket
    {
        private long _spent;
        private long _atMicros;

        public long Left(int capacity, int perSecond, Instant now)
        {
            var refill = (now.Micros - _atMicros) * perSecond / 1_000_000;
            if (refill > 0)
            {
                _spent = Math.Max(0, _spent - refill);
                _atMicros = now.Micros;
            }

            return capacity - _spent;
        }

        public void Earn(int bytes, int capacity, int perSecond, Instant now)
        {
            Left(capacity, perSecond, now);
            _spent = Math.Max(0, _spent - bytes);
        }

        public void Spend(int bytes) => _spent += bytes;
    }
}
