using System.Globalization;
using System.Text;

namespace Swarm.Proxy.Tests.Harness;

/// <summary>A second reader of multipart/byteranges (RFC 9110 §14.6), as a client has one: by the boundary alone, nothing of the product's.</summary>
internal static class MultipartText
{
    /// <summary>Each part's first position, total, type and bytes. Fails the test where the framing is not exact.</summary>
    public static List<(long First, long Total, string? Type, byte[] Bytes)> Parse(RawAnswer answer)
    {
        var type = answer.Field("Content-Type")!;
        const string prefix = "multipart/byteranges; boundary=";
        Assert.StartsWith(prefix, type, StringComparison.Ordinal);
        var text = Encoding.Latin1.GetString(answer.Body);
        var delimiter = "--" + type[prefix.Length..];
        var pieces = ("\r\n" + text).Split("\r\n" + delimiter);
        Assert.Equal("", pieces[0]);
        Assert.Equal("--\r\n", pieces[^1]);
        var parts = new List<(long, long, string?, byte[])>();
        foreach (var piece in pieces[1..^1])
        {
            Assert.StartsWith("\r\n", piece, StringComparison.Ordinal);
            var end = piece.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            var fields = piece[2..end].Split("\r\n").Select(l => l.Split(": ", 2)).ToDictionary(l => l[0], l => l[1], StringComparer.OrdinalIgnoreCase);
            var range = fields["Content-Range"]["bytes ".Length..].Split('-', '/').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            var bytes = Encoding.Latin1.GetBytes(piece[(end + 4)..]);
            Assert.Equal(range[1] - range[0] + 1, bytes.Length);
            parts.Add((range[0], range[2], fields.GetValueOrDefault("Content-Type"), bytes));
        }

        return parts;
    }
}
