using System.Net;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Cache;

/// <summary><c>purge</c> against a whole running node.</summary>
public sealed class PurgeVerbTests : IAsyncDisposable
{
    private readonly CliHarness _daemon = new();
    private readonly CacheCaseOrigin _origin = new(TimeProvider.System);
    private Task<int>? _running;

    private string Data => Path.Combine(_daemon.Root, "data");

    [Fact]
    public async Task Purged_IsAskedAgain()
    {
        _running = _daemon.RunAsync(ProgramParts.All, ["--data", Data, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--allow-target", "127.0.0.0/8"]);
        var proxy = IPEndPoint.Parse((await _daemon.ReadyAsync()).Split(' ')[1]["proxy=http://".Length..]);
        var plan = _origin.Prepare("/a", "200", ["Cache-Control: max-age=600"], "body");
        var url = $"http://127.0.0.1:{_origin.Port}/a";

        await GetAsync(proxy, url);
        Assert.Contains("; hit; ttl=", (await GetAsync(proxy, url)).Field("Cache-Status"), StringComparison.Ordinal);
        Assert.Single(plan.Requests);

        Assert.Equal((0, "The answers of 1 URL are forgotten."), await SayAsync("purge", url));
        Assert.Equal((0, "The answers of 0 URLs are forgotten."), await SayAsync("purge", url));
        await GetAsync(proxy, url);
        Assert.Equal(2, plan.Requests.Count);

        Assert.Equal((0, "The answers of 1 URL are forgotten."), await SayAsync("purge", "--all"));
        await GetAsync(proxy, url);
        Assert.Equal(3, plan.Requests.Count);
        Assert.Equal(2, (await SayAsync("purge")).Code);
        Assert.Equal(2, (await SayAsync("purge", "--all", url)).Code);
    }

    public async ValueTask DisposeAsync()
    {
        _daemon.Stop();
        if (_running is not null)
        {
            Assert.Equal(0, await _running);
        }

        await _origin.DisposeAsync();
        _daemon.Dispose();
    }

    private static Task<CacheCaseMessage> GetAsync(IPEndPoint proxy, string url) =>
        CacheCaseWire.ExchangeAsync(proxy, $"GET {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", TestContext.Current.CancellationToken);

    private async Task<(int Code, string Said)> SayAsync(params string[] arguments)
    {
        using var cli = new CliHarness();
        var code = await cli.RunAsync([.. arguments, "--data", Data]);
        return (code, (cli.Out.Text + cli.Error.Text).TrimEnd('\n'));
    }
}
