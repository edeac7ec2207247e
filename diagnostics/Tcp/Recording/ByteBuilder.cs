using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Swarm.Diagnostics.Tcp;

/// <summary>A block of a recording while it is made, in an array that is kept.</summary>
internal sealed class ByteBuilder
{
    private byte[] _bytes = new byte[4096];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Begins a block, whose frame is filled in by <see cref="End"/>.</summary>
    public void Begin(BlockKind kind)
    {
        _bytes[0] = (byte)kind;
        Length = RecordingFormat.BlockHeaderBytes;
    }

    public void End()
    {
        var payload = _bytes.AsSpan(RecordingFormat.BlockHeaderBytes, Length - RecordingFormat.BlockHeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(1), payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(5), RecordingFormat.Checksum(_bytes[0], payload));
    }

    public void Unsigned(ulong value)
    {
        Reserve(10);
        while (value >= 0x80)
        {
            _bytes[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _bytes[Length++] = (byte)value;
    }

    public void Signed(long value) => Unsigned(Varint.Zigzag(value));

    public void Fixed(UInt128 value)
    {
        Reserve(16);
        BinaryPrimitives.WriteUInt128LittleEndian(_bytes.AsSpan(Length), value);
        Length += 16;
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    public void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Unsigned((ulong)bytes.Length);
        Raw(bytes);
    }

    private void Reserve(int more)
    {
        if (Length + more > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)BitOperations.RoundUpToPowerOf2((uint)(Length + more)));
        }
    }
}
