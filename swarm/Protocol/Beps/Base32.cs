namespace Swarm.Protocol;

/// <summary>RFC 4648 §6 base32, reading only, as old magnets spell an infohash.</summary>
internal static class Base32
{
    /// <summary>Reads 32 digits as 20 bytes.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> to)
    {
        if (text.Length * 5 != to.Length * 8)
        {
            return false;
        }

        var buffer = 0;
        var bits = 0;
        var at = 0;
        foreach (var c in text)
        {
            var digit = char.ToUpperInvariant(c) switch
            {
                >= 'A' and <= 'Z' and var letter => letter - 'A',
                >= '2' and <= '7' and var number => number - '2' + 26,
                _ => -1,
            };
            if (digit < 0)
            {
                return false;
            }

            buffer = ((buffer << 5) | digit) & 0xfff;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                to[at++] = (byte)(buffer >> bits);
            }
        }

        return true;
    }
}
