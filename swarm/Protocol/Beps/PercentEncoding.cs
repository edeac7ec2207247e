using System.Text;

namespace Swarm.Protocol;

/// <summary>Percent-encoding of raw bytes (RFC 3986 §2.1), as tracker queries and web-seed URLs need it.</summary>
internal static class PercentEncoding
{
    private const string Hex = "0123456789ABCDEF";

    /// <summary>All bytes but the unreserved ones of RFC 3986 §2.3 as %XX.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length * 3);
        foreach (var b in bytes)
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~')
            {
                text.Append((char)b);
            }
            else
            {
                text.Append('%').Append(Hex[b >> 4]).Append(Hex[b & 15]);
            }
        }

        return text.ToString();
    }

    /// <summary>Exactly <paramref name="count"/> bytes from their percent-encoding; null if it is broken or of another length. Other characters stand for themselves.</summary>
    public static byte[]? Decode(ReadOnlySpan<char> text, int count)
    {
        var bytes = new byte[count];
        var at = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                {
                    return null;
                }

                c = (char)Convert.FromHexString(text.Slice(i + 1, 2))[0];
                i += 2;
            }

            if (at == count || c > 0xff)
            {
                return null;
            }

            bytes[at++] = (byte)c;
        }

        return at == count ? bytes : null;
    }

    /// <summary>Text with all but printable ASCII as %XX of its UTF-8 bytes; what is encoded already stays.</summary>
    public static string EncodeNonAscii(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var encoded = new StringBuilder(bytes.Length);
        foreach (var b in bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)))
        {
            if (b is > 0x20 and < 0x7f)
            {
                encoded.Append((char)b);
            }
            else
            {
                encoded.Append('%').Append(Hex[b >> 4]).Append(Hex[b & 15]);
            }
        }

        return encoded.ToString();
    }
}
