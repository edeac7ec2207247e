using Microsoft.AspNetCore.Http;
using Swarm.Proxy.Front;
using Swarm.Proxy.Gateway;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Gateway;

/// <summary>Capabilities in gateway and torrent URLs: what they open, and everything they must not.</summary>
public sealed class CapabilityTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\n\r\nok";
    private const string Infohash = "0123456789012345678901234567890123456789";

    private readonly FakeTime _time = new();
    private readonly CapabilityBook _book;

    public CapabilityTests() => _book = new CapabilityBook(_time);

    [Theory]
    [InlineData("Sec-Fetch-Dest: video")]
    [InlineData("Sec-Fetch-Dest: audio")]
    [InlineData("Sec-Fetch-Dest: track")]
    [InlineData("Sec-Fetch-Dest: empty")]
    [InlineData("Sec-Fetch-Site: cross-site")]
    [InlineData("Origin: http://127.0.0.1:1")]
    [InlineData("X-Tool: none of a browser's")]
    public async Task MediaElement_WithTheToken_GetsBytes_EmbeddableAndSandboxed(string line)
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await FrontAsync();

        var answer = await front.GetLocalAsync(PathFor(origin.Authority), line);

        Assert.Equal("ok", answer.Text);
        Assert.Equal("cross-origin", answer.Field("Cross-Origin-Resource-Policy"));
        Assert.Equal("sandbox; default-src 'none'", answer.Field("Content-Security-Policy"));
        Assert.False(answer.Has("Set-Cookie"));
        Assert.False(answer.Has("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("Sec-Fetch-Dest: document")]
    [InlineData("Sec-Fetch-Dest: iframe")]
    [InlineData("Sec-Fetch-Dest: frame")]
    [InlineData("Sec-Fetch-Dest: embed")]
    [InlineData("Sec-Fetch-Dest: object")]
    [InlineData("Sec-Fetch-Dest: script")]
    [InlineData("Sec-Fetch-Dest: style")]
    [InlineData("Sec-Fetch-Dest: worker")]
    [InlineData("Sec-Fetch-Dest: serviceworker")]
    [InlineData("sec-fetch-dest: sharedworker")]
    [InlineData("Sec-Fetch-Dest: something-new")]
    [InlineData("Service-Worker: script")]
    public async Task WhatABrowserRunsOrShows_IsRefusedDespiteTheToken(string line)
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await FrontAsync();

        Assert.Equal(403, (await front.GetLocalAsync(PathFor(origin.Authority), line)).Status);
        Assert.Equal(403, (await front.GetLocalAsync(TorrentPath(), line)).Status);
        Assert.Equal(0, origin.Connections);
    }

    [Fact]
    public async Task Token_OfAnotherHostPortOrScheme_OpensNothing()
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var other = RawOrigin.Always(Ok);
        await using var front = await FrontAsync();
        var token = Token($"http://{other.Authority}/");

        foreach (var path in new[]
        {
            $"/gateway/~{token}/http/{origin.Authority}/x", $"/gateway/~{token}/https/{other.Authority}/x", $"/gateway/~{token}/http/{other.Authority}@{origin.Authority}/x",
            $"/gateway/~/http/{origin.Authority}/x", $"/gateway/~{token}x/http/{other.Authority}/x", $"/gateway/~{token[..^1]}/http/{other.Authority}/x",
            $"/gateway/~{token}", $"/gateway/~{token}/", $"/gateway/~{token}?http/{other.Authority}/x", $"/torrents/~{token}/{Infohash}/film.mp4",
        })
        {
            Assert.Equal(403, (await front.GetLocalAsync(path, "Sec-Fetch-Dest: video")).Status);
            Assert.Equal(403, (await front.GetLocalAsync(path)).Status);
        }

        Assert.Equal(0, origin.Connections);
        Assert.Equal(0, other.Connections);
    }

    [Fact]
    public async Task Token_EndsAfterAnHour()
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await FrontAsync();
        var path = PathFor(origin.Authority);

        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(200, (await front.GetLocalAsync(path, "Sec-Fetch-Dest: video")).Status);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(403, (await front.GetLocalAsync(path, "Sec-Fetch-Dest: video")).Status);
    }

    [Fact]
    public async Task ForeignHostName_IsRefusedDespiteTheToken()
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await FrontAsync();

        Assert.Equal(421, (await front.ExchangeAsync($"GET {PathFor(origin.Authority)} HTTP/1.1\r\nHost: evil.example:{front.Port}\r\nSec-Fetch-Dest: video\r\n\r\n")).Status);
        Assert.Equal(0, origin.Connections);
    }

    [Fact]
    public async Task CredentialsOfThePage_AreNotForwarded()
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await FrontAsync();

        await front.GetLocalAsync(PathFor(origin.Authority), "Sec-Fetch-Dest: video", "Cookie: secret=1", "Authorization: Basic eA==", "Referer: http://127.0.0.1/page");

        var head = Assert.Single(origin.Heads);
        Assert.DoesNotContain("secret", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("authorization", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("referer", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("~", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Torrent_OpensForItsOwnTokenAlone()
    {
        await using var front = await FrontAsync();
        var (other, _) = _book.IssueForTorrent(new string('f', 40));

        Assert.Equal(200, (await front.GetLocalAsync(TorrentPath(), "Sec-Fetch-Dest: video")).Status);
        Assert.Equal(403, (await front.GetLocalAsync($"/torrents/~{other}/{Infohash}/film.mp4", "Sec-Fetch-Dest: video")).Status);
        Assert.Equal(403, (await front.GetLocalAsync($"/torrents/{Infohash}/film.mp4", "Sec-Fetch-Dest: video")).Status);
    }

    [Fact]
    public void Book_KeepsABoundedNumber_AndGivesNoTwoAlike()
    {
        var tokens = Enumerable.Range(0, 3000)
            .Select(_ =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                return _book.IssueForTorrent(Infohash).Token;
            }).ToList();

        Assert.Equal(3000, tokens.Distinct().Count());
        Assert.Equal(1024, tokens.Count(t => _book.AllowsTorrent(t, Infohash)));
        Assert.True(_book.AllowsTorrent(tokens[^1], Infohash));
    }

    private Task<TestFront> FrontAsync() => TestFront.StartAsync(new() { Capabilities = _book, Torrents = new OkTorrents() });

    private string PathFor(string authority) => $"/gateway/~{Token($"http://{authority}/")}/http/{authority}/film.mp4";

    private string TorrentPath() => $"/torrents/~{_book.IssueForTorrent(Infohash).Token}/{Infohash}/film.mp4";

    private string Token(string url)
    {
        Assert.True(OriginTarget.TryParse(url, TargetForm.Gateway, out var target));
        return _book.Issue(target).Token;
    }

    private sealed class OkTorrents : ITorrentRoute
    {
        public Task HandleAsync(HttpContext context, string path, CancellationToken cancellationToken)
        {
            Assert.Equal($"{Infohash}/film.mp4", path);
            return PlainAnswer.WriteAsync(context, 200, "ok");
        }
    }
}
