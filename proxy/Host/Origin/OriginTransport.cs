using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Swarm.Engine.Targets;

namespace Swarm.Proxy.Origin;

/// <summary>
/// The pooled HTTP client towards origins, with everything off that a proxy must not do on its own
/// (redirects, cookies, decompression, upstream proxies, trace headers, draining) and every dial through <see cref="TargetPolicy"/>.
/// </summary>
public sealed class OriginTransport : IDisposable
{
    private readonly OriginOptions _options;
    private readonly X509Certificate2Collection _allRoots;

    public OriginTransport(OriginOptions options)
    {
        _options = options;
        _allRoots = RootsWith(options.TrustedRoots);
        Handler = new SocketsHttpHandler
        {
            UseProxy = false, // honouring http_proxy would loop back into this program
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

        Invoker = new HttpMessageInvoker(new PromptBodies(Handler));
    }

    /// <summary>For the forwarder, which sends requests with bodies and upgrades.</summary>
    public HttpMessageInvoker Invoker { get; }

    public OriginOptions Options => _options;

    private SocketsHttpHandler Handler { get; }

    public void Dispose()
    {
        Invoker.Dispose(); // and the handlers below it
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var dial = await _options.Targets.DialAsync(DialPurpose.Origin, context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
        if (!dial.IsConnected)
        {
            throw new DialException(dial);
        }

        KeepAlive(dial.Socket);
        if (context.InitialRequestMessage.Options.TryGetValue(OriginSocket.Key, out var seen))
        {
            seen.RemoteEndPoint = dial.Socket.RemoteEndPoint as IPEndPoint;
        }

        return new NetworkStream(dial.Socket, ownsSocket: true);
    }

    /// <summary>There is no body time-out (a paused video may wait an hour), so the kernel finds dead origins: 60 s idle, then 6 probes 10 s apart.</summary>
    private static void KeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 6);
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
