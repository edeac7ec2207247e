using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace Swarm.Http;

/// <summary>Field names from the wire: checked to be tokens (RFC 9110 §5.1), and the common ones as one string each, so that a head costs few.</summary>
internal static class FieldNames
{
    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly string[] Common =
    [
        "Accept-Ranges", "Access-Control-Allow-Origin", "Age", "Alt-Svc", "Cache-Control", "Connection", "Content-Disposition", "Content-Encoding",
        "Content-Language", "Content-Length", "Content-Range", "Content-Security-Policy", "Content-Type", "Date", "ETag", "Expires", "Keep-Alive",
        "Last-Modified", "Link", "Location", "Repr-Digest", "Server", "Set-Cookie", "Strict-Transport-Security", "Transfer-Encoding", "Vary", "Via",
        "X-Cache", "X-Content-Type-Options", "X-Frame-Options", "X-Powered-By", "X-XSS-Protection",
    ];

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Known =
        Common.Concat(Common.Select(static name => name.ToLowerInvariant())).ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The name in the spelling received; false if it is no token.</summary>
    public static bool TryGet(ReadOnlySpan<byte> bytes, out string name)
    {
        name = "";
        if (bytes.IsEmpty || bytes.ContainsAnyExcept(TokenBytes))
        {
            return false;
        }

        Span<char> text = stackalloc char[32];
        if (bytes.Length <= text.Length && Known.TryGetValue(text[..Encoding.Latin1.GetChars(bytes, text)], out var known))
        {
            name = known;
            return true;
        }

        name = Encoding.Latin1.GetString(bytes);
        return true;
    }
}
