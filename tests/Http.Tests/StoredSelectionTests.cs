using Swarm.Core;

namespace Swarm.Http.Tests;

/// <summary>Answers out of stored ones: RFC 9111 §3.2, §4, §4.3.2 to §4.3.5, RFC 9110 §14 and §15.4.5.</summary>
public sealed class StoredSelectionTests
{
    private static readonly StoredTimes Times = new(Clock.Now, Clock.Now);

    public static TheoryData<string, string, string> Freshens => GoldenTable.Rows("freshen.txt");

    [Theory]
    [MemberData(nameof(Freshens))]
    public void Freshen_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var cells = input.Split("->");
        var stored = StoredHead.Of(200, "", [], GoldenTable.Fields(cells[0]), "", "", Times);
        var newer = GoldenTable.Fields(cells[1]);
        var fields = Validation.Freshen(stored, newer, Times).Fields.Where(f => f.Name != "Date");
        Assert.Equal(expected, Validation.Confirms(stored.Fields, newer) ? string.Join(";;", fields.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => $"{f.Name}: {f.Value}")) : "another");
    }

    [Fact]
    public void StoredHead_KeepsNoFieldOfTheConnection() // RFC 9111 §3.1
    {
        var stored = StoredHead.Of(
            200, "", [],
            new()
            {
                { "Connection", "close, X-Hop" }, { "X-Hop", "1" }, { "Keep-Alive", "timeout=5" }, { "Transfer-Encoding", "chunked" }, { "Trailer", "X-Sum" },
                { "Proxy-Authenticate", "Basic" }, { "ETag", "\"a\"" }, { "Set-Cookie", "a=b" }, { "Date", "Sat, 14 Mar 2026 12:00:00 GMT" }, { "X-Other", "1" },
            },
            "", "", Times);

        Assert.Equal(["ETag", "Set-Cookie", "Date", "X-Other"], stored.Fields.Select(f => f.Name));
    }

    [Fact]
    public void Answer_EveryRangeOfFiveBytesUnderEveryCondition_IsWhatTheEvaluatorSays()
    {
        const string Modified = "Sat, 14 Mar 2026 10:00:00 GMT";
        var stored = StoredHead.Of(200, "", [], new() { { "ETag", "\"a\"" }, { "Last-Modified", Modified } }, "", "", Times) with { TotalLength = 5 };
        var current = Representation.Of(5, stored.Fields, Clock.Now);
        string?[] conditions = [null, "If-None-Match: \"a\"", "If-None-Match: \"b\"", "If-None-Match: *", $"If-Modified-Since: {Modified}", "If-Modified-Since: Sat, 14 Mar 2026 09:00:00 GMT",
            "If-Range: \"a\"", "If-Range: \"b\"", "If-Range: W/\"a\"", $"If-Range: {Modified}"];
        var ranges = new List<string?> { null, "bytes=", "bytes=-0", "items=0-1", "bytes=0-0,2-2", "bytes=9-,8-" };
        for (var first = 0; first < 7; first++)
        {
            ranges.Add($"bytes={first}-");
            ranges.Add($"bytes=-{first}");
            ranges.AddRange(Enumerable.Range(0, 7).Select(last => $"bytes={first}-{last}"));
        }

        var compared = 0;
        foreach (var method in (string[])["GET", "HEAD"])
        {
            foreach (var condition in conditions)
            {
                foreach (var range in ranges)
                {
                    var request = GoldenTable.Fields(condition ?? "");
                    if (range is not null)
                    {
                        request.Add("Range", range);
                    }

                    var expected = ResponseSelection.Plan(method, request, current, EvaluatorRole.Cache, Clock.Now);
                    var actual = StoredSelection.Answer(method, request, stored, Clock.Now);
                    Assert.Equal((expected.Status, expected.Body), (actual.Status, actual.Body));
                    Assert.Equal(expected.Fields.First("Content-Range"), actual.Fields.First("Content-Range"));
                    Assert.Equal(expected.Fields.First("Content-Length"), actual.Fields.First("Content-Length"));
                    compared++;
                }
            }
        }

        Assert.Equal(2 * 10 * ranges.Count, compared);
    }

    [Theory]
    [InlineData("bytes=0-9,900-", "0+10 900+100")]
    [InlineData("bytes=900-,0-9,5000-", "900+100 0+10")]
    public void Answer_SeveralRanges_AreParts_AndTheirBytesAreNeeded(string range, string parts)
    {
        var stored = StoredHead.Of(200, "", [], GoldenTable.Fields("Content-Type: a/b;;Content-Length: 1000;;Cache-Control: max-age=60"), "", "", Times) with { TotalLength = 1000 };
        var request = new HttpFields { { "Range", range } };
        var plan = StoredSelection.Answer("GET", request, stored, Clock.Now);
        Assert.Equal((206, parts), (plan.Status, string.Join(' ', plan.Parts.Select(p => $"{p.Offset}+{p.Length}"))));
        Assert.Equal(plan.Parts, StoredSelection.Needs("GET", request, stored, Clock.Now));
        Assert.False(plan.Fields.Has("Content-Length") || plan.Fields.Has("Content-Range"));
        Assert.Equal("a/b", plan.Fields.First("Content-Type"));
    }

    [Fact]
    public void Answer_304_RepeatsWhatACacheNeeds() // RFC 9110 §15.4.5
    {
        var stored = StoredHead.Of(200, "", [], GoldenTable.Fields("ETag: \"a\";;Last-Modified: x;;Content-Type: text/plain;;Vary: A;;Cache-Control: max-age=60;;Set-Cookie: a=b"), "", "", Times) with { TotalLength = 5 };
        var answer = StoredSelection.Answer("GET", new() { { "If-None-Match", "\"a\"" } }, stored, Clock.Now.AddSeconds(7));
        Assert.Equal(304, answer.Status);
        Assert.Equal(["Age", "Cache-Control", "Date", "ETag", "Vary"], answer.Fields.Select(f => f.Name).Order(StringComparer.Ordinal));
        Assert.Equal("7", answer.Fields.First("Age"));
    }

    [Theory] // RFC 9111 §4.3.2: without Last-Modified the Date stands in
    [InlineData(0, 304)]
    [InlineData(1, 304)]
    [InlineData(-1, 200)]
    public void Answer_IfModifiedSince_WithoutLastModified_ComparesDate(int seconds, int status)
    {
        var stored = StoredHead.Of(200, "", [], new() { { "Cache-Control", "max-age=60" } }, "", "", Times) with { TotalLength = 5 };
        var request = new HttpFields { { "If-Modified-Since", HttpDate.Format(Clock.Now.AddSeconds(seconds)) } };
        Assert.Equal(status, StoredSelection.Answer("GET", request, stored, Clock.Now).Status);
    }

    [Fact]
    public void Answer_ConditionsOnAnError_AreIgnored() // RFC 9110 §13.2.1
    {
        var stored = StoredHead.Of(404, "", [], new() { { "Cache-Control", "max-age=60" } }, "", "", Times) with { TotalLength = 5 };
        var answer = StoredSelection.Answer("GET", new() { { "If-None-Match", "*" }, { "Range", "bytes=0-1" } }, stored, Clock.Now);
        Assert.Equal((404, new ByteRange(0, 5)), (answer.Status, answer.Body));
    }

    [Theory] // RFC 9111 §3.4
    [InlineData("ETag: \"a\"", 10, "ETag: \"a\"", 10, true)]
    [InlineData("ETag: \"a\"", 10, "ETag: \"b\"", 10, false)]
    [InlineData("ETag: \"a\"", 10, "ETag: \"a\"", 11, false)]
    [InlineData("ETag: W/\"a\"", 10, "ETag: W/\"a\"", 10, false)]
    [InlineData("X: 1", 10, "X: 1", 10, false)]
    [InlineData("ETag: \"a\"", 10, "X: 1", 10, false)]
    public void Parts_AreCombinedByStrongValidatorOnly(string stored, long total, string other, long otherTotal, bool may) =>
        Assert.Equal(may, PartialContent.MayCombine(GoldenTable.Fields(stored), total, GoldenTable.Fields(other), otherTotal, Clock.Now));

    [Theory] // RFC 9111 §4.3.5
    [InlineData("ETag: \"a\"", true)]
    [InlineData("ETag: \"b\"", false)]
    [InlineData("Content-Length: 5", true)]
    [InlineData("Content-Length: 6", false)]
    [InlineData("Last-Modified: y", false)]
    [InlineData("X: 1", true)]
    public void Head_ThatDescribesTheStoredAnswer(string head, bool describes) =>
        Assert.Equal(describes, Validation.Describes(GoldenTable.Fields("ETag: \"a\";;Last-Modified: x"), 5, GoldenTable.Fields(head)));

    [Fact]
    public void Validation_ReplacesTheClientsConditions() // RFC 9111 §4.3.1
    {
        var request = GoldenTable.Fields("If-None-Match: \"mine\";;If-Modified-Since: x;;Accept: a;;Range: bytes=0-1");
        var sent = Validation.Request(request, GoldenTable.Fields("ETag: \"a\";;Last-Modified: y"));
        Assert.Equal("Accept: a\nRange: bytes=0-1\nIf-None-Match: \"a\"\nIf-Modified-Since: y", sent.ToString());
    }
}
