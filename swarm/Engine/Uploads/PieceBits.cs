namespace Swarm.Engine;

/// <summary>Pieces as a bitfield of the wire has them: the first piece in the high bit of the first byte, spare bits zero. Not thread-safe.</summary>
internal sealed class PieceBits(int count)
{
    private readonly byte[] _bytes = new byte[(count + 7) / 8];

    public int Count => count;

    /// <summary>Pieces in the set.</summary>
    public int Held { get; private set; }

    public bool IsComplete => Held == count;

    public bool this[int piece]
    {
        get => (_bytes[piece >> 3] & (0x80 >> (piece & 7))) != 0;
        set
        {
            if (this[piece] != value)
            {
                _bytes[piece >> 3] ^= (byte)(0x80 >> (piece & 7));
                Held += value ? 1 : -1;
            }
        }
    }

    /// <summary>A copy for the wire.</summary>
    public ReadOnlyMemory<byte> ToWire() => _bytes.AsMemory().ToArray();
}
