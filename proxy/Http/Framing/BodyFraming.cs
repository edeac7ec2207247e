namespace Swarm.Http;

/// <summary>How a response says where its content ends.</summary>
public enum BodyKind : byte
{
    /// <summary>There is none: HEAD, 1xx, 204, 304.</summary>
    None,

    /// <summary>After that many bytes.</summary>
    Length,

    /// <summary>With the last chunk.</summary>
    Chunked,

    /// <summary>With the connection; nothing tells a whole one from a torn one but how the connection ends.</summary>
    UntilClose,
}

/// <summary>Where a response's content ends, by RFC 9112 §6.3, and whether another response may follow on the same connection.</summary>
/// <param name="Length">Bytes, for <see cref="BodyKind.Length"/>.</param>
/// <param name="Persistent">§9.3: the connection stays open, and nothing about this message was doubtful.</param>
public readonly record struct BodyFraming(BodyKind Kind, long Length, bool Persistent)
{
    /// <summary>
    /// Decides in the order of §6.3. On success the head's Content-Length, if it stays, is one plain number; beside a transfer
    /// coding it is removed, as §6.3 demands of who forwards the message.
    /// </summary>
    public static FramingFault? Decide(string requestMethod, ResponseHead head, out BodyFraming framing)
    {
        framing = default;
        var fields = head.Fields;
        var persistent = head.Exact && IsPersistent(head);
        var fault = ReadLength(fields, out var length);
        if (fault is not null)
        {
            return fault;
        }

        var coded = fields.Has("Transfer-Encoding");
        if (coded)
        {
            if (head.MinorVersion == 0)
            {
                return FramingFault.Protocol("sent a transfer coding over HTTP/1.0 (RFC 9112 §6.1)");
            }

            if (!fields.Combined("Transfer-Encoding")!.Equals("chunked", StringComparison.OrdinalIgnoreCase))
            {
                return new(ProxyError.HttpResponseTransferCoding, "used a transfer coding other than \"chunked\"");
            }

            // An attempt at response splitting, or a careless gateway: the coding decides, and the connection ends (§6.3, §11.2).
            persistent &= length is null;
            fields.Remove("Content-Length");
        }

        if (requestMethod == "HEAD" || head.IsInterim || head.Status is 204 or 304)
        {
            framing = new(BodyKind.None, 0, persistent);
        }
        else if (coded)
        {
            framing = new(BodyKind.Chunked, 0, persistent);
        }
        else if (length is { } bytes)
        {
            framing = new(BodyKind.Length, bytes, persistent);
        }
        else
        {
            framing = new(BodyKind.UntilClose, 0, false);
        }

        return null;
    }

    /// <summary>Every value of every line must be the same number (§6.3); repeated ones are joined to one.</summary>
    private static FramingFault? ReadLength(HttpFields fields, out long? length)
    {
        length = null;
        if (fields.Combined("Content-Length") is not { } text)
        {
            return null;
        }

        ReadOnlySpan<char> rest = text;
        var count = 0;
        while (Syntax.NextElement(ref rest, out var element))
        {
            if (!Syntax.TryExactNumber(element, out var value) || (length is not null && length != value))
            {
                return FramingFault.Protocol("sent Content-Length values that contradict each other or are no numbers");
            }

            length = value;
            count++;
        }

        if (length is null)
        {
            return FramingFault.Protocol("sent an empty Content-Length");
        }

        if (count > 1 || text.EndsWith(','))
        {
            fields.Set("Content-Length", length.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        return null;
    }

    /// <summary>§9.3: "close" ends it in any version; HTTP/1.0 goes on only where it says so.</summary>
    private static bool IsPersistent(ResponseHead head)
    {
        var keeps = head.MinorVersion >= 1;
        foreach (var line in head.Fields.Lines("Connection"))
        {
            ReadOnlySpan<char> rest = line;
            while (Syntax.NextElement(ref rest, out var option))
            {
                if (option.Equals("close", StringComparison.OrdinalIgnoreCase))
                {
                    return false;
                }

                keeps |= option.Equals("keep-alive", StringComparison.OrdinalIgnoreCase);
            }
        }

        return keeps;
    }
}
