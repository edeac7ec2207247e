namespace Swarm.Http.Tests;

/// <summary>RFC 9111 §3, §4 and §4.1, RFC 5861: what is kept, for whom, and when it is used.</summary>
public sealed class CachePlanTests
{
    private static readonly StoredTimes Times = new(Clock.Now, Clock.Now);

    public static TheoryData<string, string, string> Storable => GoldenTable.Rows("storable.txt");

    public static TheoryData<string, string, string> Plans => GoldenTable.Rows("cache-plan.txt");

    public static TheoryData<string, string, string> Vary => GoldenTable.Rows("vary.txt");

    public static TheoryData<string, string, string> Partitions => GoldenTable.Rows("partition.txt");

    [Theory]
    [MemberData(nameof(Storable))]
    public void Storability_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var (left, right) = Halves(input);
        var cells = left.Split(' ', 3);
        var request = GoldenTable.Fields(cells.Length > 2 ? cells[2] : "");
        Assert.Equal(expected, Storability.Judge(cells[0], request, int.Parse(cells[1]), GoldenTable.Fields(right), Times).ToString());
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Plan_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var (left, right) = Halves(input);
        var cells = left.Split(' ', 2);
        var stored = cells[1] is "none" or "other" ? null : Stored(cells[1]);
        var plan = CachePlan.For("GET", GoldenTable.Fields(right), stored, true, cells[1] == "other", Clock.Now.AddSeconds(int.Parse(cells[0])));
        Assert.Equal(expected, $"{plan.Action} {plan.Why}");
    }

    [Theory]
    [MemberData(nameof(Vary))]
    public void Vary_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var cells = input.Split("->");
        var vary = cells[0].Trim();
        var selecting = SelectingFields.Of(GoldenTable.Fields(cells[1]), vary.Length == 0 ? [] : new() { { "Vary", vary } });
        Assert.Equal(expected, selecting is null ? "never" : selecting.Match(GoldenTable.Fields(cells[2])) ? "same" : "other");
    }

    [Theory]
    [MemberData(nameof(Partitions))]
    public void Partition_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(expected, CachePartition.Of(GoldenTable.Fields(input), "www.example") switch
        {
            null => "nobody",
            CachePartition.Tools => "tools",
            { } site => site,
        });
    }

    [Fact]
    public void Plan_OtherMethods_GoForward() =>
        Assert.Equal(new(CacheAction.Forward, CacheForward.Method), CachePlan.For("POST", [], Stored("Cache-Control: max-age=60"), true, true, Clock.Now));

    [Fact]
    public void Plan_BytesThatAreNotHere_GoForward() =>
        Assert.Equal(new(CacheAction.Forward, CacheForward.Partial), CachePlan.For("GET", [], Stored("Cache-Control: max-age=60"), false, true, Clock.Now));

    [Fact]
    public void Plan_GuessOnSomeonesCredentials_IsValidated()
    {
        var response = GoldenTable.Fields("Last-Modified: Sat, 14 Mar 2026 02:00:00 GMT");
        var stored = StoredHead.Of(200, "", [], response, "", credentialsKey: "someone", Times);
        Assert.Equal(CacheAction.Validate, CachePlan.For("GET", [], stored, true, true, Clock.Now).Action);
    }

    [Theory] // RFC 9111 §4.2.4, RFC 5861 §4: stored for 60 s, asked 70 s later
    [InlineData("max-age=60", "", null, true)]
    [InlineData("max-age=60", "", 503, false)]
    [InlineData("max-age=60, stale-if-error=10", "", 503, true)]
    [InlineData("max-age=60, stale-if-error=9", "", 503, false)]
    [InlineData("max-age=60, stale-if-error=10", "", 404, false)]
    [InlineData("max-age=60, stale-if-error=10", "", 501, false)]
    [InlineData("max-age=60", "stale-if-error=10", 500, true)]
    [InlineData("max-age=60, must-revalidate", "", null, false)]
    [InlineData("max-age=60, proxy-revalidate", "", null, false)]
    [InlineData("s-maxage=60", "", null, false)]
    [InlineData("max-age=60, no-cache", "", null, false)]
    [InlineData("max-age=60, must-revalidate, stale-if-error=60", "", 503, false)]
    [InlineData("max-age=60", "no-cache", null, false)]
    public void Stale_WhenTheOriginFails(string response, string request, int? status, bool allowed)
    {
        var asked = new HttpFields { { "Cache-Control", request } };
        Assert.Equal(allowed, StaleUse.IsAllowed(Stored("Cache-Control: " + response), asked, status, "", Clock.Now.AddSeconds(70)));
    }

    [Fact]
    public void Stale_LongerThanAPermit_IsOver()
    {
        var stored = Stored("Cache-Control: max-age=60");
        Assert.True(StaleUse.IsAllowed(stored, [], null, "", Clock.Now.AddSeconds(60 + StaleUse.DisconnectedSeconds)));
        Assert.False(StaleUse.IsAllowed(stored, [], null, "", Clock.Now.AddSeconds(61 + StaleUse.DisconnectedSeconds)));
    }

    [Fact]
    public void Stale_OfAnothersCredentials_IsNotServed() =>
        Assert.False(StaleUse.IsAllowed(Stored("Cache-Control: max-age=60"), [], null, "someone", Clock.Now.AddSeconds(70)));

    [Theory] // RFC 9111 §4.4
    [InlineData("POST", 200, true)]
    [InlineData("PUT", 201, true)]
    [InlineData("DELETE", 204, true)]
    [InlineData("PATCH", 303, true)]
    [InlineData("M-SEARCH", 200, true)]
    [InlineData("get", 200, true)] // methods are case-sensitive: this one is unknown
    [InlineData("POST", 400, false)]
    [InlineData("POST", 500, false)]
    [InlineData("GET", 200, false)]
    [InlineData("OPTIONS", 200, false)]
    [InlineData("PROPFIND", 207, false)]
    public void Invalidation_ByMethodAndStatus(string method, int status, bool due) => Assert.Equal(due, Invalidation.IsDueTo(method, status));

    [Fact]
    public void Invalidation_NamesBothReferences() =>
        Assert.Equal(["/l", "/c"], Invalidation.References(GoldenTable.Fields("Content-Location: /c;;Location: /l")));

    [Fact]
    public void Caching_AnyFieldValues_NeverThrow() => Attack.Survives(text =>
    {
        var fields = new HttpFields
        {
            { "Cache-Control", text }, { "CDN-Cache-Control", text }, { "Vary", text }, { "ETag", text }, { "Content-Range", text }, { "Content-Length", text },
            { "Referer", text }, { "Origin", text }, { "If-None-Match", text }, { "If-Modified-Since", text }, { "Range", text }, { "If-Range", text },
            { "Last-Modified", text }, { "Date", text }, { "Pragma", text }, { "Content-Type", text },
        };
        _ = CachePartition.Of(fields, "a");
        _ = Storability.Judge("GET", fields, 206, fields, Times);
        var head = StoredHead.Of(200, "", fields, fields, "", "", Times) with { TotalLength = 5 };
        var plan = CachePlan.For("GET", fields, head, true, true, Clock.Now.AddSeconds(70));
        Assert.True(plan.Action is CacheAction.Forward or CacheAction.Reuse or CacheAction.ReuseWhileRevalidating or CacheAction.Validate or CacheAction.NotCached);
        var answer = StoredSelection.Answer("GET", fields, head, Clock.Now);
        Assert.True(answer.Status is 200 or 206 or 304 or 416);
        Assert.True(new Core.ByteRange(0, 5).Contains(answer.Body));
        Assert.NotNull(Validation.Freshen(head, fields, Times));
        _ = Validation.Request(fields, fields).Count + (Validation.Confirms(fields, fields) ? 1 : 0) + (Validation.Describes(fields, 5, fields) ? 1 : 0);
    });

    private static StoredHead Stored(string fields) => StoredHead.Of(200, "OK", [], GoldenTable.Fields(fields), "", "", Times) with { TotalLength = 5 };

    private static (string Left, string Right) Halves(string input)
    {
        var cells = input.Split("->");
        return (cells[0].Trim(), cells[1].Trim());
    }
}
