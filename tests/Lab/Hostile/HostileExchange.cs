using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Lab.Hostile;

/// <summary>One request to a hostile origin, and the ways to answer it: honestly, cut short, or not at all.</summary>
internal sealed class HostileExchange
{
    private readonly Stream _stream;
    private readonly Socket _socket;
    private readonly Action<int> _sent;
    private readonly CancellationToken _stop;
    private readonly Dictionary<string, string> _fields;

    private HostileExchange(Stream stream, Socket socket, Action<int> sent, string method, string path, Dictionary<string, string> fields, CancellationToken stop) =>
        (_stream, _socket, _sent, Method, Path, _fields, _stop) = (stream, socket, sent, method, path, fields, stop);

    public string Method { get; }

    /// <summary>With its query.</summary>
    public string Path { get; }

    /// <summary>Counts the requests of one tool for one file, from 1.</summary>
    public int Number { get; set; }

    public CancellationToken Stop => _stop;

    /// <summary>The connection ends with this answer.</summary>
    public bool Ends { get; private set; }

    /// <summary>First and last position of a single range with a first position; the last is null where open.</summary>
    public (int First, int? Last)? Range
    {
        get
        {
            if (Field("Range") is not { } text || !text.StartsWith("bytes=", StringComparison.Ordinal) || text.Contains(',', StringComparison.Ordinal))
            {
                return null;
            }

            var ends = text["bytes=".Length..].Split('-');
            return ends[0].Length == 0 ? null
                : (int.Parse(ends[0], CultureInfo.InvariantCulture), ends[1].Length == 0 ? null : (int)Math.Min(int.MaxValue, long.Parse(ends[1], CultureInfo.InvariantCulture)));
        }
    }

    public static async Task<HostileExchange?> ReadAsync(Stream stream, Socket socket, Action<int> sent, CancellationToken stop)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, stop) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var start = lines[0].Split(' ');
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            fields[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }

        return new(stream, socket, sent, start[0], start[1], fields, stop);
    }

    public string? Field(string name) => _fields.GetValueOrDefault(name);

    /// <summary>As a correct server: ranges, If-Range and If-None-Match by the tag.</summary>
    /// <param name="cutAfter">Resets the connection after so many bytes of content; null for none.</param>
    public Task HonestAsync(byte[] file, string tag = "\"v1\"", int? cutAfter = null, params string[] more)
    {
        if (Field("If-None-Match") == tag)
        {
            return AnswerAsync("304 Not Modified", ReadOnlyMemory<byte>.Empty, [$"ETag: {tag}", .. more]);
        }

        return Field("If-Range") is { } condition && condition != tag ? WholeAsync(file, tag, cutAfter, more) : RangedAsync(file, tag, cutAfter, more);
    }

    public Task WholeAsync(byte[] file, string tag, int? cutAfter = null, params string[] more) =>
        AnswerAsync("200 OK", file, [Tag(tag), "Accept-Ranges: bytes", .. more], cutAfter);

    /// <summary>A part where one is asked for, whatever the conditions.</summary>
    public Task RangedAsync(byte[] file, string tag, int? cutAfter = null, params string[] more)
    {
        if (Range is not { } range)
        {
            return WholeAsync(file, tag, cutAfter, more);
        }

        if (range.First >= file.Length)
        {
            return AnswerAsync("416 Range Not Satisfiable", ReadOnlyMemory<byte>.Empty, [$"Content-Range: bytes */{file.Length}"]);
        }

        var last = Math.Min(range.Last ?? int.MaxValue, file.Length - 1);
        return PartAsync(file.AsMemory(range.First, last - range.First + 1), $"bytes {range.First}-{last}/{file.Length}", tag, cutAfter, more);
    }

    public Task PartAsync(ReadOnlyMemory<byte> content, string contentRange, string tag, int? cutAfter = null, params string[] more) =>
        AnswerAsync("206 Partial Content", content, [Tag(tag), $"Content-Range: {contentRange}", .. more], cutAfter);

    public async Task AnswerAsync(string status, ReadOnlyMemory<byte> content, string[]? fields = null, int? cutAfter = null)
    {
        var head = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\n{string.Concat((fields ?? []).Where(f => f.Length > 0).Select(f => f + "\r\n"))}Content-Length: {content.Length}\r\n\r\n");
        await RawAsync(Encoding.Latin1.GetBytes(head));
        if (Method == "HEAD")
        {
            return;
        }

        if (cutAfter is { } cut && cut < content.Length)
        {
            await RawAsync(content[..cut]);
            await EndAsync();
            return;
        }

        await RawAsync(content);
    }

    public Task RawAsync(string latin1) => RawAsync(Encoding.Latin1.GetBytes(latin1));

    public async Task RawAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes, _stop);
        _sent(bytes.Length);
    }

    /// <summary>Ends the connection in an orderly way, with the content short or not.</summary>
    public async Task EndAsync()
    {
        Ends = true;
        await _stream.FlushAsync(_stop);
        _socket.Shutdown(SocketShutdown.Send);
    }

    private static string Tag(string tag) => tag.Length == 0 ? "" : $"ETag: {tag}";
}
