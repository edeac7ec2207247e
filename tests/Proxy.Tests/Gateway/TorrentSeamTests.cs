using Microsoft.AspNetCore.Http;
using Swarm.Proxy.Front;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Gateway;

/// <summary>What a torrent handler is given.</summary>
public sealed class TorrentSeamTests
{
    [Theory]
    [InlineData("/torrents", "")]
    [InlineData("/torrents/", "")]
    [InlineData("/torrents/abc", "abc")]
    [InlineData("/torrents/abc/a%2Fb/c%20d.mp4?t=1", "abc/a%2Fb/c%20d.mp4")]
    public async Task Torrents_Handler_GetsEscapedPathWithoutQuery(string target, string path)
    {
        var seen = new Echo();
        await using var front = await TestFront.StartAsync(new TestFrontOptions { Torrents = seen });

        Assert.Equal($"<{path}>", (await front.GetLocalAsync(target)).Text);
    }

    private sealed class Echo : ITorrentRoute
    {
        public Task HandleAsync(HttpContext context, string path, CancellationToken cancellationToken) => context.Response.WriteAsync($"<{path}>", cancellationToken);
    }
}
