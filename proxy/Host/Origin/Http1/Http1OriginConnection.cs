using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Swarm.Engine.Targets;
using Swarm.Engine.Tracing;
using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>
/// Origins over this project's own HTTP/1.1 client; an https origin that chooses HTTP/2 goes to <paramref name="http2"/>. One request
/// on the wire for each asked, except that one which an idle connection swallowed as it died is sent again (RFC 9112 §9.3.1).
/// </summary>
internal sealed class Http1OriginConnection(OriginOptions options, OriginDialer dialer, OriginPool pool, Http2Hosts http2Hosts, HttpClientOriginConnection http2) : IOriginConnection
{
    /// <summary>103 comes a few times at most; an endless row of 1xx would hold the client for ever.</summary>
    private const int InterimMax = 32;

    private readonly ExchangeClocks _clocks = new(options.Time);

    public async ValueTask<OriginResult> SendAsync(OriginRequest request, CancellationToken cancellationToken)
    {
        var key = OriginKey.Of(request.Target);
        if (key.IsHttps && http2Hosts.Contains(key))
        {
            return await http2.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        var asked = dialer.AskedFor(key);
        var head = RequestWriter.Write(request, asked, out var headBytes);
        if (head is null)
        {
            return OriginResult.Of(OriginErrors.UnsendableRequest);
        }

        try
        {
            while (pool.TryTake(key) is { } idle)
            {
                if (await ExchangeAsync(idle, request, head.AsMemory(0, headBytes), cancellationToken).ConfigureAwait(false) is { } result)
                {
                    return result;
                }
            }

            var dialled = await DialAsync(key, request.Purpose, cancellationToken).ConfigureAwait(false);
            if (dialled.Http2 is { } stream)
            {
                http2Hosts.Add(key);
                return await http2.SendOverAsync(stream, request, cancellationToken).ConfigureAwait(false);
            }

            return dialled.Http1 is { } connection
                ? (await ExchangeAsync(connection, request, head.AsMemory(0, headBytes), cancellationToken).ConfigureAwait(false))!.Value
                : OriginResult.Of(dialled.Error!);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(head);
        }
    }

    private async ValueTask<Dialled> DialAsync(OriginKey key, DialPurpose purpose, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            return await dialer.DialAsync(key, purpose, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new(null, null, OriginErrors.ConnectTimeout(key.Authority, options.ConnectTimeout));
        }
    }

    /// <summary>Null if a connection from the pool turned out to be dead before it answered: nothing was read, the request is asked again elsewhere.</summary>
    private async ValueTask<OriginResult?> ExchangeAsync(Http1Connection connection, OriginRequest request, ReadOnlyMemory<byte> head, CancellationToken cancellationToken)
    {
        using var clock = _clocks.Start(options.HeaderTimeout, cancellationToken);
        try
        {
            await connection.Stream.WriteAsync(head, clock.Token).ConfigureAwait(false);
            for (var interims = 0; interims <= InterimMax; interims++)
            {
                var (response, fault) = await connection.ReadHeadAsync(clock.Token).ConfigureAwait(false);
                if (response is null)
                {
                    connection.Close();
                    return fault is null && connection.IsReused && interims == 0 ? null
                        : OriginResult.Of(fault is null ? OriginErrors.NoAnswer(connection.Key.Authority) : OriginErrors.Framing(connection.Key.Authority, fault));
                }

                if (response.Status == 407 && dialer.AskedFor(connection.Key) is { } proxy)
                {
                    connection.Close(); // the client has no credentials for a proxy it does not know of
                    return OriginResult.Of(OriginErrors.UpstreamRefused(proxy, connection.Key.Authority, response.Status));
                }

                if (!response.IsInterim)
                {
                    return Answer(connection, request, response);
                }

                if (response.Status == 101)
                {
                    break; // nobody asked for an upgrade
                }

                if (request.Interim is { } relay)
                {
                    await relay(response.Status, response.Fields, clock.Token).ConfigureAwait(false);
                }
            }

            connection.Close();
            return OriginResult.Of(OriginErrors.Framing(connection.Key.Authority, OriginErrors.TooManyInterims));
        }
        catch (OperationCanceledException)
        {
            connection.Close();
            cancellationToken.ThrowIfCancellationRequested();
            return OriginResult.Of(OriginErrors.HeaderTimeout(connection.Key.Authority, options.HeaderTimeout));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            connection.Close();
            return connection.IsReused ? null : OriginResult.Of(OriginErrors.NoAnswer(connection.Key.Authority));
        }
    }

    private OriginResult Answer(Http1Connection connection, OriginRequest request, ResponseHead head)
    {
        if (BodyFraming.Decide(request.Method, head, out var framing) is { } fault)
        {
            connection.Close();
            return OriginResult.Of(OriginErrors.Framing(connection.Key.Authority, fault));
        }

        var dialled = connection.IsReused ? null : connection.RemoteEndPoint;
        SwarmTrace.Current?.SetSocket(connection.Socket.LocalEndPoint as IPEndPoint, connection.RemoteEndPoint);
        var body = new Http1Body(connection, pool, framing, !BindsTheConnection(request.Fields));
        return OriginResult.Of(new OriginAnswer(head.Status, head.Reason, head.Fields, body, request.Target, dialled, body)
        {
            Protocol = head.MinorVersion == 0 ? "1.0" : "1.1",
        });
    }

    /// <summary>NTLM and Negotiate log a connection in, not a request (RFC 4559 §6): the next request over it would be someone else's.</summary>
    private static bool BindsTheConnection(HttpFields fields) =>
        fields.First("Authorization") is { } credentials
        && (credentials.StartsWith("NTLM", StringComparison.OrdinalIgnoreCase) || credentials.StartsWith("Negotiate", StringComparison.OrdinalIgnoreCase));
}
