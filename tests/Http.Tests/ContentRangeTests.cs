using FsCheck;
using FsCheck.Fluent;
using Swarm.Core;

namespace Swarm.Http.Tests;

/// <summary>RFC 9110 §14.4, §15.3.7.</summary>
public sealed class ContentRangeTests
{
    public static TheoryData<string, string, string> Golden => GoldenTable.Rows("content-range.txt");

    [Theory]
    [MemberData(nameof(Golden))]
    public void ContentRange_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(expected, ContentRange.TryParse(input, out var value) ? value.ToString() : "invalid");
    }

    [Theory]
    [InlineData("bytes 10-19/100", 10, 10, 10L, true)]
    [InlineData("bytes 10-19/100", 10, 10, null, true)]
    [InlineData("bytes 10-14/100", 10, 10, 5L, true)] // §15.3.7: a server may send less
    [InlineData("bytes 10-19/100", 10, 10, 9L, false)]
    [InlineData("bytes 10-20/100", 10, 10, 11L, false)]
    [InlineData("bytes 9-19/100", 10, 10, 11L, false)]
    [InlineData("bytes 11-19/100", 10, 10, 9L, false)]
    [InlineData("bytes */100", 10, 10, 0L, false)]
    public void ContentRange_OnA206_MustStartWhereAskedAndMatchTheBody(string field, long first, long count, long? length, bool answers) =>
        Assert.Equal(answers, ContentRange.Parse(field)!.Value.Answers(new(first, count), length));

    [Fact]
    public void ContentRange_FormatParse_IsTheSame() =>
        Prop.ForAll(Gens.Three(Gen.Choose(0, 1 << 20), Gen.Choose(1, 1 << 20), Gen.Choose(0, 1 << 20)).ToArbitrary(), t =>
        {
            var range = new ByteRange(t.A, t.B);
            var total = range.End + t.C;
            return ContentRange.Parse(ContentRange.Format(range, total)) == new ContentRange(range, total)
                && ContentRange.Parse(ContentRange.FormatUnsatisfied(total)) == new ContentRange(null, total);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void ContentRange_AnyText_NeverThrows_AndStaysInside() => Attack.Survives(text =>
    {
        if (ContentRange.TryParse("bytes " + text, out var value) && value.Range is { } range)
        {
            Assert.True(range.Length > 0 && range.End > range.Offset && (value.Total is null || range.End <= value.Total), text);
        }
    });
}
