using System.Buffers.Binary;
using System.Security.Cryptography;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// Randomness of one DHT node: HMAC-SHA256 of a counter. Who does not know the seed cannot guess what comes next, since transaction ids are all that
/// tells an answer from a forgery; who does, as a test, sees the same every time.
/// </summary>
public sealed class DhtRandom
{
    private readonly byte[] _key;
    private readonly byte[] _block = new byte[HMACSHA256.HashSizeInBytes];
    private ulong _counter;
    private int _used = HMACSHA256.HashSizeInBytes;

    /// <param name="seed">32 bytes of the system's randomness, or a test's own.</param>
    public DhtRandom(ReadOnlySpan<byte> seed) => _key = seed.ToArray();

    public void Fill(Span<byte> to)
    {
        Span<byte> counter = stackalloc byte[sizeof(ulong)];
        while (!to.IsEmpty)
        {
            if (_used == _block.Length)
            {
                BinaryPrimitives.WriteUInt64BigEndian(counter, _counter++);
                HMACSHA256.HashData(_key, counter, _block);
                _used = 0;
            }

            var count = Math.Min(to.Length, _block.Length - _used);
            _block.AsSpan(_used, count).CopyTo(to);
            _used += count;
            to = to[count..];
        }
    }

    public ulong Next()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    /// <summary>From 0 to <paramref name="end"/>, without it.</summary>
    public int Below(int end) => (int)(Next() % (ulong)end);

    public NodeId NextId() => new(Next(), Next(), (uint)Next());
}
