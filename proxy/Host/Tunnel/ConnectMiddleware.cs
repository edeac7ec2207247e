using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
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

namespace Swarm.Proxy.Tunnel;

/// <summary>
/// Sees each connection before the HTTP server does. A connection that begins with CONNECT becomes a blind tunnel here,
/// since the server has no support for it, or is opened if the user named its host; every other one goes on untouched.
/// </summary>
internal sealed class ConnectMiddleware(FrontOptions options, TargetPolicy targets)
{
    /// <summary>Browsers open connections ahead of need and may leave them silent; the server gives a kept-alive one as long.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(130);

    private static ReadOnlySpan<byte> Established => "HTTP/1.1 200 Connection Established\r\n\r\n"u8;

    private readonly ClientConnectionLimit _clients = new(options.ConnectionsOfOneClientMax);
    private readonly ILogger _log = options.Logs.CreateLogger("Swarm.Interception");
    private int _tunnels;

    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var client = AddressOf(connection) ?? IPAddress.None;
        if (!_clients.TryEnter(client))
        {
            await RefuseAsync(connection, 503, $"Your address has {options.ConnectionsOfOneClientMax} connections open here, as many as allowed. Close some and try again.", ProxyError.ConnectionLimitReached).ConfigureAwait(false);
            return;
        }

        try
        {
            await ServeAsync(connection, next).ConfigureAwait(false);
        }
        finally
        {
            _clients.Leave(client);
        }
    }

    private static IPAddress? AddressOf(ConnectionContext connection) => (connection.RemoteEndPoint as IPEndPoint)?.Address;

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        ConnectHead? head;
        try
        {
            head = await ReadHeadAsync(connection).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            connection.Abort();
            return;
        }

        if (head is { } connect)
        {
            var at = options.Time.GetUtcNow();
            var since = options.Time.GetTimestamp();
            var (status, bytes, user) = await ConnectAsync(connection, connect, next).ConfigureAwait(false);
            options.AccessLog?.Write(new(
                at, AddressOf(connection), user, "CONNECT", connect.Status == 200 ? $"{connect.Host.InUrl}:{connect.Port}" : "-", "HTTP/1.1", status, bytes,
                options.Time.GetElapsedTime(since), null, null, null));
        }
        else
        {
            await next(connection).ConfigureAwait(false);
        }
    }

    /// <summary>The CONNECT head, taken off the connection; null when the connection is the HTTP server's, with nothing taken.</summary>
    private async ValueTask<ConnectHead?> ReadHeadAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        using var clock = new CancellationTokenSource(SilenceLimit, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, connection.ConnectionClosed);
        var begun = false;
        while (true)
        {
            var read = await input.ReadAsync(either.Token).ConfigureAwait(false);
            var buffer = read.Buffer;
            switch (ConnectHead.IsConnect(buffer))
            {
                case false:
                    input.AdvanceTo(buffer.Start);
                    return null;
                case true when ConnectHead.TryRead(buffer, out var head, out var consumed):
                    input.AdvanceTo(consumed);
                    return head;
                default:
                    if (read.IsCompleted)
                    {
                        input.AdvanceTo(buffer.Start); // an empty or torn connection: the server closes it properly
                        return null;
                    }

                    input.AdvanceTo(buffer.Start, buffer.End);
                    break;
            }

            if (!begun && buffer.Length > 0)
            {
                begun = true;
                clock.CancelAfter(options.RequestHeadTimeout);
            }
        }
    }

    /// <summary>What the client was told, how many bytes came to it through the tunnel, and who it is.</summary>
    private async Task<(int Status, long Bytes, string? User)> ConnectAsync(ConnectionContext connection, ConnectHead head, ConnectionDelegate next)
    {
        var verdict = options.Access.Judge(AddressOf(connection), head.Credentials, out var user);
        if (verdict != AccessVerdict.Granted)
        {
            var (status, sentence, cause) = AccessRefusal.Of(verdict);
            return (await RefuseAsync(connection, status, sentence, cause).ConfigureAwait(false), 0, user);
        }

        if (head.Status != 200)
        {
            return (await RefuseAsync(connection, head.Status, head.Sentence, ProxyError.HttpRequestError).ConfigureAwait(false), 0, user);
        }

        if (!options.ConnectPorts.Contains(head.Port))
        {
            return (await RefuseAsync(connection, 403, $"CONNECT to port {head.Port} is not allowed; only to {string.Join(", ", options.ConnectPorts.Order())}. To allow it: --connect-port {head.Port}", ProxyError.HttpRequestDenied).ConfigureAwait(false), 0, user);
        }

        try
        {
            if (Interlocked.Increment(ref _tunnels) > options.TunnelsMax)
            {
                return (await RefuseAsync(connection, 503, $"{options.TunnelsMax} tunnels are open, as many as allowed. Close some and try again.", ProxyError.ConnectionLimitReached).ConfigureAwait(false), 0, user);
            }

            var (answered, bytes) = options.Interception?.LeafFor(head.Host) is { } leaf
                ? await OpenAsync(connection, head, leaf, next).ConfigureAwait(false)
                : await TunnelAsync(connection, head, Established.ToArray()).ConfigureAwait(false);
            return (answered, bytes, user);
        }
        finally
        {
            Interlocked.Decrement(ref _tunnels);
        }
    }

    /// <summary>A named host: TLS ends here. What is not TLS was not what the user named the host for, and is tunnelled as ever.</summary>
    private async Task<(int Status, long Bytes)> OpenAsync(ConnectionContext connection, ConnectHead head, SslStreamCertificateContext leaf, ConnectionDelegate next)
    {
        bool? isTls;
        using (var clock = new CancellationTokenSource(SilenceLimit, options.Time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, connection.ConnectionClosed))
        {
            try
            {
                // Past the server's output pipe, which is empty: the tunnel may follow on the socket itself.
                await connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.SendAsync(Established.ToArray(), either.Token).ConfigureAwait(false);
                isTls = await InterceptedTunnel.BeginsWithTlsAsync(connection.Transport.Input, either.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                connection.Abort();
                return (200, 0);
            }
        }

        if (isTls == false)
        {
            return await TunnelAsync(connection, head, established: null).ConfigureAwait(false);
        }

        if (isTls == true)
        {
            await InterceptedTunnel.RunAsync(connection, leaf, new InterceptedConnection(head.Host, head.Port), next, options.RequestHeadTimeout, options.Time, _log).ConfigureAwait(false);
        }

        return (200, 0); // what came out of it is logged request by request
    }

    /// <param name="established">What the client is told first; null when it has been told, so that a refusal can only be a reset.</param>
    private async Task<(int Status, long Bytes)> TunnelAsync(ConnectionContext connection, ConnectHead head, byte[]? established)
    {
        using var clock = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        DialResult dial;
        try
        {
            dial = await targets.DialAsync(DialPurpose.Origin, head.Host.Name, head.Port, clock.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return await FailAsync(OriginErrors.ConnectTimeout($"{head.Host.InUrl}:{head.Port}", options.ConnectTimeout)).ConfigureAwait(false);
        }

        if (!dial.IsConnected)
        {
            return await FailAsync(dial.Refusal is { } refusal ? OriginErrors.Refused(refusal) : OriginErrors.Failed(dial.Failure!)).ConfigureAwait(false);
        }

        using var origin = dial.Socket;
        // Half-close towards the client needs its socket: the server's output pipe can only end both directions.
        var client = connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
        var stop = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        using var tunnel = new BlindTunnel(connection.Transport.Input, client, origin, options.TunnelIdle, options.Time);
        if (!await tunnel.RunAsync(established ?? [], stop).ConfigureAwait(false))
        {
            connection.Abort();
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
    private async Task<int> RefuseAsync(ConnectionContext connection, int status, string sentence, ProxyError cause)
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
