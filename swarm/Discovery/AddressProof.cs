using System.Buffers.Binary;
using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// A number that shows that its holder receives what is sent to an address, without a table of who was given which: a keyed hash of the address and of the
/// time, in slots. It is good in its slot and in the next one. BEP 15 calls it connection id, BEP 5 token. The port does not count: clients may send their next
/// packet from another one, and a NAT may change it. Thread-safe.
/// </summary>
/// <remarks>Guessing one of 64 bits at a thousand packets a second takes longer than a billion slots.</remarks>
public sealed class AddressProof(byte[] key, TimeSpan slot)
{
    // Slots are counted from the first proof on.
    private long _begun = long.MinValue;

    public ulong For(PeerEndpoint to, Instant now) => Of(to, SlotOf(now));

    public bool IsGood(ulong proof, PeerEndpoint from, Instant now)
    {
        var current = SlotOf(now);
        return Equal(proof, Of(from, current)) | Equal(proof, Of(from, current - 1));
    }

    private static bool Equal(ulong a, ulong b)
    {
        Span<byte> both = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(both, a);
        BinaryPrimitives.WriteUInt64BigEndian(both[8..], b);
        return CryptographicOperations.FixedTimeEquals(both[..8], both[8..]);
    }

    private long SlotOf(Instant now)
    {
        var begun = Interlocked.CompareExchange(ref _begun, now.Micros, long.MinValue);
        return (now.Micros - (begun == long.MinValue ? now.Micros : begun)) / (long)slot.TotalMicroseconds;
    }

    private ulong Of(PeerEndpoint peer, long at)
    {
        Span<byte> said = stackalloc byte[24];
        peer.WriteAddress(said);
        BinaryPrimitives.WriteInt64BigEndian(said[16..], at);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, said, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
