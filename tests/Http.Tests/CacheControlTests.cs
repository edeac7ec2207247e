namespace Swarm.Http.Tests;

/// <summary>RFC 9111 §5.2, §1.2.2, §4.2.1.</summary>
public sealed class CacheControlTests
{
    public static TheoryData<string, string, string> Golden => GoldenTable.Rows("cache-control.txt");

    [Theory]
    [MemberData(nameof(Golden))]
    public void CacheControl_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var parsed = CacheControl.Parse(input);
        Assert.Equal(expected, parsed.ToString());
        Assert.Equal(expected, CacheControl.Parse(parsed.ToString()).ToString());
    }

    [Theory]
    [InlineData("max-age=60", 60L)]
    [InlineData("max-age=\"60\"", 60L)]
    [InlineData("max-age=0", 0L)]
    [InlineData("max-age", 0L)]
    [InlineData("max-age=", 0L)]
    [InlineData("max-age=-1", 0L)]
    [InlineData("max-age=6O", 0L)]
    [InlineData("max-age=1.5", 0L)]
    [InlineData("max-age='60'", 0L)]
    [InlineData("max-age=60, max-age=30", 30L)]
    [InlineData("max-age=30, max-age=60", 30L)]
    [InlineData("max-age=99999999999999999999", 2147483647L)]
    [InlineData("s-maxage=60", null)]
    [InlineData("foo=\"max-age=60\"", null)]
    [InlineData("max-age =60", null)]
    public void MaxAge_Seconds_UnreadableIsStale(string field, long? seconds) => Assert.Equal(seconds, CacheControl.Parse(field).MaxAgeSeconds);

    [Theory]
    [InlineData("max-stale", long.MaxValue)]
    [InlineData("max-stale=5", 5L)]
    [InlineData("max-stale=x", 0L)]
    [InlineData("", null)]
    public void MaxStale_Seconds(string field, long? seconds) => Assert.Equal(seconds, CacheControl.Parse(field).MaxStaleSeconds);

    [Fact]
    public void CacheControl_ManyDirectives_CannotHideANoStore()
    {
        var flood = string.Join(',', Enumerable.Range(0, 1000).Select(i => $"x{i}"));
        Assert.True(CacheControl.Parse(flood + ", no-store").NoStore);
    }

    [Fact]
    public void CacheControl_AnyText_NeverThrows_AndFormatsToTheSame() => Attack.Survives(text =>
    {
        var once = CacheControl.Parse(text);
        _ = once.MaxAgeSeconds + once.SharedMaxAgeSeconds;
        if (once.ToString().All(c => c is >= ' ' and < '\x7f'))
        {
            Assert.Equal(once.Count, CacheControl.Parse(once.ToString()).Count);
        }
    });
}
