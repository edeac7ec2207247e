namespace Swarm.Diagnostics.Tcp;

/// <summary>Whole numbers in as many bytes as they need: seven bits a byte, the lowest first; signed ones as zigzag.</summary>
internal static class Varint
{
    private const int MaxBytes = 10;

    public static ulong Zigzag(long value) => (ulong)((value << 1) ^ (value >> 63));

    public static long Unzigzag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    /// <summary>Reads one from the front; false when the bytes end within it, or it is longer than any number.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> from, out ulong value)
    {
        value = 0;
        for (var i = 0; i < MaxBytes && i < from.Length; i++)
        {
            value |= (ulong)(from[i] & 0x7F) << (7 * i);
            if (from[i] < 0x80)
            {
                from = from[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    public static bool TryRead(ref ReadOnlySpan<byte> from, out long value)
    {
        var read = TryRead(ref from, out ulong raw);
        value = Unzigzag(raw);
        return read;
    }
}
