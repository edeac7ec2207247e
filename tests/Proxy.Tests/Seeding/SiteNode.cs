using System.Net;
using System.Text.Json;
using Swarm.Core;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Swarmed;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary>A whole <c>seed --origin</c> as the command line starts it, on loopback.</summary>
internal sealed class SiteNode : IAsyncDisposable
{
    private readonly CliHarness _cli = new();
    private Task<int> _running = Task.FromResult(0);

    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.None, 0);

    public string Peer { get; private set; } = "";

    public string Authority => EndPoint.ToString();

    public string Url => $"http://{EndPoint}";

    public LineWriter Error => _cli.Error;

    public string Root => _cli.Root;

    public static async Task<SiteNode> StartAsync(string origin, params string[] more)
    {
        var node = new SiteNode();
        node._running = node._cli.RunAsync(ProgramParts.All,
            ["seed", "--origin", origin, "--json", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--peer-listen", "127.0.0.1:0", "--data", "data", "--no-dht", "--no-lsd", .. more]);
        var ready = await node._cli.ReadyAsync();
        node.EndPoint = IPEndPoint.Parse(ready.Split(' ')[1]["proxy=http://".Length..]);
        node.Peer = ready.Split(' ')[3]["peer=".Length..];
        return node;
    }

    public Task<RawAnswer> GetAsync(string path, params string[] lines) => AskAsync("GET", path, lines);

    public Task<RawAnswer> AskAsync(string method, string path, params string[] lines) =>
        RawClient.ExchangeAsync(EndPoint, $"{method} {path} HTTP/1.1\r\nHost: {EndPoint}\r\n{string.Concat(lines.Select(static l => l + "\r\n"))}\r\n");

    /// <summary>What was said of published and retired files so far.</summary>
    public JsonElement[] Events(string name) =>
        [.. _cli.Out.Lines.Where(static l => l.StartsWith('{')).Select(static l => JsonDocument.Parse(l).RootElement).Where(e => e.GetProperty("event").GetString() == name)];

    /// <summary>The file of a path once it is published for the given time.</summary>
    public async Task<JsonElement> PublishedAsync(string path, int times = 1)
    {
        JsonElement[] Of() => [.. Events("published").Where(e => e.GetProperty("path").GetString() == path)];
        await Eventually.IsTrueAsync(() => Of().Length >= times, $"{path} is published {times} times; said: {Error.Text}");
        return Of()[times - 1];
    }

    /// <summary>True if a peer that names this torrent in its handshake (BEP 3) is answered.</summary>
    public async Task<bool> TakesAsync(InfoHash infohash)
    {
        using var client = await RawClient.ConnectAsync(IPEndPoint.Parse(Peer));
        byte[] handshake = [19, .. "BitTorrent protocol"u8, 0, 0, 0, 0, 0, 0, 0, 0, .. Convert.FromHexString(infohash.V1Hex!), .. "-XX0001-abcdefghijkl"u8];
        await client.Stream.WriteAsync(handshake, TestContext.Current.CancellationToken);
        return await TestNode.ReadUpToAsync(client, handshake.Length) is { Length: > 0 };
    }

    public async ValueTask DisposeAsync()
    {
        _cli.Stop();
        Assert.Equal(0, await _running);
        _cli.Dispose();
    }
}
