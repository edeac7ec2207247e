using System.Globalization;
using System.Text;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>
/// What players, browsers and tools really ask for, recorded (tests/golden/range-traces): each request again, in its order, through a whole node
/// with a store. The answer has to be the one the client got then, with the right bytes.
/// </summary>
public sealed class RangeTraceTests
{
    /// <summary>Of each answer, so that all traces take seconds; a client that aborted read some of it, too.</summary>
    private const int ReadMax = 96 << 10;

    public static TheoryData<string> Traces => [.. Directory.EnumerateFiles(Folder, "*.tsv").Select(static f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "golden", "range-traces");

    [Theory]
    [MemberData(nameof(Traces))]
    public async Task Trace_Replayed_IsAnsweredAsThenAndWithTheRightBytes(string trace)
    {
        var rows = (await File.ReadAllLinesAsync(Path.Combine(Folder, trace + ".tsv"), TestContext.Current.CancellationToken)).Select(Row.Parse).ToList();
        await using var origin = OriginOf(rows);
        await using var node = await TestNode.StartAsync(new() { SwarmHosts = [] });

        foreach (var row in rows)
        {
            using var client = await node.ConnectAsync();
            await client.SendAsync($"{row.Method} {origin.Url}{row.Path} HTTP/1.1\r\nHost: {origin.Authority}\r\n{row.Fields}\r\n");
            var answer = await client.ReadHeadAsync();
            var range = RangeOf(row, answer);

            Assert.True(answer.Status == row.Status || (row.IgnoresRanges && answer.Status == 206), $"{row}: {answer.Head}");
            if (answer.Status is 304)
            {
                continue;
            }

            if (answer.Status == 416)
            {
                Assert.Equal($"bytes */{row.Size}", answer.Field("Content-Range"));
                continue;
            }

            Assert.Equal(range.Length.ToString(CultureInfo.InvariantCulture), answer.Field("Content-Length"));
            if (row.Method == "HEAD")
            {
                continue;
            }

            var bytes = await TestNode.ReadUpToAsync(client, (int)Math.Min(range.Length, ReadMax));
            Assert.Equal(Math.Min(range.Length, ReadMax), bytes.Length);
            Assert.True(bytes.AsSpan().SequenceEqual(Content(row.Path, range.Start, bytes.Length)), $"{row}: other bytes");
        }
    }

    /// <summary>What the answer claims to be, held against what was asked.</summary>
    private static (long Start, long Length) RangeOf(Row row, RawAnswer answer)
    {
        if (answer.Status != 206)
        {
            return (0, row.Size);
        }

        var (first, last) = Resolve(row.Range!, row.Size)!.Value;
        Assert.Equal($"bytes {first}-{last}/{row.Size}", answer.Field("Content-Range"));
        return (first, last - first + 1);
    }

    private static (long First, long Last)? Resolve(string range, long size)
    {
        var ends = range["bytes=".Length..].Split('-');
        var (first, last) = ends[0].Length == 0 ? (Math.Max(0, size - Number(ends[1])), size - 1) : (Number(ends[0]), ends[1].Length == 0 ? size - 1 : Math.Min(Number(ends[1]), size - 1));
        return first < size ? (first, last) : null;
    }

    private static long Number(string digits) => long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>A byte that depends on where it stands and on the file.</summary>
    private static byte[] Content(string path, long start, int count)
    {
        var salt = path.Sum(static c => c);
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            var at = start + i;
            bytes[i] = (byte)(((at * 131) ^ (at >> 9) ^ salt) + (at >> 17));
        }

        return bytes;
    }

    /// <summary>An origin with the files of the trace, their validators, and ranges where it had them.</summary>
    private static RawOrigin OriginOf(List<Row> rows) => RawOrigin.Start(async session =>
    {
        while (await session.ReadHeadAsync() is { } head)
        {
            var lines = head.Split("\r\n");
            var words = lines[0].Split(' ');
            var file = rows.First(r => r.Path == words[1]);
            string? Field(string name) => lines.FirstOrDefault(l => l.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..];
            var (etag, modified) = (rows.Validator(file.Path, static r => r.IfRange ?? r.IfNoneMatch ?? r.IfMatch) ?? "\"v1\"", rows.Validator(file.Path, static r => r.IfModifiedSince));
            // An If-Range of the trace may be a date; then that is the file's.
            if (!etag.StartsWith('"'))
            {
                (etag, modified) = ("\"v1\"", etag);
            }

            var validators = $"ETag: {etag}\r\nLast-Modified: {modified ?? "Sat, 21 Nov 2026 20:00:00 GMT"}\r\nDate: Sun, 22 Nov 2026 20:00:00 GMT\r\n{(file.IgnoresRanges ? "" : "Accept-Ranges: bytes\r\n")}";
            if (Field("If-None-Match") is { } known && known.Contains(etag, StringComparison.Ordinal))
            {
                await session.WriteAsync($"HTTP/1.1 304 Not Modified\r\n{validators}\r\n");
                continue;
            }

            var asked = file.IgnoresRanges || (Field("If-Range") is { } condition && condition != etag && condition != modified) ? null : Field("Range");
            var range = asked is null ? (0, file.Size - 1) : Resolve(asked, file.Size);
            if (range is not var (first, last))
            {
                await session.WriteAsync($"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{file.Size}\r\nContent-Length: 0\r\n\r\n");
                continue;
            }

            await session.WriteAsync($"HTTP/1.1 {(asked is null ? "200 OK" : "206 Partial Content")}\r\n{validators}{(asked is null ? "" : $"Content-Range: bytes {first}-{last}/{file.Size}\r\n")}Content-Length: {last - first + 1}\r\n\r\n");
            for (var at = first; words[0] == "GET" && at <= last; at += 64 << 10)
            {
                await session.WriteAsync(Content(file.Path, at, (int)Math.Min(64 << 10, last - at + 1)));
            }
        }
    });

    /// <summary>One recorded request, and what was answered.</summary>
    internal sealed record Row(string Method, string Path, long Size, string? Range, string? IfRange, string? IfNoneMatch, string? IfModifiedSince, string? IfMatch, int Status)
    {
        /// <summary>The server of the trace knew no ranges under this path.</summary>
        public bool IgnoresRanges => Path.Contains("/nr/", StringComparison.Ordinal);

        public string Fields
        {
            get
            {
                var fields = new StringBuilder();
                foreach (var (name, value) in new[] { ("Range", Range), ("If-Range", IfRange), ("If-None-Match", IfNoneMatch), ("If-Modified-Since", IfModifiedSince), ("If-Match", IfMatch) })
                {
                    fields.Append(value is null ? "" : $"{name}: {value}\r\n");
                }

                return fields.ToString();
            }
        }

        public static Row Parse(string line)
        {
            var f = line.Split('\t');
            string? Given(int i) => f[i] == "-" ? null : f[i];
            return new(f[0], f[1], Number(f[2]), Given(3), Given(4), Given(5), Given(6), Given(7), (int)Number(f[8]));
        }
    }
}

/// <summary>What a trace says about a file.</summary>
file static class TraceRows
{
    public static string? Validator(this IEnumerable<RangeTraceTests.Row> rows, string path, Func<RangeTraceTests.Row, string?> of) => rows.Where(r => r.Path == path).Select(of).FirstOrDefault(v => v is not null);
}
