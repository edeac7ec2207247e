using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Swarm.Protocol;

/// <summary>Writes bencoded values in the order given, without allocating. Keys must be given ascending; <see cref="BencodeTree"/> sorts by itself.</summary>
/// <param name="to">Where the bytes go.</param>
public readonly struct BencodeWriter(IBufferWriter<byte> to)
{
    public void Integer(long value)
    {
        var span = to.GetSpan(22);
        span[0] = (byte)'i';
        Utf8Formatter.TryFormat(value, span[1..], out var digits);
        span[digits + 1] = (byte)'e';
        to.Advance(digits + 2);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Length(value.Length);
        to.Write(value);
    }

    public void Text(string value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        Length(count);
        Encoding.UTF8.GetBytes(value, to.GetSpan(count));
        to.Advance(count);
    }

    public void BeginList() => Mark((byte)'l');

    public void BeginDictionary() => Mark((byte)'d');

    public void End() => Mark((byte)'e');

    /// <summary>A value that is already encoded.</summary>
    public void Raw(ReadOnlySpan<byte> encoded) => to.Write(encoded);

    private void Mark(byte mark)
    {
        to.GetSpan(1)[0] = mark;
        to.Advance(1);
    }

    private void Length(int length)
    {
        var span = to.GetSpan(12);
        Utf8Formatter.TryFormat(length, span, out var digits);
        span[digits] = (byte)':';
        to.Advance(digits + 1);
    }
}
