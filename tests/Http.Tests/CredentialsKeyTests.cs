namespace Swarm.Http.Tests;

/// <summary>Invariant I1: what a permit is bound to.</summary>
public sealed class CredentialsKeyTests
{
    private const string Url = "https://site.example/film.mp4";

    [Theory]
    [InlineData("")]
    [InlineData("Range: bytes=0-1;;User-Agent: x;;Accept: */*;;Referer: https://site.example/")]
    [InlineData("Proxy-Authorization: Basic eA==")]
    public void Key_WithoutCredentials_IsEmpty(string fields) => Assert.Empty(CredentialsKey.Of(GoldenTable.Fields(fields), Url));

    [Theory]
    [InlineData("Cookie: a=b")]
    [InlineData("cookie: a=b")]
    [InlineData("Authorization: Bearer x")]
    [InlineData("X-Api-Key: k")]
    [InlineData("Private-Token: k")]
    [InlineData("X-Auth-User: u")]
    public void Key_WithCredentials_IsAHexDigest(string fields) => Assert.Matches("^[0-9a-f]{64}$", CredentialsKey.Of(GoldenTable.Fields(fields), Url));

    [Fact]
    public void Key_TellsCredentialsApart()
    {
        string[] lists =
        [
            "", "Cookie: a", "Cookie: b", "Cookie: ab", "Cookie: a;;Cookie: b", "Cookie: b;;Cookie: a", "Authorization: a", "Authorization: a;;Cookie: a",
            "Cookie: a\ncookie:1:b", "Authorization: ",
        ];
        Assert.Equal(lists.Length, lists.Select(l => CredentialsKey.Of(GoldenTable.Fields(l), Url)).Distinct().Count());
    }

    [Fact]
    public void Key_SameCredentials_InAnyOrderAmongOtherFields_IsTheSame() => Assert.Equal(
        CredentialsKey.Of(GoldenTable.Fields("Cookie: a;;Accept: x;;Authorization: b"), Url),
        CredentialsKey.Of(GoldenTable.Fields("authorization: b;;COOKIE: a;;Range: bytes=0-1"), Url));

    [Theory]
    [InlineData("?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=abc")]
    [InlineData("?x-amz-signature=abc")]
    [InlineData("?X-Amz-%53ignature=abc")]
    [InlineData("?a=1&X-Goog-Signature=abc")]
    [InlineData("?sv=2022&sig=abc")]
    [InlineData("?Expires=1&Signature=x&Key-Pair-Id=y")]
    [InlineData("?token=abc")]
    [InlineData("?a=1;token=abc")]
    [InlineData("?hdnea=exp=1~hmac=2")]
    [InlineData("?md5=x&expires=1")]
    [InlineData("?e=1&st=x")]
    [InlineData("?TOKEN")]
    public void SignedQuery_IsSeen(string query)
    {
        Assert.True(SignedQuery.IsSigned(Url + query));
        Assert.NotEmpty(CredentialsKey.Of([], Url + query));
        Assert.NotEqual(CredentialsKey.Of([], Url + query), CredentialsKey.Of([], Url + query + "1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?page=1&size=2")]
    [InlineData("?md5=x")]
    [InlineData("?expires=1")]
    [InlineData("?q=token")]
    [InlineData("#?token=1")]
    [InlineData("/token=1/signature")]
    public void SignedQuery_IsNotSeen(string rest) => Assert.False(SignedQuery.IsSigned(Url + rest));

    [Theory]
    [InlineData("https://user:pass@site.example/f", true)]
    [InlineData("https://site.example/@scope/pkg", false)]
    [InlineData("https://site.example/f?mail=a@b", false)]
    public void UserInformation_Counts(string url, bool signed) => Assert.Equal(signed, SignedQuery.IsSigned(url));

    [Fact]
    public void Key_AnyText_NeverThrows() => Attack.Survives(text => _ = CredentialsKey.Of(new() { { text, text }, { "Cookie", text } }, text) + SignedQuery.IsSigned("http://a/?" + text));
}
