namespace Swarm.Http.Tests;

/// <summary>RFC 9110 §8.8.3, §13.1.1, §13.1.2.</summary>
public sealed class EntityTagTests
{
    [Theory]
    [InlineData("\"a\"", false, "\"a\"")]
    [InlineData("W/\"a\"", true, "\"a\"")]
    [InlineData("\"\"", false, "\"\"")]
    [InlineData("\"a,b\"", false, "\"a,b\"")]
    [InlineData("\"a\\\"", false, "\"a\\\"")] // a backslash is no escape here
    public void ETag_Valid(string text, bool weak, string opaque)
    {
        Assert.True(EntityTag.TryParse(text, out var tag));
        Assert.Equal(new(weak, opaque), tag);
        Assert.Equal(text, tag.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("\"")]
    [InlineData("\"a")]
    [InlineData("a\"")]
    [InlineData("w/\"a\"")]
    [InlineData("W/a")]
    [InlineData("W/ \"a\"")]
    [InlineData("\"a b\"")]
    [InlineData("\"a\"b\"")]
    [InlineData("\"a\" ")]
    [InlineData("\"a\", \"b\"")]
    [InlineData("\"a\nb\"")]
    [InlineData("'a'")]
    [InlineData("*")]
    public void ETag_Invalid(string text) => Assert.False(EntityTag.TryParse(text, out _));

    [Theory] // the table of §8.8.3.2
    [InlineData("W/\"1\"", "W/\"1\"", false, true)]
    [InlineData("W/\"1\"", "W/\"2\"", false, false)]
    [InlineData("W/\"1\"", "\"1\"", false, true)]
    [InlineData("\"1\"", "\"1\"", true, true)]
    public void ETag_Comparison(string a, string b, bool strong, bool weak)
    {
        Assert.Equal(strong, EntityTag.Parse(a)!.Value.StrongEquals(EntityTag.Parse(b)!.Value));
        Assert.Equal(weak, EntityTag.Parse(a)!.Value.WeakEquals(EntityTag.Parse(b)!.Value));
    }

    [Theory]
    [InlineData("*", true, 0)]
    [InlineData(" * ", true, 0)]
    [InlineData("\"a\"", false, 1)]
    [InlineData("\"a\", W/\"b\" ,\"c\"", false, 3)]
    [InlineData(",, \"a\" ,,", false, 1)]
    [InlineData("\"a,b\",\"c\"", false, 2)]
    [InlineData("\"a\" \"b\"", false, 0)]
    [InlineData("*, \"a\"", false, 0)]
    [InlineData("\"a\", *", false, 0)]
    [InlineData("\"a\", b", false, 0)]
    [InlineData("a", false, 0)]
    [InlineData("", false, 0)]
    public void ETagList_Members_MalformedMeansNone(string text, bool any, int count)
    {
        var condition = EntityTagCondition.Parse(text)!;
        Assert.Equal(any, condition.IsAny);
        Assert.Equal(count, condition.Tags.Count);
    }

    [Fact]
    public void ETagList_AnyText_NeverThrows() => Attack.Survives(text =>
    {
        foreach (var tag in EntityTagCondition.Parse(text)!.Tags)
        {
            Assert.Equal(tag, EntityTag.Parse(tag.ToString()));
        }
    });
}
