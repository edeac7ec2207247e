using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Tests.Get;

/// <summary>Addresses that people type, and the names files get from them.</summary>
public sealed class TargetTextTests
{
    [Theory]
    [InlineData("http://a.example/films/film.mp4?x=1#t=3", "film.mp4")]
    [InlineData("http://a.example/d%C3%A9j%C3%A0%20vu.mp4", "déjà vu.mp4")]
    [InlineData("http://a.example/", "download")]
    [InlineData("http://a.example/a/", "a")]
    [InlineData("http://a.example/..%2f..%2fetc%2fpasswd", "_.._etc_passwd")]
    [InlineData("http://a.example/.bashrc", "bashrc")]
    [InlineData("http://a.example/%1b%5b2J", "_[2J")]
    public void Name_IsTheLastSegment_HarmlessWhateverItSays(string url, string name) =>
        Assert.Equal(name, new TargetText(TargetKind.Url, url).SuggestedName());

    [Theory]
    [InlineData("https://a.example/x?y=%2F", "http://127.0.0.1:1/gateway/https/a.example/x?y=%2F")]
    [InlineData("http://a.example:8080/x", "http://127.0.0.1:1/gateway/http/a.example:8080/x")]
    [InlineData("http://[::1]:8080/x", "http://127.0.0.1:1/gateway/http/[::1]:8080/x")]
    [InlineData("https://b\u00fccher.example/x", "http://127.0.0.1:1/gateway/https/xn--bcher-kva.example/x")]
    public void Gateway_KeepsHostPortPathAndQuery(string url, string expected) =>
        Assert.Equal(expected, new TargetText(TargetKind.Url, url).OnGateway("http://127.0.0.1:1").OriginalString);
}
