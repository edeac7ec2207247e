using System.Net;
using System.Security.Cryptography.X509Certificates;
using Swarm.Engine.Targets;
using Swarm.Proxy.Front;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Tunnel;

namespace Swarm.Proxy.Tests.Harness;

/// <summary>A real front on a free port that may reach loopback origins, with the knobs tests turn.</summary>
internal sealed class TestFront : IAsyncDisposable
{
    private readonly OriginTransport _transport;
    private readonly ProxyFront _front;

    private TestFront(ProxyFront front, OriginTransport transport, ProxyIdentity identity)
    {
        _front = front;
        _transport = transport;
        Identity = identity;
    }

    public IPEndPoint EndPoint => _front.BoundAddress;

    public int Port => EndPoint.Port;

    public ProxyIdentity Identity { get; }

    public ProxyFront Front => _front;

    public static async Task<TestFront> StartAsync(TestFrontOptions? options = null)
    {
        options ??= new TestFrontOptions();
        var own = new OwnListeners();
        Assert.True(AllowedTargets.TryParse(options.AllowTargets, out var allowed, out var error), error);
        var targets = new TargetPolicy(allowed, own, options.Resolve);
        var identity = ProxyIdentity.Random();
        var transport = new OriginTransport(new OriginOptions
        {
            Targets = targets,
            ConnectTimeout = options.ConnectTimeout,
            HeaderTimeout = options.HeaderTimeout,
            TrustedRoots = options.TrustedRoots,
            Time = options.Time,
            Upstream = options.Upstream,
            Identity = identity,
        });
        var front = await ProxyFront.StartAsync(new FrontOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            OwnListeners = own,
            Targets = targets,
            Transport = transport,
            Identity = identity,
            ConnectPorts = options.ConnectPorts,
            TunnelsMax = options.TunnelsMax,
            TunnelIdle = options.TunnelIdle,
            ConnectTimeout = options.ConnectTimeout,
            RequestHeadTimeout = options.RequestHeadTimeout,
            StallLimit = options.StallLimit,
            Time = options.Time,
            Torrents = options.Torrents,
            Get = options.Get,
            Capabilities = options.Capabilities,
            Access = options.Access,
            AccessLog = options.AccessLog,
            ConnectionsOfOneClientMax = options.ConnectionsOfOneClientMax,
            Interception = options.Interception,
            GatewayRoot = options.GatewayRoot,
            Tunnelled = options.Tunnelled,
        }, TestContext.Current.CancellationToken);
        return new TestFront(front, transport, identity);
    }

    public Task<RawClient> ConnectAsync(int? receiveBufferBytes = null) => RawClient.ConnectAsync(EndPoint, receiveBufferBytes);

    /// <summary>One request on a connection of its own.</summary>
    public Task<RawAnswer> ExchangeAsync(string request) => RawClient.ExchangeAsync(EndPoint, request);

    /// <summary>A GET in absolute-form with the given extra header lines.</summary>
    public Task<RawAnswer> GetAsync(string url, params string[] lines) =>
        ExchangeAsync($"GET {url} HTTP/1.1\r\nHost: {new Uri(url).Authority}\r\n{string.Concat(lines.Select(l => l + "\r\n"))}\r\n");

    /// <summary>A GET in origin-form, as the gateway takes it.</summary>
    public Task<RawAnswer> GetLocalAsync(string path, params string[] lines) =>
        ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{Port}\r\n{string.Concat(lines.Select(l => l + "\r\n"))}\r\n");

    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        _transport.Dispose();
    }
}

/// <summary>The knobs of a <see cref="TestFront"/>.</summary>
internal sealed record TestFrontOptions
{
    public string[] AllowTargets { get; init; } = ["127.0.0.0/8"];
    public Func<string, CancellationToken, Task<IPAddress[]>>? Resolve { get; init; }
    public X509Certificate2Collection TrustedRoots { get; init; } = [];
    public TimeProvider Time { get; init; } = TimeProvider.System;
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(40);
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(60);
    public TimeSpan RequestHeadTimeout { get; init; } = TimeSpan.FromSeconds(40);
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromHours(1);
    public TimeSpan TunnelIdle { get; init; } = TimeSpan.FromMinutes(15);
    public int TunnelsMax { get; init; } = 1024;
    public IReadOnlySet<int> ConnectPorts { get; init; } = new HashSet<int> { 443 };
    public ITorrentRoute? Torrents { get; init; }
    public IGetHandler? Get { get; init; }
    public Interceptor? Interception { get; init; }
    public string? GatewayRoot { get; init; }
    public TunnelledHosts Tunnelled { get; init; } = new(TimeProvider.System);
    public Swarm.Proxy.Gateway.CapabilityBook? Capabilities { get; init; }
    public ClientAccess Access { get; init; } = ClientAccess.Everyone;
    public AccessLog? AccessLog { get; init; }
    public Swarm.Proxy.Upstream.UpstreamChoice? Upstream { get; init; }
    public int ConnectionsOfOneClientMax { get; init; } = 2048;
}
