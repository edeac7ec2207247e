using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Swarm.Engine.Targets;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Origin;

/// <summary>
/// The connections towards origins: this project's own HTTP/1.1 client, and the framework's for HTTP/2 and for requests with bodies,
/// with everything off that a proxy must not do on its own (redirects, cookies, decompression, upstream proxies, trace headers,
/// draining). Every dial is TargetPolicy's.
/// </summary>
public sealed class OriginTransport : IDisposable
{
    private readonly OriginOptions _options;
    private readonly X509Certificate2Collection _allRoots;
    private readonly OriginPool _pool;
    private readonly OriginSockets _sockets = new();

    public OriginTransport(OriginOptions options)
    {
        _options = options;
        _allRoots = RootsWith(options.TrustedRoots);
        Outbound = new OutboundDialer(options.Targets, options.Upstream, options.Identity, () => _allRoots.Count > 0 ? ChainPolicy() : null, options.Time);
        Handler = new SocketsHttpHandler
        {
            UseProxy = options.Upstream is not null, // never by the framework's own reading of http_proxy, which may lead back into this program
            Proxy = new UpstreamHandler.WebProxy(Outbound),
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null, // a client's own traceparent passes; none is invented
            MaxResponseDrainSize = 0, // an aborted body takes its connection with it
            ResponseDrainTimeout = TimeSpan.Zero,
            ConnectTimeout = options.ConnectTimeout,
            Expect100ContinueTimeout = TimeSpan.FromSeconds(1), // RFC 9110 §10.1.1: a client does not wait indefinitely
            PooledConnectionLifetime = TimeSpan.FromMinutes(2), // then TargetPolicy is asked again
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            MaxConnectionsPerServer = int.MaxValue,
            EnableMultipleHttp2Connections = true,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1, // field values are octets: give back what came
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ConnectCallback = ConnectAsync,
        };
        if (_allRoots.Count > 0)
        {
            Handler.SslOptions.CertificateChainPolicy = ChainPolicy();
        }

        Invoker = new HttpMessageInvoker(new PromptBodies(options.Upstream is null ? Handler : new UpstreamHandler(Outbound, Handler)));
        _pool = new OriginPool(options.Time);
        var dialer = new OriginDialer(options, Outbound, () => _allRoots.Count > 0 ? ChainPolicy() : null, _sockets);
        Connection = new Http1OriginConnection(options, dialer, _pool, new Http2Hosts(options.Time), new HttpClientOriginConnection(this));
    }

    /// <summary>The way of GET and HEAD: this project's own HTTP/1.1 client, and the framework's for HTTP/2.</summary>
    public IOriginConnection Connection { get; }

    /// <summary>The connections of the own client, for diagnostics.</summary>
    public IOriginSockets Sockets => _sockets;

    /// <summary>For the forwarder, which sends requests with bodies and upgrades.</summary>
    public HttpMessageInvoker Invoker { get; }

    public OriginOptions Options => _options;

    /// <summary>Every connection towards an origin begins here, tunnels included.</summary>
    internal OutboundDialer Outbound { get; }

    private SocketsHttpHandler Handler { get; }

    public void Dispose()
    {
        Invoker.Dispose(); // and the handlers below it
        _pool.Dispose();
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        context.InitialRequestMessage.Options.TryGetValue(OriginSocket.Key, out var request);
        if (request?.TakeDialled() is { } stream)
        {
            return stream;
        }

        // The end point is the upstream's where the client goes through one; the target is the request's.
        var target = context.InitialRequestMessage.RequestUri!;
        var dial = await Outbound.DialAsync(target.Host, target.Port, target.Scheme == Uri.UriSchemeHttp, via: null, DialPurpose.Origin, cancellationToken).ConfigureAwait(false);
        if (!dial.IsConnected)
        {
            throw new OutboundException(dial.Error);
        }

        OriginDialer.KeepAlive(dial.Socket);
        if (request is not null)
        {
            request.RemoteEndPoint = dial.EndPoint;
        }

        return dial.Stream;
    }

    private X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck, // the client's default everywhere else, too
        };
        policy.CustomTrustStore.AddRange(_allRoots);
        return policy;
    }

    /// <summary>Custom trust replaces the machine's store, so the machine's roots are listed with the extra ones.</summary>
    private static X509Certificate2Collection RootsWith(X509Certificate2Collection extra)
    {
        var all = new X509Certificate2Collection();
        if (extra.Count == 0)
        {
            return all;
        }

        foreach (var location in new[] { StoreLocation.CurrentUser, StoreLocation.LocalMachine })
        {
            using var store = new X509Store(StoreName.Root, location);
            try
            {
                store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
            }
            catch (System.Security.Cryptography.CryptographicException)
            {
                continue; // this machine has no such store
            }

            all.AddRange(store.Certificates);
        }

        all.AddRange(extra);
        return all;
    }
}
