using System.Buffers;
using System.Text;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Origin;

/// <summary>
/// Writes the head of a request (RFC 9112 §3, §5) from parsed fields, never from bytes a client sent: Host from the target, then
/// the fields in their order.
/// </summary>
internal static class RequestWriter
{
    private static readonly SearchValues<char> TokenChars = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>A rented buffer with the head in its first <paramref name="count"/> bytes; null if a field could not stand in one, which would split it.</summary>
    /// <param name="asked">The upstream proxy that is asked, in absolute-form and with the credentials for it; null for the origin itself.</param>
    public static byte[]? Write(OriginRequest request, UpstreamProxy? asked, out int count)
    {
        var target = request.Target;
        var uri = asked is not null ? target.Url : target.PathAndQuery.Length > 0 ? target.PathAndQuery : "*"; // RFC 9112 §3.2.4
        var length = request.Method.Length + uri.Length + target.Authority.Length + 64 + (asked?.Authorization?.Length ?? 0);
        foreach (var (name, value) in request.Fields)
        {
            length += name.Length + value.Length + 4;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(length);
        count = 0;
        var at = 0;
        var sound = Put(request.Method, buffer, ref at) && Put(" ", buffer, ref at) && Put(uri, buffer, ref at)
            && Put(" HTTP/1.1\r\nHost: ", buffer, ref at, framing: true) && Put(target.Authority, buffer, ref at) && Put("\r\n", buffer, ref at, framing: true);
        if (asked?.Authorization is { } credentials)
        {
            sound = sound && Put("Proxy-Authorization: ", buffer, ref at) && Put(credentials, buffer, ref at) && Put("\r\n", buffer, ref at, framing: true);
        }

        foreach (var (name, value) in request.Fields)
        {
            sound = sound && name.Length > 0 && !name.AsSpan().ContainsAnyExcept(TokenChars) && Put(name, buffer, ref at)
                && Put(": ", buffer, ref at) && Put(value, buffer, ref at) && Put("\r\n", buffer, ref at, framing: true);
        }

        if (!sound || !Put("\r\n", buffer, ref at, framing: true))
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return null;
        }

        count = at;
        return buffer;
    }

    private static bool Put(string text, byte[] to, ref int at, bool framing = false)
    {
        foreach (var c in text)
        {
            if (c > '\xff' || (!framing && (c is '\x7f' || (c < ' ' && c != '\t'))))
            {
                return false;
            }
        }

        at += Encoding.Latin1.GetBytes(text, to.AsSpan(at));
        return true;
    }
}
