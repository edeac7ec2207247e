using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Swarm.Engine.Targets;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Origin;

/// <summary>Opens connections to origins: OutboundDialer dials (TargetPolicy checks every address), then TLS with the protocols offered.</summary>
internal sealed class OriginDialer(OriginOptions options, OutboundDialer outbound, Func<X509ChainPolicy?> chainPolicy, OriginSockets sockets)
{
    private static readonly List<SslApplicationProtocol> Offered = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    /// <summary>The proxy that is asked for this origin in absolute-form; null where the origin itself is.</summary>
    public UpstreamProxy? AskedFor(in OriginKey key) => key.IsHttps ? null : outbound.PlainHttpProxyFor(key.Host, key.Port);

    /// <summary>A new connection: <see cref="Dialled.Http1"/>, or a stream for HTTP/2 if the origin chose that, or why there is neither.</summary>
    /// <exception cref="OperationCanceledException">By <paramref name="cancellationToken"/> alone.</exception>
    public async ValueTask<Dialled> DialAsync(OriginKey key, DialPurpose purpose, CancellationToken cancellationToken)
    {
        var dial = await outbound.DialAsync(key.Host, key.Port, !key.IsHttps, via: null, purpose, cancellationToken).ConfigureAwait(false);
        if (!dial.IsConnected)
        {
            return new(null, null, dial.Error);
        }

        var (socket, stream, at) = (dial.Socket, dial.Stream, dial.EndPoint);
        KeepAlive(socket);
        if (!key.IsHttps)
        {
            return new(new Http1Connection(key, socket, at, stream, null, sockets, options.Time.GetTimestamp()), null, null);
        }

        var witness = new EofWitness(stream);
        var tls = new SslStream(witness);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = key.Host,
                    ApplicationProtocols = Offered,
                    CertificateChainPolicy = chainPolicy(),
                    CertificateRevocationCheckMode = X509RevocationMode.NoCheck, // the machine's other clients do not check either
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever a hostile handshake provokes is a failed handshake.
            await tls.DisposeAsync().ConfigureAwait(false);
            return new(null, null, OriginErrors.TlsFailed(e, key.Authority));
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }

        return tls.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2
            ? new(null, tls, null)
            : new(new Http1Connection(key, socket, at, tls, witness, sockets, options.Time.GetTimestamp()), null, null);
    }

    /// <summary>There is no body time-out (a paused video may wait an hour), so the kernel finds dead origins: 60 s idle, then 6 probes 10 s apart.</summary>
    public static void KeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 6);
    }
}

/// <summary>What became of a dial; exactly one is set.</summary>
internal readonly record struct Dialled(Http1Connection? Http1, SslStream? Http2, OriginError? Error);
