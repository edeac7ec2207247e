using System.Buffers;
using System.Text;
using Swarm.Engine.Targets;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Tunnel;

/// <summary>The head of a CONNECT request (RFC 9110 §9.3.6): where the tunnel is to end. Its fields are this proxy's alone; of them only Via goes on, to an upstream proxy.</summary>
/// <param name="Status">200 when the request is well-formed; otherwise the status to refuse it with.</param>
internal readonly record struct ConnectHead(int Status, string Sentence, TargetHost Host, int Port)
{
    /// <summary>The value of Proxy-Authorization; null if absent. For this proxy, never for anyone after it.</summary>
    public string? Credentials { get; init; }

    /// <summary>Who has passed the request on, lines joined; null if nobody says so.</summary>
    public string? Via { get; init; }

    /// <summary>The version of the request, as Via names it.</summary>
    public string Protocol { get; init; } = "1.1";

    /// <summary>Clients send a few hundred bytes; the longest host has 255.</summary>
    public const int BytesMax = 16 * 1024;

    private static ReadOnlySpan<byte> Method => "CONNECT "u8;

    private static ReadOnlySpan<byte> End => "\r\n\r\n"u8;

    /// <summary>True, false, or null while too few bytes have come to tell.</summary>
    public static bool? IsConnect(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> start = stackalloc byte[Method.Length];
        var have = (int)Math.Min(buffer.Length, Method.Length);
        buffer.Slice(0, have).CopyTo(start);
        return !Method.StartsWith(start[..have]) ? false : have == Method.Length ? true : null;
    }

    /// <summary>Reads a whole head off the front of <paramref name="buffer"/>; false while it is not complete.</summary>
    public static bool TryRead(in ReadOnlySequence<byte> buffer, out ConnectHead head, out SequencePosition consumed)
    {
        var reader = new SequenceReader<byte>(buffer);
        consumed = buffer.Start;
        if (!reader.TryReadTo(out ReadOnlySequence<byte> text, End, advancePastDelimiter: true))
        {
            if (buffer.Length > BytesMax)
            {
                head = Bad(431, "The CONNECT request is longer than 16 KiB.");
                return true;
            }

            head = default;
            return false;
        }

        consumed = reader.Position;
        head = text.Length > BytesMax ? Bad(431, "The CONNECT request is longer than 16 KiB.") : Parse(Encoding.Latin1.GetString(text));
        return true;
    }

    private static ConnectHead Parse(string text)
    {
        var lines = text.Split("\r\n");
        foreach (var line in lines)
        {
            foreach (var c in line)
            {
                if ((c < ' ' && c != '\t') || c == '\x7f')
                {
                    return Bad(400, "The CONNECT request has a control character in its header.");
                }
            }
        }

        var words = lines[0].Split(' ');
        if (words.Length != 3 || words[2] is not ("HTTP/1.1" or "HTTP/1.0"))
        {
            return Bad(400, "The CONNECT request line is not \"CONNECT host:port HTTP/1.1\".");
        }

        string? credentials = null;
        string? via = null;
        for (var i = 1; i < lines.Length; i++)
        {
            var colon = lines[i].IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || lines[i].AsSpan(0, colon).ContainsAny(' ', '\t'))
            {
                return Bad(400, "The CONNECT request has a malformed header line.");
            }

            var name = lines[i].AsSpan(0, colon);
            var value = lines[i].AsSpan(colon + 1).Trim();
            // RFC 9110 §9.3.6: content of a CONNECT has no meaning, and what follows the head is the tunnel's.
            if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase) || (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && value is not "0"))
            {
                return Bad(400, "A CONNECT request has no body.");
            }

            if (name.Equals("Proxy-Authorization", StringComparison.OrdinalIgnoreCase))
            {
                credentials = value.ToString();
            }
            else if (name.Equals("Via", StringComparison.OrdinalIgnoreCase))
            {
                via = via is null ? value.ToString() : $"{via}, {value}";
            }
        }

        return OriginTarget.TryParseAuthority(words[1], defaultPort: 0, out var host, out var port)
            ? new ConnectHead(200, "", host, port) { Credentials = credentials, Via = via, Protocol = words[2]["HTTP/".Length..] }
            : Bad(400, "CONNECT needs a plain host name or address and a port, as in CONNECT example.com:443.");
    }

    private static ConnectHead Bad(int status, string sentence) => new(status, sentence, default, 0);
}
