using System.Globalization;
using System.Net.Security;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Swarm.Engine.Targets;
using Swarm.Http;
using Swarm.Proxy.Front;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Tunnel;

/// <summary>The tunnels of one listener: how many may be open, how one is relayed blindly or opened, and how one is refused.</summary>
internal sealed class Tunnels(FrontOptions options, OutboundDialer outbound)
{
    /// <summary>Browsers open connections ahead of need and may leave them silent; the server gives a kept-alive one as long.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(130);

    private readonly ILogger _log = options.Logs.CreateLogger("Swarm.Interception");
    private int _open;

    /// <summary>False where as many are open as may be. Otherwise <see cref="Leave"/> follows.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _open) <= options.TunnelsMax)
        {
            return true;
        }

        Interlocked.Decrement(ref _open);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _open);

    /// <summary>TLS of the client, which has begun, ends here; what comes out of it is the HTTP server's.</summary>
    public Task OpenAsync(ConnectionContext connection, SslStreamCertificateContext leaf, InterceptedConnection opened, ConnectionDelegate next) =>
        InterceptedTunnel.RunAsync(connection, leaf, opened, next, options.RequestHeadTimeout, options.Time, _log);

    /// <param name="via">For an upstream proxy: who has asked for this tunnel, this node last; null for a client that asked nobody.</param>
    /// <param name="established">What the client is told first; null when it has been told, so that a refusal can only be a reset.</param>
    public async Task<(int Status, long Bytes)> RelayAsync(ConnectionContext connection, TargetHost host, int port, string? via, byte[]? established)
    {
        using var clock = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        Outbound dial;
        try
        {
            dial = await outbound.DialAsync(host.Name, port, isPlainHttp: false, via, DialPurpose.Origin, clock.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return await FailAsync(OriginErrors.ConnectTimeout($"{host.InUrl}:{port}", options.ConnectTimeout)).ConfigureAwait(false);
        }

        if (!dial.IsConnected)
        {
            return await FailAsync(dial.Error).ConfigureAwait(false);
        }

        await using var origin = dial.Stream;
        // Half-close towards the client needs its socket: the server's output pipe can only end both directions.
        var client = connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
        var stop = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        using var tunnel = new BlindTunnel(connection.Transport.Input, client, origin, dial.Socket, options.TunnelIdle, options.Time);
        options.Tunnelled.Enter(host, tunnel);
        try
        {
            if (!await tunnel.RunAsync(established ?? [], stop).ConfigureAwait(false))
            {
                connection.Abort();
            }
        }
        finally
        {
            options.Tunnelled.Leave(host, tunnel);
        }

        return (200, tunnel.BytesToClient);

        async Task<(int Status, long Bytes)> FailAsync(OriginError error)
        {
            if (established is not null)
            {
                return (await RefuseAsync(connection, error).ConfigureAwait(false), 0);
            }

            connection.Abort();
            return (200, 0);
        }
    }

    private Task<int> RefuseAsync(ConnectionContext connection, OriginError error) => RefuseAsync(connection, error.Status, error.Sentence, error.Cause);

    /// <summary>A whole HTTP answer, after which the connection closes: nothing after a refused CONNECT can be told apart from tunnel bytes.</summary>
    public async Task<int> RefuseAsync(ConnectionContext connection, int status, string sentence, ProxyError cause)
    {
        var challenge = status == 407 ? $"Proxy-Authenticate: {AccessRefusal.Challenge}\r\n" : "";
        var body = sentence + "\n";
        var text = string.Create(CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nProxy-Status: {new ProxyStatus(cause).Format(options.Identity.Pseudonym)}\r\n{challenge}Connection: close\r\n\r\n{body}");
        try
        {
            await connection.Transport.Output.WriteAsync(Encoding.UTF8.GetBytes(text), connection.ConnectionClosed).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client has left already.
        }

        return status;
    }
}
