using System.Text;

namespace Swarm.Proxy.Front;

/// <summary>
/// Reads the octets of Content-Length for the HTTP server, which parses them as any integer: a sign would pass there, and be no
/// number to the next hop (RFC 9112 §6.3, §11.2). Whatever is no digit becomes a question mark, so the server refuses the request.
/// </summary>
internal sealed class ContentLengthOctets : Encoding
{
    /// <summary>What the server reads at most; a longer text is no length that fits.</summary>
    private const int CharsMax = 20;

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetCharCount(byte[] bytes, int index, int count) => Math.Min(count, CharsMax);

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        var count = Math.Min(Math.Min(bytes.Length, CharsMax), chars.Length);
        for (var i = 0; i < count; i++)
        {
            chars[i] = bytes.Length <= CharsMax && char.IsAsciiDigit((char)bytes[i]) ? (char)bytes[i] : '?';
        }

        return count;
    }

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount;
}
