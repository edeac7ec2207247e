using Swarm.Core;

namespace Swarm.Http.Tests;

/// <summary>RFC 9110 §13.2.2, §14.2, §15.3.7, §15.5.17 against <see cref="SelectionOracle"/>, on a body of five bytes.</summary>
public sealed class ResponseSelectionTests
{
    private static readonly DateTimeOffset Modified = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Resource[] Resources =
    [
        new(true, false, true, true), new(true, false, true, false), new(true, true, true, true), new(false, false, true, true), new(true, false, false, false), new(false, false, false, false),
    ];

    [Fact]
    public void Selection_EveryRangeOfFiveBytes_UnderEveryIfRange_AgreesWithTheOracle()
    {
        var numbers = Enumerable.Range(0, 8).Select(i => i.ToString()).Prepend("").ToArray();
        var ranges = (from a in numbers from b in numbers where a + b != "" select $"{a}-{b}").Append(null);
        var cases =
            from range in ranges
            from ifRange in Enum.GetValues<IfRangeCase>()
            from resource in Resources
            from head in new[] { false, true }
            select new SelectionCase(head, true, resource, TagCase.Absent, DateCase.Absent, TagCase.Absent, DateCase.Absent, ifRange, range);
        Assert.True(CheckAll(cases) > 9_000);
    }

    [Fact]
    public void Selection_EveryCombinationOfConditions_AgreesWithTheOracle()
    {
        var cases =
            from range in new[] { null, "0-1", "4-", "-2", "5-", "3-1" }
            from ifRange in new[] { IfRangeCase.Absent, IfRangeCase.SameStrong, IfRangeCase.OtherTag, IfRangeCase.EqualDate }
            from resource in Resources
            from head in new[] { false, true }
            from origin in new[] { false, true }
            from ifMatch in Enum.GetValues<TagCase>()
            from ifNoneMatch in Enum.GetValues<TagCase>()
            from ifModified in Enum.GetValues<DateCase>()
            from ifUnmodified in Enum.GetValues<DateCase>()
            select new SelectionCase(head, origin, resource, ifMatch, ifUnmodified, ifNoneMatch, ifModified, ifRange, range);
        Assert.True(CheckAll(cases) > 500_000);
    }

    [Theory] // §15.3.7.2: what is near is one part; 416 where none can be met; an invalid one makes the field invalid
    [InlineData("bytes=0-1,3-4", 206, "bytes 0-4/5")]
    [InlineData("bytes=0-1,9-", 206, "bytes 0-1/5")]
    [InlineData("bytes=4-,0-0", 206, "bytes 0-4/5")]
    [InlineData("bytes=7-8,9-", 416, "bytes */5")]
    [InlineData("bytes=4-0,1-2", 200, null)]
    public void Range_SeveralOfFiveBytes_YieldOnePartOrNothing(string range, int status, string? contentRange)
    {
        var plan = Plan("GET", new() { { "Range", range } }, new(5));
        Assert.Equal((status, contentRange, false), (plan.Status, plan.Fields.First("Content-Range"), plan.IsMultipart));
    }

    [Theory] // §13.2.2 step 5, §14.2: the same conditions as for one range
    [InlineData("GET", null, 206)]
    [InlineData("GET", "If-Range: \"v1\"", 206)]
    [InlineData("GET", "If-Range: \"v2\"", 200)]
    [InlineData("GET", "If-None-Match: \"v1\"", 304)]
    [InlineData("GET", "If-Match: \"v2\"", 412)]
    [InlineData("HEAD", null, 200)]
    public void Range_SeveralApart_YieldMultipart_UnderTheSameConditions(string method, string? condition, int status)
    {
        var request = GoldenTable.Fields(condition ?? "");
        request.Add("Range", "bytes=900-909,0-9,2000-");
        var plan = Plan(method, request, new(1000, EntityTag.Parse("\"v1\"")));
        Assert.Equal((status, status == 206), (plan.Status, plan.IsMultipart));
        if (plan.IsMultipart)
        {
            Assert.Equal([new ByteRange(900, 10), new(0, 10)], plan.Parts);
            Assert.True(plan.Body.IsEmpty);
            Assert.Equal("ETag: \"v1\"\nAccept-Ranges: bytes", plan.Fields.ToString()); // no Content-Range beside the parts'
        }
    }

    [Theory]
    [InlineData("bytes=0-")]
    [InlineData("bytes=-5")]
    [InlineData("bytes=0-0")]
    public void Range_OfAnEmptyRepresentation_Yields200(string range)
    {
        var plan = Plan("GET", new() { { "Range", range } }, new(0));
        Assert.Equal((200, "0"), (plan.Status, plan.Fields.First("Content-Length")));
    }

    [Fact]
    public void Range_LastByteOnly_Yields206WithOneByte()
    {
        var plan = Plan("GET", new() { { "Range", "bytes=4-4" } }, new(5, EntityTag.Parse("\"v1\""), Modified));
        Assert.Equal(206, plan.Status);
        Assert.Equal(new ByteRange(4, 1), plan.Body);
        Assert.Equal(
            "ETag: \"v1\"\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\nContent-Length: 1\nContent-Range: bytes 4-4/5\nAccept-Ranges: bytes",
            plan.Fields.ToString());
    }

    [Fact]
    public void Range_NotSatisfiable_Yields416WithTheLength()
    {
        var plan = Plan("GET", new() { { "Range", "bytes=5-" } }, new(5, EntityTag.Parse("\"v1\"")));
        Assert.Equal(416, plan.Status);
        Assert.Equal("Content-Length: 0\nContent-Range: bytes */5", plan.Fields.ToString());
    }

    [Fact]
    public void Head_WithRange_Yields200WithTheWholeLength()
    {
        var plan = Plan("HEAD", new() { { "Range", "bytes=0-1" } }, new(5));
        Assert.Equal((200, true, "5", false), (plan.Status, plan.Body.IsEmpty, plan.Fields.First("Content-Length"), plan.Fields.Has("Content-Range")));
    }

    [Fact]
    public void IfModifiedSince_TwoLines_IsIgnored() // §13.1.3: more than one member
    {
        var request = new HttpFields { { "If-Modified-Since", HttpDate.Format(Modified) }, { "If-Modified-Since", HttpDate.Format(Modified) } };
        Assert.Equal(200, Plan("GET", request, new(5, null, Modified)).Status);
    }

    [Fact]
    public void IfNoneMatch_SeveralLines_AreOneList()
    {
        var request = new HttpFields { { "If-None-Match", "\"a\"" }, { "if-none-match", "W/\"v1\", \"z\"" } };
        var plan = Plan("GET", request, new(5, EntityTag.Parse("\"v1\""), Modified));
        Assert.Equal((304, "ETag: \"v1\""), (plan.Status, plan.Fields.ToString()));
    }

    [Fact]
    public void Selection_AnyFieldValues_NeverThrow_AndStayInside() => Attack.Survives(text =>
    {
        var request = new HttpFields { { "Range", "bytes=" + text }, { "If-Range", text }, { "If-Match", text }, { "If-None-Match", text }, { "If-Modified-Since", text }, { "If-Unmodified-Since", text } };
        var plan = Plan("GET", request, new(5, EntityTag.Parse("\"v1\""), Modified, Modified.AddDays(1)));
        Assert.Contains(plan.Status, new[] { 200, 206, 304, 412, 416 });
        Assert.True(new ByteRange(0, 5).Contains(plan.Body));
    });

    private static ResponsePlan Plan(string method, HttpFields request, Representation representation) =>
        ResponseSelection.Plan(method, request, representation, EvaluatorRole.OriginServer, Clock.Now);

    private static int CheckAll(IEnumerable<SelectionCase> cases)
    {
        var count = 0;
        foreach (var c in cases)
        {
            var r = c.Resource;
            var representation = new Representation(
                5,
                r.HasTag ? new EntityTag(r.TagIsWeak, "\"v1\"") : null,
                r.HasDate ? Modified : null,
                Modified.AddSeconds(r.DateIsStrong ? 60 : 59));
            var plan = ResponseSelection.Plan(
                c.Head ? "HEAD" : "GET", Request(c), representation, c.Origin ? EvaluatorRole.OriginServer : EvaluatorRole.Cache, Clock.Now);
            var (status, bytes) = SelectionOracle.Answer(c);
            if (plan.Status != status || !Enumerable.Range((int)plan.Body.Offset, (int)plan.Body.Length).SequenceEqual(bytes))
            {
                Assert.Fail($"{c}: {plan.Status} {plan.Body}, by the text of the RFC {status} {string.Join(',', bytes)}");
            }

            Assert.Equal(status == 206, plan.Fields.Has("Content-Range") && status != 416);
            count++;
        }

        return count;
    }

    private static HttpFields Request(SelectionCase c)
    {
        var fields = new HttpFields();
        Add("Range", c.Range is null ? null : $"bytes={c.Range}");
        Add("If-Match", Tag(c.IfMatch));
        Add("If-None-Match", Tag(c.IfNoneMatch));
        Add("If-Modified-Since", Date(c.IfModified));
        Add("If-Unmodified-Since", Date(c.IfUnmodified));
        Add("If-Range", c.IfRange switch
        {
            IfRangeCase.Absent => null,
            IfRangeCase.SameStrong => "\"v1\"",
            IfRangeCase.SameWeak => "W/\"v1\"",
            IfRangeCase.OtherTag => "\"v2\"",
            IfRangeCase.EqualDate => Date(DateCase.Equal),
            IfRangeCase.EarlierDate => Date(DateCase.Earlier),
            IfRangeCase.LaterDate => Date(DateCase.Later),
            IfRangeCase.TagList => "\"v1\", \"v2\"",
            IfRangeCase.Any => "*",
            _ => "v1",
        });
        return fields;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                fields.Add(name, value);
            }
        }
    }

    private static string? Tag(TagCase tag) => tag switch
    {
        TagCase.Absent => null,
        TagCase.SameStrong => "\"v0\", \"v1\"",
        TagCase.SameWeak => "W/\"v1\"",
        TagCase.Other => "\"v2\"",
        TagCase.Any => "*",
        _ => "v1",
    };

    private static string? Date(DateCase date) => date switch
    {
        DateCase.Absent => null,
        DateCase.Equal => "Thu, 01 Jan 2026 00:00:00 GMT",
        DateCase.Earlier => "Wed Dec 31 23:59:59 2025",
        DateCase.Later => "Thursday, 01-Jan-26 00:00:01 GMT",
        _ => "yesterday",
    };
}
