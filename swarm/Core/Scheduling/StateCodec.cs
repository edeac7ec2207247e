using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Swarm.Core;

/// <summary>
/// Writes or reads a state field by field in one order: a table has one <c>Exchange</c> for both ways, so they cannot drift apart.
/// Little-endian.
/// </summary>
internal ref struct StateCodec
{
    private readonly IBufferWriter<byte>? _writer;
    private ReadOnlySpan<byte> _rest;

    public StateCodec(IBufferWriter<byte> writer) => _writer = writer;

    public StateCodec(ReadOnlySpan<byte> source) => _rest = source;

    public readonly bool Reading => _writer is null;

    public readonly bool AtEnd => _rest.IsEmpty;

    public void Value(ref long value)
    {
        if (_writer is not null)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_writer.GetSpan(8), value);
            _writer.Advance(8);
            return;
        }

        value = BinaryPrimitives.ReadInt64LittleEndian(Take(8));
    }

    public void Value(ref int value)
    {
        long wide = value;
        Value(ref wide);
        value = (int)wide;
    }

    public void Value(ref bool value)
    {
        long wide = value ? 1 : 0;
        Value(ref wide);
        value = wide != 0;
    }

    public void Value(ref double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        Value(ref bits);
        value = BitConverter.Int64BitsToDouble(bits);
    }

    public void Value(ref ulong value)
    {
        var wide = (long)value;
        Value(ref wide);
        value = (ulong)wide;
    }

    /// <summary>The first <paramref name="count"/> elements of an array; on reading it is replaced when too short.</summary>
    public void Array<T>(ref T[] values, int count)
        where T : unmanaged
    {
        var length = count;
        Value(ref length);
        if (length < 0)
        {
            throw new InvalidDataException("a saved state has a negative length");
        }

        if (_writer is not null)
        {
            var bytes = MemoryMarshal.AsBytes(values.AsSpan(0, length));
            _writer.Write(bytes);
            return;
        }

        var from = MemoryMarshal.Cast<byte, T>(Take(checked(length * System.Runtime.CompilerServices.Unsafe.SizeOf<T>())));
        if (values.Length < length)
        {
            values = new T[length];
        }

        System.Array.Clear(values);
        from.CopyTo(values);
    }

    /// <summary>Bytes that another type wrote by itself.</summary>
    public void Blob(ref byte[] bytes) => Array(ref bytes, bytes.Length);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new InvalidDataException($"a saved state ends {count - _rest.Length} B too early");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
