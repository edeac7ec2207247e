using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Core;
using Swarm.Engine;
using Swarm.Engine.Metrics;
using Swarm.Engine.Receipts;
using Swarm.Engine.Targets;
using Swarm.Proxy.Cache;
using Swarm.Proxy.Front;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Pump;
using Swarm.Proxy.Swarmed;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>A whole node in this process, put together as the program does it: store, engine, front; loopback only.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    /// <summary>The name on test certificates; it leads to loopback.</summary>
    public const string TlsHost = "film.test";

    private readonly OriginTransport _transport;
    private readonly ProxyFront _front;
    private readonly SwarmMetrics _metrics;
    private readonly string? _ownFolder;

    private TestNode(ProxyFront front, OriginTransport transport, SwarmEngine engine, ReceiptStore receipts, SwarmMetrics metrics, ProxyIdentity identity, string? ownFolder)
    {
        (_front, _transport, Engine, Receipts, _metrics, Identity, _ownFolder) = (front, transport, engine, receipts, metrics, identity, ownFolder);
    }

    public IPEndPoint EndPoint => _front.BoundAddress;

    public ProxyIdentity Identity { get; }

    public SwarmEngine Engine { get; }

    public ReceiptStore Receipts { get; }

    public static async Task<TestNode> StartAsync(TestNodeOptions? options = null)
    {
        options ??= new();
        var own = new OwnListeners();
        Assert.True(AllowedTargets.TryParse(options.AllowTargets, out var allowed, out var error), error);
        var targets = new TargetPolicy(allowed, own, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), options.Time);
        var metrics = new SwarmMetrics("Swarm.Test." + Guid.NewGuid().ToString("N"));
        var ownFolder = options.DataDirectory is null && options.HasStore ? Directory.CreateTempSubdirectory("swarm-node-").FullName : null;
        var built = EngineBuilder.Build(
            new()
            {
                DataDirectory = options.DataDirectory ?? ownFolder,
                QuotaBytes = options.QuotaBytes,
                ExtraPeers = [.. options.Peers.Select(p => (p.Host, p.Port)), .. options.PeerNodes.Select(p => (IPEndPoint.Parse(p).Address.ToString(), IPEndPoint.Parse(p).Port))],
                SwarmHosts = options.SwarmHosts,
            },
            targets, metrics, options.Time, NullLogger.Instance, _ => { });
        Assert.NotNull(built.Engine);
        foreach (var torrent in options.Torrents)
        {
            built.Engine.AddTorrent(torrent.Torrent, givenByUser: true);
        }

        var transport = new OriginTransport(new() { Targets = targets, Time = options.Time, TrustedRoots = options.TrustedRoots });
        var identity = transport.Options.Identity;
        var caching = new CacheOptions();
        var answers = new AnswerStore(caching.MaxBytes);
        var origin = new RedirectFollower(new CachingOrigin(transport.Connection, answers, caching, options.Time));
        var receipts = ReceiptStore.Open(null);
        var writer = new ReceiptWriter(built.Engine, receipts, metrics, "http://control.test", options.Time);
        var stall = new StallRule(StallRule.DefaultLimit, options.Time);
        var metafiles = new MetafileFetcher(origin, identity, options.Time);
        built.Engine.WebSeedAccess = new WebSeedAccess(new RedirectFollower(transport.Connection), identity);
        built.Engine.FetchMetafile = async (url, _) => (await metafiles.FetchAsync(url, url)).Metainfo;
        var join = new SwarmJoin(built.Engine, metafiles, options.Time, NullLogger.Instance);
        var front = await ProxyFront.StartAsync(
            new()
            {
                Listen = new(IPAddress.Loopback, 0),
                OwnListeners = own,
                Targets = targets,
                Transport = transport,
                Identity = identity,
                Get = new CachedGet(new SwarmedGet(built.Engine, origin, join, writer, identity, stall, options.Time), answers, identity, stall, options.Time),
                Documents = origin,
                Cache = new CacheInvalidator(answers),
                Torrents = new TorrentFiles(built.Engine, writer, stall, options.Time),
                Time = options.Time,
            },
            TestContext.Current.CancellationToken);
        return new(front, transport, built.Engine, receipts, metrics, identity, ownFolder);
    }

    public Task<RawClient> ConnectAsync(int? receiveBufferBytes = null) => RawClient.ConnectAsync(EndPoint, receiveBufferBytes);

    /// <summary>A GET through the proxy on a connection of its own.</summary>
    public Task<RawAnswer> GetAsync(string url, params string[] lines) => RawClient.ExchangeAsync(EndPoint, Request("GET", url, lines));

    public Task<RawAnswer> HeadAsync(string url, params string[] lines) => RawClient.ExchangeAsync(EndPoint, Request("HEAD", url, lines));

    /// <summary>A GET that may break off: what came, and whether all of it did.</summary>
    public async Task<(RawAnswer Head, byte[] Body, bool IsWhole)> TryGetAsync(string url, params string[] lines)
    {
        using var client = await ConnectAsync();
        await client.SendAsync(Request("GET", url, lines));
        RawAnswer head;
        try
        {
            head = await client.ReadHeadAsync();
        }
        catch (IOException)
        {
            return (new(0, "", [], []), [], false); // reset before the client got a word
        }

        var length = int.Parse(head.Field("Content-Length") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        var body = await ReadUpToAsync(client, length);
        return (head, body, body.Length == length);
    }

    /// <summary>Reads until so many bytes are here or the connection ends.</summary>
    public static async Task<byte[]> ReadUpToAsync(RawClient client, int count)
    {
        var bytes = new byte[count];
        var got = 0;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            while (got < count && await client.Stream.ReadAsync(bytes.AsMemory(got), patience.Token) is > 0 and var n)
            {
                got += n;
            }
        }
        catch (IOException)
        {
            // Reset: what came before it counts.
        }

        return bytes[..got];
    }

    /// <summary>The request as it goes on the wire; a path is asked of the node itself.</summary>
    public string Request(string method, string url, params string[] lines) =>
        $"{method} {url} HTTP/1.1\r\nHost: {(url.StartsWith('/') ? $"127.0.0.1:{EndPoint.Port}" : new Uri(url).Authority)}\r\n{string.Concat(lines.Select(l => l + "\r\n"))}\r\n";

    /// <summary>The receipt that a response named, once it is written.</summary>
    public async Task<ReceiptView> ReceiptAsync(RawAnswer answer)
    {
        var id = answer.Field("Swarm-Receipt")!.Split('/')[^1];
        await Eventually.IsTrueAsync(() => Receipts.Find(id) is not null, "the receipt");
        var receipt = Receipts.Find(id)!;
        Assert.Equal(receipt.TotalBytes, receipt.BytesBySource.Total);
        Assert.Equal(receipt.TotalBytes, receipt.Sources.Sum(s => s.Bytes));
        return receipt;
    }

    public ResourceHandle Known(string url) => Engine.Current(url, "identity") ?? throw new InvalidOperationException($"{url} is not known");

    /// <summary>What the engine says of one kind of event from here on.</summary>
    public ConcurrentQueue<string> Heard(string kind)
    {
        var heard = new ConcurrentQueue<string>();
        Engine.Events.Published += (what, text) =>
        {
            if (what == kind)
            {
                heard.Enqueue(text);
            }
        };
        return heard;
    }

    public Task HasTreeAsync(string url, Authority authority) =>
        Eventually.IsTrueAsync(() => Engine.Current(url, "identity")?.Version.Authority == authority, $"{url} is bound at {authority.Label()}");

    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        await Engine.DisposeAsync();
        _transport.Dispose();
        await Receipts.DisposeAsync();
        _metrics.Dispose();
        if (_ownFolder is not null)
        {
            Directory.Delete(_ownFolder, recursive: true);
        }
    }
}
