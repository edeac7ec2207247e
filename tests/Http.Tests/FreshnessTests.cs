namespace Swarm.Http.Tests;

/// <summary>RFC 9111 §4.2, §5.1, §5.2.1, §5.3; RFC 9213 §2.</summary>
public sealed class FreshnessTests
{
    public static TheoryData<string, string, string> Golden => GoldenTable.Rows("freshness.txt");

    public static TheoryData<string, string, string> Targeted => GoldenTable.Rows("cdn-cache-control.txt");

    [Theory]
    [MemberData(nameof(Golden))]
    public void Freshness_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var cells = input.Split(' ', 3);
        var fields = GoldenTable.Fields(cells.Length > 2 ? cells[2] : "");
        var f = Of(fields, 0, int.Parse(cells[1]), cells[0] == "shared");
        Assert.Equal(expected, $"{f.LifetimeSeconds} {f.AgeSeconds} {(f.IsFresh ? "fresh" : "stale")}{(f.IsHeuristic && f.LifetimeSeconds > 0 ? " guessed" : "")}{(f.MustRevalidate ? " revalidate" : "")}");
    }

    [Theory]
    [MemberData(nameof(Targeted))]
    public void TargetedCacheControl_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(expected, TargetedCacheControl.Parse(input)?.ToString() ?? "absent");
    }

    [Fact]
    public void Age_CountsTheTimeOfTheAnswerAndTheTimeHere() // §4.2.3
    {
        var fields = GoldenTable.Fields("Cache-Control: max-age=100;;Age: 10;;Date: Sat, 14 Mar 2026 12:00:00 GMT");
        var times = new StoredTimes(Clock.Now, Clock.Now.AddSeconds(4));
        Assert.Equal(10 + 4 + 20, Freshness.Of(200, fields, times, Clock.Now.AddSeconds(24), false).AgeSeconds);
    }

    [Fact]
    public void Age_OfAClockThatRunsAhead_IsNotNegative()
    {
        var fields = GoldenTable.Fields("Cache-Control: max-age=100;;Date: Sat, 14 Mar 2026 13:00:00 GMT");
        Assert.Equal(0, Of(fields, 0, 200, false).AgeSeconds);
        var back = new StoredTimes(Clock.Now, Clock.Now.AddSeconds(-50));
        Assert.True(Freshness.Of(200, fields, back, Clock.Now.AddSeconds(-100), false).AgeSeconds >= 0);
    }

    [Theory] // the stored response lives 100 s and is of the given age
    [InlineData(50, "max-age=100", "", true)]
    [InlineData(50, "max-age=100", "no-cache", false)]
    [InlineData(50, "max-age=100", "max-age=50", true)]
    [InlineData(50, "max-age=100", "max-age=49", false)]
    [InlineData(50, "max-age=100", "min-fresh=50", true)]
    [InlineData(50, "max-age=100", "min-fresh=51", false)]
    [InlineData(150, "max-age=100", "", false)]
    [InlineData(150, "max-age=100", "max-stale", true)]
    [InlineData(150, "max-age=100", "max-stale=50", true)]
    [InlineData(150, "max-age=100", "max-stale=49", false)]
    [InlineData(150, "max-age=100, must-revalidate", "max-stale", false)]
    [InlineData(50, "max-age=100, no-cache", "max-stale", false)]
    [InlineData(100, "max-age=100", "", false)]
    public void Request_Limits(int age, string response, string request, bool usable)
    {
        var stored = Of(new() { { "Cache-Control", response } }, age, 200, false);
        Assert.Equal(usable, stored.Satisfies(CacheControl.Parse(request)));
    }

    [Fact]
    public void Pragma_CountsOnlyWithoutCacheControl() // §5.4
    {
        var stored = Of(new() { { "Cache-Control", "max-age=100" } }, 0, 200, false);
        Assert.False(stored.Satisfies(CacheControl.Parse(null), pragmaNoCache: true));
        Assert.True(stored.Satisfies(CacheControl.Parse("max-age=10"), pragmaNoCache: true));
    }

    [Fact]
    public void Freshness_AnyFieldValues_NeverThrow() => Attack.Survives(text =>
    {
        var fields = new HttpFields { { "Cache-Control", text }, { "CDN-Cache-Control", text }, { "Age", text }, { "Expires", text }, { "Date", text }, { "Last-Modified", text } };
        Assert.True(Of(fields, 5, 200, true).AgeSeconds >= 0);
        _ = TargetedCacheControl.Parse("a=" + text)?.ToString() + TargetedCacheControl.Parse("a=(" + text) + TargetedCacheControl.Parse("a;" + text);
    });

    private static Freshness Of(HttpFields fields, int age, int status, bool shared) =>
        Freshness.Of(status, fields, new(Clock.Now, Clock.Now), Clock.Now.AddSeconds(age), shared);
}
