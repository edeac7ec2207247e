using System.Buffers;
using System.Text;

namespace Swarm.Http;

/// <summary>What became of an attempt to read a head.</summary>
public enum HeadRead : byte
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>A head was read.</summary>
    Complete,

    /// <summary>These bytes begin no response that may be trusted.</summary>
    Faulty,
}

/// <summary>
/// Reads response heads strictly: what two readers could take for two different heads is a fault. Two old habits of servers are
/// read, since there is one meaning to them, and cost the connection: LF as line end (RFC 9112 §2.2) and space before the colon (§5.1).
/// </summary>
public static class ResponseHeadReader
{
    /// <summary>Longer heads are refused: nothing honest sends them, and each costs memory before its status is known.</summary>
    public const int MaxBytes = 64 * 1024;

    public const int MaxLines = 256;

    private static ReadOnlySpan<byte> VersionPrefix => "HTTP/1."u8;

    /// <param name="buffer">What came from the connection so far.</param>
    /// <param name="head">Set when the result is <see cref="HeadRead.Complete"/>.</param>
    /// <param name="consumed">Bytes of the head, its empty line included.</param>
    /// <param name="fault">Set when the result is <see cref="HeadRead.Faulty"/>.</param>
    public static HeadRead TryRead(in ReadOnlySequence<byte> buffer, out ResponseHead? head, out long consumed, out FramingFault? fault)
    {
        if (buffer.IsSingleSegment)
        {
            return TryRead(buffer.FirstSpan, out head, out consumed, out fault);
        }

        var length = (int)Math.Min(buffer.Length, MaxBytes + 1);
        var copy = ArrayPool<byte>.Shared.Rent(length);
        buffer.Slice(0, length).CopyTo(copy);
        var read = TryRead(copy.AsSpan(0, length), out head, out consumed, out fault);
        ArrayPool<byte>.Shared.Return(copy);
        return read;
    }

    public static HeadRead TryRead(ReadOnlySpan<byte> bytes, out ResponseHead? head, out long consumed, out FramingFault? fault)
    {
        (head, consumed, fault) = (null, 0, null);
        var prefix = Math.Min(bytes.Length, VersionPrefix.Length);
        if (!bytes[..prefix].SequenceEqual(VersionPrefix[..prefix]))
        {
            // Said at once: a server that speaks first in another protocol would be waited for until its time is up.
            fault = FramingFault.Protocol("answered with something that is not HTTP/1");
            return HeadRead.Faulty;
        }

        var end = EndOf(bytes);
        if (end < 0 || end > MaxBytes)
        {
            fault = bytes.Length > MaxBytes ? new(ProxyError.HttpResponseHeaderSectionSize, $"sent a response header longer than {MaxBytes >> 10} KiB") : null;
            return fault is null ? HeadRead.Incomplete : HeadRead.Faulty;
        }

        consumed = end;
        head = Parse(bytes[..end], out fault);
        return head is null ? HeadRead.Faulty : HeadRead.Complete;
    }

    /// <summary>Reads field lines, each with its line end, up to the end of the text: a head less its first line, or a trailer section (§7.1.2).</summary>
    /// <param name="exact">Set to false where an old habit was met; otherwise left as it is.</param>
    internal static FramingFault? TryReadLines(ReadOnlySpan<byte> text, HttpFields into, ref bool exact)
    {
        while (NextLine(ref text, out var line, ref exact))
        {
            if (line.IsEmpty)
            {
                continue; // the end of the section
            }

            if (into.Count == MaxLines)
            {
                return new(ProxyError.HttpResponseHeaderSectionSize, $"sent more than {MaxLines} header lines");
            }

            if (line[0] is (byte)' ' or (byte)'\t')
            {
                return FramingFault.Protocol("folded a header line (RFC 9112 §5.2)");
            }

            var colon = line.IndexOf((byte)':');
            var name = colon < 0 ? default : line[..colon];
            var bare = name.TrimEnd(" \t"u8);
            exact &= bare.Length == name.Length;
            if (!FieldNames.TryGet(bare, out var known))
            {
                return FramingFault.Protocol("sent a header line without a valid name");
            }

            var value = line[(colon + 1)..].Trim(" \t"u8);
            if (value.ContainsAny((byte)'\r', (byte)'\0'))
            {
                return FramingFault.Protocol("sent a bare CR or a NUL in a header line");
            }

            into.Add(known, value.IsEmpty ? "" : Encoding.Latin1.GetString(value));
        }

        return null;
    }

    /// <summary>One past the empty line; negative while there is none.</summary>
    private static int EndOf(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (bytes[at..].IndexOf((byte)'\n') is >= 0 and var lf)
        {
            at += lf + 1;
            var rest = bytes[at..];
            if (rest.StartsWith("\r\n"u8))
            {
                return at + 2;
            }

            if (rest.StartsWith("\n"u8))
            {
                return at + 1;
            }
        }

        return -1;
    }

    private static ResponseHead? Parse(ReadOnlySpan<byte> text, out FramingFault? fault)
    {
        var exact = true;
        NextLine(ref text, out var line, ref exact);

        // HTTP/1.x SP 3DIGIT [ SP reason ]: the space before an absent reason is often left out.
        line = line[VersionPrefix.Length..];
        if (line.Length < 5 || !IsDigit(line[0]) || line[1] != ' ' || !IsDigit(line[2]) || !IsDigit(line[3]) || !IsDigit(line[4]) || line[2] == '0' || (line.Length > 5 && line[5] != ' ')
            || line.ContainsAny((byte)'\r', (byte)'\0'))
        {
            fault = FramingFault.Protocol("sent a malformed status line");
            return null;
        }

        var fields = new HttpFields();
        fault = TryReadLines(text, fields, ref exact);
        var status = ((line[2] - '0') * 100) + ((line[3] - '0') * 10) + (line[4] - '0');
        return fault is null ? new(line[0] == '0' ? 0 : 1, status, Reason(status, line.Length > 6 ? line[6..] : default), fields, exact) : null;
    }

    private static string Reason(int status, ReadOnlySpan<byte> text) =>
        text.IsEmpty ? ""
        : status == 200 && text.SequenceEqual("OK"u8) ? "OK"
        : status == 206 && text.SequenceEqual("Partial Content"u8) ? "Partial Content"
        : Encoding.Latin1.GetString(text);

    private static bool NextLine(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> line, ref bool exact)
    {
        var lf = text.IndexOf((byte)'\n');
        if (lf < 0)
        {
            line = default;
            return false;
        }

        line = text[..lf];
        text = text[(lf + 1)..];
        if (line.EndsWith("\r"u8))
        {
            line = line[..^1];
        }
        else
        {
            exact = false;
        }

        return true;
    }

    private static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';
}
