using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Swarm.Engine.Targets;
using Swarm.Proxy.Gateway;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Pump;
using Swarm.Proxy.Transparent;
using Swarm.Proxy.Tunnel;
using Yarp.ReverseProxy.Forwarder;

namespace Swarm.Proxy.Front;

/// <summary>The proxy port: one Kestrel listener, a connection middleware for CONNECT, and an ordered table of routes.</summary>
public sealed class ProxyFront : IAsyncDisposable
{
    /// <summary>Browsers send up to 64 KiB of URL; RFC 9112 §3 asks for at least 8000 octets.</summary>
    public const int RequestLineBytesMax = 64 * 1024;

    /// <summary>Enough for the socket to be busy while the pump reads the next 64 KiB; small enough that a slow client holds the origin back.</summary>
    private const int ResponseBufferBytes = 128 * 1024;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2); // the contract ends a stop within 5 s, and engine and store need their part

    private static readonly ContentLengthOctets LengthOctets = new();

    private readonly WebApplication _app;
    private readonly OriginTransport? _ownTransport;
    private readonly OwnListeners _listeners;
    private readonly IPEndPoint[] _bound;

    static ProxyFront()
    {
        // A bare LF ends a line for Kestrel but not for every origin (RFC 9112 §2.2 leaves it open): a smuggling gap.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
    }

    private ProxyFront(WebApplication app, OriginTransport? ownTransport, OwnListeners listeners, IPEndPoint[] bound)
    {
        _app = app;
        _ownTransport = ownTransport;
        _listeners = listeners;
        _bound = bound;
    }

    /// <summary>Where it listens, with the port it got.</summary>
    public IPEndPoint BoundAddress => _bound[0];

    public string Url => $"http://{BoundAddress}";

    /// <summary>Listens and answers when it returns. Throws <see cref="FrontUnusableException"/> when it cannot start as configured.</summary>
    public static async Task<ProxyFront> StartAsync(FrontOptions options, CancellationToken cancellationToken)
    {
        if (options.Site is null && !IPAddress.IsLoopback(options.Listen.Address) && !options.Access.IsRestricted)
        {
            throw new FrontUnusableException(
                $"--listen {options.Listen} is an address other machines can reach, and this would be an open proxy: add --proxy-auth FILE or --trust-clients CIDR, or use 127.0.0.1 or [::1].", 2);
        }

        var targets = options.Targets ?? new TargetPolicy(options.AllowedTargets, options.OwnListeners, time: options.Time);
        var ownTransport = options.Transport is null
            ? new OriginTransport(new OriginOptions { Targets = targets, Time = options.Time, ConnectTimeout = options.ConnectTimeout, TrustedRoots = ExtraRoots.FromEnvironment(), Identity = options.Identity })
            : null;
        var transport = options.Transport ?? ownTransport!;
        var tunnels = new Tunnels(options, transport.Outbound);
        var second = options.IsTransparent ? OtherLoopback(options.Listen) : null;
        var app = Build(options, new ConnectMiddleware(options, tunnels, new RedirectedTunnels(options, targets, tunnels)), second);
        var bound = default(IPEndPoint);
        var routes = Routes(options, transport, app.Services.GetRequiredService<IHttpForwarder>(), () => bound!.Port);
        app.Use(next => context =>
        {
            options.Clients.Name(context);
            return next(context);
        });
        app.Run(new RouteTable(routes, options.Identity, options.Access, options.AccessLog, options.Time).HandleAsync);
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            ownTransport?.Dispose();
            throw new FrontUnusableException(
                e.InnerException is AddressInUseException ? $"--listen {options.Listen}: the port is taken by another program. Choose another with --listen." : $"--listen {options.Listen}: {e.Message}", 1);
        }

        bound = IPEndPoint.Parse(new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()).Authority);
        IPEndPoint[] all = second is null ? [bound] : [bound, second];
        Array.ForEach(all, options.OwnListeners.Add);
        return new ProxyFront(app, ownTransport, options.OwnListeners, all);
    }

    /// <summary>Lets running answers finish for up to 2 s, then resets them.</summary>
    public async Task StopAsync()
    {
        using var limit = new CancellationTokenSource(StopLimit);
        await _app.StopAsync(limit.Token).ConfigureAwait(false);
        Array.ForEach(_bound, _listeners.Remove);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _ownTransport?.Dispose();
    }

    private static IRoute[] Routes(FrontOptions options, OriginTransport transport, IHttpForwarder yarp, Func<int> ownPort)
    {
        var stall = new StallRule(options.StallLimit, options.Time);
        var get = options.Get ?? new PassThroughGet(new RedirectFollower(transport.Connection), options.Identity, stall);
        var forwarder = new Forwarder(transport, yarp, options.Identity, options.StallLimit, options.Cache);
        if (options.Site is { } site)
        {
            return [site(get, forwarder)];
        }

        var local = new LocalCallers(ownPort);
        var gateway = new GatewayRoute(get, new GatewayIndex(options.Documents ?? new RedirectFollower(transport.Connection), options.Identity, stall), local, options.Capabilities);
        return
        [
            new InterceptedRoute(get, forwarder), // before all others: inside a tunnel no path is ours
            new RedirectedRoute(get, forwarder), // nor is one of a client that knows of no proxy
            new ConnectAgainRoute(),
            new ServerOptionsRoute(transport.Connection, options.Identity, stall), // absolute-form too, and no resource
            new AbsoluteFormRoute(get, forwarder),
            gateway,
            new TorrentsRoute(options.Torrents, local, options.Capabilities),
            .. options.GatewayRoot is { } root ? new IRoute[] { new GatewayRootRoute(gateway, root) } : [],
            new UsageRoute(ownPort),
        ];
    }

    /// <summary>A redirected connection of this machine arrives on the loopback address of its family; null where the other one is not to be had.</summary>
    private static IPEndPoint? OtherLoopback(IPEndPoint listen)
    {
        var other = listen.Address.Equals(IPAddress.Loopback) ? IPAddress.IPv6Loopback : listen.Address.Equals(IPAddress.IPv6Loopback) ? IPAddress.Loopback : null;
        if (other is null || listen.Port == 0)
        {
            return null;
        }

        using var probe = new Socket(other.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(other, 0));
            return new IPEndPoint(other, listen.Port);
        }
        catch (SocketException)
        {
            return null; // IPv6 is off
        }
    }

    private static WebApplication Build(FrontOptions options, ConnectMiddleware connect, IPEndPoint? second)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(options.Logs);
        builder.Services.AddSingleton<IHostLifetime, CallerOwnedLifetime>();
        builder.Services.AddHttpForwarder();
        builder.WebHost.UseKestrelCore().UseSockets(sockets => options.Sockets?.GiveTo(sockets)).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowHostHeaderOverride = true; // RFC 9112 §3.2.2: in absolute-form the target decides, not Host
            kestrel.RequestHeaderEncodingSelector = static name => name == "Content-Length" ? LengthOctets : Encoding.Latin1; // field values are octets
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.Limits.MaxRequestBodySize = null; // uploads are the origin's to limit
            kestrel.Limits.MinRequestBodyDataRate = null; // slow uplinks are not attacks; StallRule ends dead ones
            kestrel.Limits.MinResponseDataRate = null; // a paused video takes nothing for minutes
            kestrel.Limits.RequestHeadersTimeout = options.RequestHeadTimeout;
            kestrel.Limits.MaxRequestLineSize = RequestLineBytesMax;
            kestrel.Limits.MaxRequestHeadersTotalSize = RequestLineBytesMax;
            kestrel.Limits.MaxRequestBufferSize = 4 * RequestLineBytesMax; // must hold the longest line
            kestrel.Limits.MaxResponseBufferSize = ResponseBufferBytes;
            kestrel.Listen(options.Listen, Listen);
            if (second is not null)
            {
                kestrel.Listen(second, Listen);
            }

            void Listen(ListenOptions listen)
            {
                // Protocols stay at their default: HTTP/2 only by ALPN, which only an opened tunnel has; said explicitly, the server warns at each start.
                listen.DisableAltSvcHeader = true;
                listen.Use(next => connection => options.Clients.OnConnectionAsync(connection, next));
                if (options.Site is null)
                {
                    listen.Use(next => connection => connect.OnConnectionAsync(connection, next));
                }
            }
        });
        return builder.Build();
    }

    /// <summary>The process, not this listener, listens to signals.</summary>
    private sealed class CallerOwnedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
