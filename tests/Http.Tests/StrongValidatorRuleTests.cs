namespace Swarm.Http.Tests;

/// <summary>RFC 9110 §8.8.2.2, §8.8.3.</summary>
public sealed class StrongValidatorRuleTests
{
    private const string Date = "Sat, 14 Mar 2026 11:00:00 GMT";
    private const string MinuteOld = "Sat, 14 Mar 2026 10:59:00 GMT";
    private const string YoungerThanAMinute = "Sat, 14 Mar 2026 10:59:01 GMT";

    [Theory]
    [InlineData("\"a\"", null, null, "\"a\"", null)]
    [InlineData("\"a\"", MinuteOld, null, "\"a\"", MinuteOld)]
    [InlineData("\"a\"", "garbage", Date, "\"a\"", null)]
    [InlineData(null, MinuteOld, Date, null, MinuteOld)]
    [InlineData("W/\"a\"", MinuteOld, Date, null, MinuteOld)]
    public void Validator_IsStrong(string? tag, string? modified, string? date, string? expectedTag, string? expectedDate)
    {
        var validator = StrongValidatorRule.Of(Response(tag, modified, date), Clock.Now);
        Assert.Equal(new(expectedTag, expectedDate), validator);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("W/\"a\"", null, Date)]
    [InlineData("a", null, Date)]
    [InlineData(null, YoungerThanAMinute, Date)]
    [InlineData(null, Date, MinuteOld)]
    [InlineData(null, MinuteOld, null)]
    [InlineData(null, MinuteOld, "garbage")]
    [InlineData(null, "garbage", Date)]
    public void Validator_IsNotStrong(string? tag, string? modified, string? date) =>
        Assert.Null(StrongValidatorRule.Of(Response(tag, modified, date), Clock.Now));

    [Fact]
    public void Validator_TwoTags_AreNone()
    {
        var response = Response("\"a\"", null, Date);
        response.Add("etag", "\"b\"");
        Assert.Null(StrongValidatorRule.Of(response, Clock.Now));
    }

    private static HttpFields Response(string? tag, string? modified, string? date)
    {
        var fields = new HttpFields();
        foreach (var (name, value) in new[] { ("ETag", tag), ("Last-Modified", modified), ("Date", date) })
        {
            if (value is not null)
            {
                fields.Add(name, value);
            }
        }

        return fields;
    }
}
