using System.Buffers.Binary;
using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// Connection ids of BEP 15 without a table: a keyed hash of the address and the minute. Who shows one has received at that address what was sent to it.
/// The port does not count: clients keep an id and may send their next request from another one.
/// Thread-safe.
/// </summary>
public sealed class ConnectionIds(byte[] key)
{
    /// <summary>BEP 15: clients use an id for a minute, trackers take it for two.</summary>
    private const long SlotMicros = 60_000_000;

    public ulong Issue(PeerEndpoint to, Instant now) => Of(to, now.Micros / SlotMicros);

    public bool IsValid(ulong id, PeerEndpoint from, Instant now)
    {
        var slot = now.Micros / SlotMicros;
        return Equal(id, Of(from, slot)) | Equal(id, Of(from, slot - 1));
    }

    private static bool Equal(ulong a, ulong b)
    {
        Span<byte> both = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(both, a);
        BinaryPrimitives.WriteUInt64BigEndian(both[8..], b);
        return CryptographicOperations.FixedTimeEquals(both[..8], both[8..]);
    }

    private ulong Of(PeerEndpoint peer, long slot)
    {
        Span<byte> said = stackalloc byte[24];
        peer.WriteAddress(said);
        BinaryPrimitives.WriteInt64BigEndian(said[16..], slot);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, said, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
