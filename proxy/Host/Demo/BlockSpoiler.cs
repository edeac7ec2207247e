using System.Buffers.Binary;
using Swarm.Protocol;

namespace Swarm.Proxy.Demo;

/// <summary>Follows the messages of one peer (BEP 3) as they pass, in whatever parts, and turns one bit of each block into a lie while it is told to.</summary>
internal sealed class BlockSpoiler
{
    private const int LengthBytes = 4;

    /// <summary>length, id, index, begin; then the block.</summary>
    private const int BlockAt = LengthBytes + 1 + 4 + 4;

    private readonly byte[] _length = new byte[LengthBytes];
    private long _handshakeLeft = Handshake.Size;
    private long _at;
    private long _end = long.MaxValue;
    private byte _id;

    public void Pass(Span<byte> bytes, bool spoils)
    {
        foreach (ref var b in bytes)
        {
            if (_handshakeLeft > 0)
            {
                _handshakeLeft--;
                continue;
            }

            if (_at < LengthBytes)
            {
                _length[_at] = b;
                _end = _at == LengthBytes - 1 ? LengthBytes + BinaryPrimitives.ReadUInt32BigEndian(_length) : long.MaxValue;
            }
            else if (_at == LengthBytes)
            {
                _id = b;
            }
            else if (_at == BlockAt && _id == (byte)MessageId.Piece && spoils)
            {
                b ^= 1;
            }

            if (++_at == _end)
            {
                _at = 0;
            }
        }
    }
}
