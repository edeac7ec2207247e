using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Swarm.Engine.Targets;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Upstream;

/// <summary>Opens connections towards origins, directly or through the upstream proxy. TargetPolicy is asked either way.</summary>
internal sealed class OutboundDialer(TargetPolicy targets, UpstreamChoice? upstream, ProxyIdentity identity, Func<X509ChainPolicy?> chainPolicy, TimeProvider time)
{
    /// <summary>Networks with an upstream proxy often resolve no foreign names and drop the question: then it is the upstream's to resolve, and to judge.</summary>
    private static readonly TimeSpan ResolveLimit = TimeSpan.FromSeconds(2);

    /// <summary>The user named the proxies, wherever they are: they may be dialled, and by that nothing else.</summary>
    private readonly TargetPolicy _toProxies = targets.Allowing(
        AllowedTargets.TryParse(new[] { upstream?.ForHttp, upstream?.ForHttps }.OfType<UpstreamProxy>().Select(static p => p.Host.Name), out var named, out _) ? named : AllowedTargets.None);

    /// <summary>The proxy that a request for plain http goes to, in absolute-form; null where the origin itself is asked.</summary>
    public UpstreamProxy? PlainHttpProxyFor(string host, int port) => upstream?.For(isPlainHttp: true, host, port);

    /// <summary>Why an origin behind the upstream may not be asked for; null if it may.</summary>
    public async ValueTask<OriginError?> CheckAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(ResolveLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            var check = await targets.CheckAsync(DialPurpose.Origin, host, port, either.Token).ConfigureAwait(false);
            return check.Refusal is { } refusal ? OriginErrors.Refused(refusal) : null;
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <param name="isPlainHttp">The requests are http and may go to a proxy in absolute-form; otherwise bytes pass unseen.</param>
    /// <param name="via">Who has passed a client's question for a tunnel on, this node last; null for a connection of this node's own.</param>
    /// <param name="purpose">What the connection is for: the origin's content, or the small things about it.</param>
    /// <exception cref="OperationCanceledException">By <paramref name="cancellationToken"/> alone.</exception>
    public async ValueTask<Outbound> DialAsync(string host, int port, bool isPlainHttp, string? via, DialPurpose purpose, CancellationToken cancellationToken)
    {
        if (upstream?.For(isPlainHttp, host, port) is not { } proxy)
        {
            var direct = await targets.DialAsync(purpose, host, port, cancellationToken).ConfigureAwait(false);
            return direct.IsConnected ? new(direct.Socket, new NetworkStream(direct.Socket, ownsSocket: true), direct.EndPoint, null, null)
                : new(null, null, null, null, direct.Refusal is { } refusal ? OriginErrors.Refused(refusal) : OriginErrors.Failed(direct.Failure!));
        }

        if (await CheckAsync(host, port, cancellationToken).ConfigureAwait(false) is { } forbidden)
        {
            return new(null, null, null, null, forbidden);
        }

        var dial = await _toProxies.DialAsync(purpose, proxy.Host.Name, proxy.Port, cancellationToken).ConfigureAwait(false);
        if (!dial.IsConnected)
        {
            return new(null, null, null, null, OriginErrors.UpstreamUnusable(proxy, $"cannot be reached: {dial.Refusal?.Reason ?? dial.Failure!.Reason}"));
        }

        Stream stream = new NetworkStream(dial.Socket, ownsSocket: true);
        try
        {
            if (proxy.IsTls)
            {
                var tls = new SslStream(stream);
                stream = tls;
                await tls.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions { TargetHost = proxy.Host.Name, CertificateChainPolicy = chainPolicy(), CertificateRevocationCheckMode = X509RevocationMode.NoCheck },
                    cancellationToken).ConfigureAwait(false);
            }

            var authority = TargetHost.TryParse(host, out var target) ? $"{target.InUrl}:{port}" : $"{host}:{port}";
            if (isPlainHttp || await UpstreamTunnel.OpenAsync(stream, proxy, authority, via ?? identity.Signed(null, "1.1"), cancellationToken).ConfigureAwait(false) is not { } refused)
            {
                return new(dial.Socket, stream, dial.EndPoint, isPlainHttp ? proxy : null, null);
            }

            await stream.DisposeAsync().ConfigureAwait(false);
            return new(null, null, null, null, refused);
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException or ObjectDisposedException && !cancellationToken.IsCancellationRequested)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            return new(null, null, null, null, OriginErrors.UpstreamUnusable(proxy, $"broke off: {e.Message.ReplaceLineEndings(" ")}"));
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }
}
