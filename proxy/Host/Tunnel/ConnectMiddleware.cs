using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Swarm.Http;
using Swarm.Proxy.Front;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Transparent;

namespace Swarm.Proxy.Tunnel;

/// <summary>
/// Sees each connection before the HTTP server does. A connection that begins with CONNECT becomes a blind tunnel here,
/// since the server has no support for it, or is opened if the user named its host; what a firewall sent here is looked at, too; every other one goes on untouched.
/// </summary>
internal sealed class ConnectMiddleware(FrontOptions options, Tunnels tunnels, RedirectedTunnels redirected)
{
    private static ReadOnlySpan<byte> Established => "HTTP/1.1 200 Connection Established\r\n\r\n"u8;

    private readonly ClientConnectionLimit _clients = new(options.ConnectionsOfOneClientMax);

    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var client = AddressOf(connection) ?? IPAddress.None;
        if (!_clients.TryEnter(client))
        {
            await tunnels.RefuseAsync(connection, 503, $"Your address has {options.ConnectionsOfOneClientMax} connections open here, as many as allowed. Close some and try again.", ProxyError.ConnectionLimitReached).ConfigureAwait(false);
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
        if (redirected.Find(connection) is { } sent && await redirected.TryServeAsync(connection, sent, next).ConfigureAwait(false))
        {
            return;
        }

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
        using var clock = new CancellationTokenSource(Tunnels.SilenceLimit, options.Time);
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
            return (await tunnels.RefuseAsync(connection, status, sentence, cause).ConfigureAwait(false), 0, user);
        }

        if (head.Status != 200)
        {
            return (await tunnels.RefuseAsync(connection, head.Status, head.Sentence, ProxyError.HttpRequestError).ConfigureAwait(false), 0, user);
        }

        if (options.Identity.HasSigned(head.Via))
        {
            return (await tunnels.RefuseAsync(connection, RequestRules.Loop.Status, RequestRules.Loop.Sentence, ProxyError.ProxyLoopDetected).ConfigureAwait(false), 0, user);
        }

        if (!options.ConnectPorts.Contains(head.Port))
        {
            return (await tunnels.RefuseAsync(connection, 403, $"CONNECT to port {head.Port} is not allowed; only to {string.Join(", ", options.ConnectPorts.Order())}. To allow it: --connect-port {head.Port}", ProxyError.HttpRequestDenied).ConfigureAwait(false), 0, user);
        }

        if (!tunnels.TryEnter())
        {
            return (await tunnels.RefuseAsync(connection, 503, $"{options.TunnelsMax} tunnels are open, as many as allowed. Close some and try again.", ProxyError.ConnectionLimitReached).ConfigureAwait(false), 0, user);
        }

        try
        {
            var (answered, bytes) = options.Interception?.LeafFor(head.Host) is { } leaf
                ? await OpenAsync(connection, head, leaf, next).ConfigureAwait(false)
                : await tunnels.RelayAsync(connection, head.Host, head.Port, options.Identity.Signed(head.Via, head.Protocol), Established.ToArray()).ConfigureAwait(false);
            return (answered, bytes, user);
        }
        finally
        {
            tunnels.Leave();
        }
    }

    /// <summary>A named host: TLS ends here. What is not TLS was not what the user named the host for, and is tunnelled as ever.</summary>
    private async Task<(int Status, long Bytes)> OpenAsync(ConnectionContext connection, ConnectHead head, SslStreamCertificateContext leaf, ConnectionDelegate next)
    {
        bool? isTls;
        using (var clock = new CancellationTokenSource(Tunnels.SilenceLimit, options.Time))
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
            return await tunnels.RelayAsync(connection, head.Host, head.Port, options.Identity.Signed(head.Via, head.Protocol), established: null).ConfigureAwait(false);
        }

        if (isTls == true)
        {
            await tunnels.OpenAsync(connection, leaf, new InterceptedConnection(head.Host, head.Port), next).ConfigureAwait(false);
        }

        return (200, 0); // what came out of it is logged request by request
    }
}
