using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Swarm.Core;

namespace Swarm.Http;

/// <summary>
/// The framing of several parts of one representation in one answer (RFC 9110 §14.6, §15.3.7.2): how long the content is and what stands
/// between the parts, so that its length is announced before a byte of it is read.
/// </summary>
/// <remarks><c>--b CRLF [Content-Type] Content-Range CRLF CRLF part CRLF --b … CRLF --b-- CRLF</c></remarks>
public sealed class MultipartByteRanges
{
    private readonly byte[][] _heads;
    private readonly byte[] _end;

    /// <param name="parts">Two or more, as <see cref="RangeSet.Select"/> gives them.</param>
    /// <param name="total">Length of the whole representation.</param>
    /// <param name="partType">The Content-Type a 200 would have (§15.3.7.2); null if none.</param>
    /// <param name="boundary">Must not stand in the content (RFC 2046 §5.1.1): a random one, since who wrote the content cannot know it.</param>
    public MultipartByteRanges(ImmutableArray<ByteRange> parts, long total, string? partType, string boundary)
    {
        (Parts, Boundary) = (parts, boundary);
        _heads = new byte[parts.Length][];
        _end = Encoding.Latin1.GetBytes($"\r\n--{boundary}--\r\n");
        var length = (long)_end.Length;
        for (var i = 0; i < parts.Length; i++)
        {
            var type = partType is null ? "" : $"Content-Type: {partType}\r\n";
            _heads[i] = Encoding.Latin1.GetBytes($"{(i == 0 ? "" : "\r\n")}--{boundary}\r\n{type}Content-Range: {ContentRange.Format(parts[i], total)}\r\n\r\n");
            length += _heads[i].Length + parts[i].Length;
        }

        ContentLength = length;
    }

    public ImmutableArray<ByteRange> Parts { get; }

    public string Boundary { get; }

    /// <summary>Of the whole content, framing included.</summary>
    public long ContentLength { get; }

    /// <summary>The field value of the answer.</summary>
    public string ContentType => $"multipart/byteranges; boundary={Boundary}";

    /// <summary>What follows the last part.</summary>
    public ReadOnlyMemory<byte> End => _end;

    /// <summary>What stands before part <paramref name="index"/>.</summary>
    public ReadOnlyMemory<byte> Head(int index) => _heads[index];

    /// <summary>Turns the fields of a 206 into those of this answer: it has no Content-Range of its own (§15.3.7.2).</summary>
    public void Describe(HttpFields fields)
    {
        fields.Remove("Content-Range");
        fields.Set("Content-Type", ContentType);
        fields.Set("Content-Length", ContentLength.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>True for an answer of several parts: no Content-Range that it may have beside them says what its content is.</summary>
    public static bool IsTypeOf(HttpFields answer) => MediaType.Parse(answer.First("Content-Type"))?.Is("multipart", "byteranges") == true;
}
