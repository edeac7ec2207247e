using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Http.Tests;

/// <summary>RFC 9110 §5.6.7.</summary>
public sealed class HttpDateTests
{
    public static TheoryData<string, string, string> Golden => GoldenTable.Rows("date.txt");

    [Theory]
    [MemberData(nameof(Golden))]
    public void Date_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(expected, HttpDate.TryParse(input, Clock.Now, out var at) ? at.ToString("yyyy-MM-dd HH:mm:ss", null) : "invalid");
    }

    [Fact]
    public void Date_FormatParse_IsTheSame() =>
        Prop.ForAll(Gen.Zip(Gen.Choose(0, int.MaxValue), Gen.Choose(0, 80)).ToArbitrary(), t =>
        {
            var at = DateTimeOffset.UnixEpoch.AddSeconds((long)t.Item1 * t.Item2);
            return HttpDate.TryParse(HttpDate.Format(at), Clock.Now, out var back) && back == at;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1)]
    [InlineData(9999)]
    public void Date_TwoDigitYear_AtTheEdgesOfTheCalendar_DoesNotThrow(int year)
    {
        var now = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (var yy = 0; yy < 100; yy++)
        {
            if (HttpDate.TryParse($"Sunday, 06-Nov-{yy:00} 08:49:37 GMT", now, out var at))
            {
                Assert.True(at.Year - now.Year <= 50);
            }
        }
    }

    [Fact]
    public void Date_AnyText_NeverThrows() => Attack.Survives(text =>
    {
        if (HttpDate.TryParse(text, Clock.Now, out var at))
        {
            Assert.Equal(TimeSpan.Zero, at.Offset);
        }
    });
}
