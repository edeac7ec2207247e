using System.Text;
using Swarm.Core;

namespace Swarm.Http.Tests;

/// <summary>Several ranges in one answer: RFC 9110 §14.2, §14.6, §15.3.7.2, §17.15.</summary>
public sealed class MultipartByteRangesTests
{
    [Theory]
    [InlineData("bytes=0-9,500-509", "0-9 500-509")]
    [InlineData("bytes=500-509,0-9", "500-509 0-9")] // in the order of the request
    [InlineData("bytes=0-9,5-14", "0-14")] // overlapping
    [InlineData("bytes=0-9,10-19", "0-19")] // touching
    [InlineData("bytes=0-9,90-99", "0-99")] // 80 bytes between: a part's head is as long
    [InlineData("bytes=0-9,91-99", "0-9 91-99")]
    [InlineData("bytes=0-9,400-409,90-99", "0-99 400-409")] // joined at the place of the first
    [InlineData("bytes=0-9,200-209,80-130", "0-209")] // the third joins the two
    [InlineData("bytes=300-309,0-9,5000-,-10", "300-309 0-9 990-999")] // what cannot be met is left out
    [InlineData("bytes=0-,0-,0-,0-", "0-999")]
    [InlineData("bytes=-1,-2,-3", "997-999")]
    [InlineData("bytes=0-18446744073709551616,999-", "0-999")]
    [InlineData("bytes=1000-,2000-", "")]
    public void Select_JoinsAndOrders(string range, string parts) =>
        Assert.Equal(parts, string.Join(' ', RangeSet.Parse(range).Select(1000).Select(p => $"{p.Offset}-{p.End - 1}")));

    [Fact]
    public void Select_EveryThreeRangesOnAGrid_SendEveryByteAskedOnce_AndFewOthers()
    {
        const int total = 400;
        var ranges = (from a in Enumerable.Range(0, 9) from b in Enumerable.Range(a, 9 - a) select (First: a * 50, Last: (b * 50) + 4)).ToArray();
        var checkedSets = 0;
        foreach (var x in ranges)
        {
            foreach (var y in ranges)
            {
                foreach (var z in ranges)
                {
                    var parts = RangeSet.Parse($"bytes={x.First}-{x.Last},{y.First}-{y.Last},{z.First}-{z.Last}").Select(total);
                    var sent = parts.SelectMany(p => Enumerable.Range((int)p.Offset, (int)p.Length)).ToList();
                    var asked = new[] { x, y, z }.SelectMany(r => Enumerable.Range(r.First, r.Last - r.First + 1)).Where(i => i < total).ToHashSet();
                    Assert.Equal(sent.Count, sent.Distinct().Count());
                    Assert.True(asked.IsSubsetOf(sent));
                    Assert.True(sent.Count <= total);

                    // Parts stay apart by more than what stands between them, and begin and end with a byte that was asked for.
                    var sorted = parts.OrderBy(p => p.Offset).ToList();
                    Assert.All(sorted.Zip(sorted.Skip(1)), pair => Assert.True(pair.Second.Offset - pair.First.End > RangeSet.PartOverheadBytes));
                    Assert.All(parts, p => Assert.True(asked.Contains((int)p.Offset) && asked.Contains((int)p.End - 1)));

                    // In the order in which the first byte of each was asked for.
                    var order = parts.Select(p => Array.FindIndex(new[] { x, y, z }, r => r.First < total && p.Contains(r.First))).ToList();
                    Assert.Equal(order.Order(), order);
                    checkedSets++;
                }
            }
        }

        Assert.Equal(45 * 45 * 45, checkedSets);
    }

    [Fact]
    public void Flood_OfRanges_NeverSendsMoreThanTheRepresentationAndSixteenHeads() // §17.15
    {
        var flood = "bytes=" + string.Join(',', Enumerable.Range(0, 16).Select(i => $"{i}-"));
        Assert.Equal([new ByteRange(0, 1 << 20)], RangeSet.Parse(flood).Select(1 << 20));
        var apart = RangeSet.Parse("bytes=" + string.Join(',', Enumerable.Range(0, 16).Select(i => $"{i * 1000}-{(i * 1000) + 1}"))).Select(1 << 20);
        Assert.Equal(16, apart.Length);
        Assert.InRange(new MultipartByteRanges(apart, 1 << 20, "text/plain", new('b', 32)).ContentLength, 1, 16 * 200);
        Assert.Equal(RangeSetKind.Ignored, RangeSet.Parse(flood + ",20-").Kind);
    }

    [Fact]
    public void Framing_ByteForByte() // §14.6
    {
        var framing = new MultipartByteRanges([new(500, 3), new(0, 2)], 1000, "application/pdf", "SEP");
        Assert.Equal("multipart/byteranges; boundary=SEP", framing.ContentType);
        const string expected = "--SEP\r\nContent-Type: application/pdf\r\nContent-Range: bytes 500-502/1000\r\n\r\nabc\r\n"
            + "--SEP\r\nContent-Type: application/pdf\r\nContent-Range: bytes 0-1/1000\r\n\r\nxy\r\n--SEP--\r\n";
        Assert.Equal(expected, Text(framing.Head(0)) + "abc" + Text(framing.Head(1)) + "xy" + Text(framing.End));
        Assert.Equal(expected.Length, framing.ContentLength);
    }

    [Fact]
    public void Framing_WithoutAType_SaysNone()
    {
        var framing = new MultipartByteRanges([new(0, 1), new(500, 1)], 1000, null, "S");
        Assert.Equal("--S\r\nContent-Range: bytes 0-0/1000\r\n\r\n", Text(framing.Head(0)));
    }

    [Fact]
    public void Fields_OfSuchAnAnswer_HaveNoContentRange() // §15.3.7.2 MUST NOT
    {
        var fields = new HttpFields { { "Content-Range", "bytes 0-1/9" }, { "Content-Type", "video/mp4" }, { "Content-Length", "2" }, { "ETag", "\"a\"" } };
        var framing = new MultipartByteRanges([new(0, 1), new(500, 1)], 1000, "video/mp4", "S");
        framing.Describe(fields);
        Assert.Equal($"Content-Type: multipart/byteranges; boundary=S\nContent-Length: {framing.ContentLength}\nETag: \"a\"", fields.ToString());
        Assert.True(MultipartByteRanges.IsTypeOf(fields));
    }

    [Theory] // a multipart answer is never read as one part, whatever Content-Range stands beside it
    [InlineData("Content-Type: multipart/byteranges; boundary=a;;Content-Range: bytes 0-4/10;;Content-Length: 5", false)]
    [InlineData("Content-Type: MultiPart/ByteRanges ; boundary=a;;Content-Range: bytes 0-4/10;;Content-Length: 5", false)]
    [InlineData("Content-Type: text/plain;;Content-Range: bytes 0-4/10;;Content-Length: 5", true)]
    public void Origin_MultipartIsNoSinglePart(string answer, bool isPart) => Assert.Equal(isPart, PartialContent.Read(GoldenTable.Fields(answer)) is not null);

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);
}
