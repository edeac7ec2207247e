using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Swarm.Engine.Targets;
using Swarm.Http;
using Swarm.Proxy.Front;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Tunnel;

namespace Swarm.Proxy.Transparent;

/// <summary>
/// What becomes of a connection that a firewall sent here. One that begins with TLS is relayed to where it was going, or opened if the user named its
/// host; any other is the HTTP server's, with its destination as a feature.
/// </summary>
internal sealed class RedirectedTunnels(FrontOptions options, TargetPolicy targets, Tunnels tunnels)
{
    private readonly ILogger _log = options.Logs.CreateLogger("Swarm.Transparent");

    /// <summary>Null for a connection that was made to this port.</summary>
    public RedirectedConnection? Find(ConnectionContext connection) =>
        options.IsTransparent && connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket
            && OriginalDestination.Of(socket) is { } destination && !targets.IsOwnListener(destination)
            ? new RedirectedConnection(destination)
            : null;

    /// <summary>True when it was served here; false when the HTTP server is to go on with it, nothing taken.</summary>
    public async Task<bool> TryServeAsync(ConnectionContext connection, RedirectedConnection redirected, ConnectionDelegate next)
    {
        var destination = redirected.Destination;
        var (status, hello) = await PeekAsync(connection).ConfigureAwait(false);
        // Asked after its first byte has come: by then the dial, if it is our own, has been noted.
        if (connection.RemoteEndPoint is IPEndPoint remote && targets.IsOwnDial(remote))
        {
            TransparentLog.Loop(_log, destination.ToString());
            if (status == OperationStatus.InvalidData)
            {
                await tunnels.RefuseAsync(connection, 508, "This is a connection of this proxy that the firewall sent back to it: exempt the proxy's user from the redirect.", ProxyError.ProxyLoopDetected).ConfigureAwait(false);
            }
            else
            {
                connection.Abort();
            }

            return true;
        }

        if (status == OperationStatus.InvalidData)
        {
            connection.Features.Set(redirected);
            return false;
        }

        if (status == OperationStatus.NeedMoreData)
        {
            connection.Abort();
            return true;
        }

        var at = options.Time.GetUtcNow();
        var since = options.Time.GetTimestamp();
        var address = TargetHost.Of(destination.Address);
        var host = TargetHost.TryParse(hello.ServerName, out var named) && named.Address is null ? named : address;
        var (answer, bytes) = await ServeTlsAsync(connection, host, address, destination.Port, next).ConfigureAwait(false);
        if (answer == 0)
        {
            connection.Abort();
        }

        options.AccessLog?.Write(new(
            at, (connection.RemoteEndPoint as IPEndPoint)?.Address, null, "TUNNEL", $"{host.InUrl}:{destination.Port}", "TLS", answer == 0 ? 403 : answer, bytes,
            options.Time.GetElapsedTime(since), null, null, null));
        return true;
    }

    /// <summary>Zero for a refusal: who speaks TLS to an origin can be told nothing.</summary>
    private async Task<(int Status, long Bytes)> ServeTlsAsync(ConnectionContext connection, TargetHost host, TargetHost address, int port, ConnectionDelegate next)
    {
        if (options.Access.Judge((connection.RemoteEndPoint as IPEndPoint)?.Address, null, out _) != AccessVerdict.Granted
            || !options.ConnectPorts.Contains(port) || !tunnels.TryEnter())
        {
            return default;
        }

        try
        {
            if (options.Interception?.LeafFor(host) is { } leaf)
            {
                await tunnels.OpenAsync(connection, leaf, new InterceptedConnection(host, port), next).ConfigureAwait(false);
                return (200, 0); // what came out of it is logged request by request
            }

            // Where it was going, whatever name it bears; a name is only of use to an upstream proxy, which judges by names.
            var target = options.Transport?.Options.Upstream?.For(isPlainHttp: false, host.Name, port) is null ? address : host;
            return await tunnels.RelayAsync(connection, target, port, via: null, established: null).ConfigureAwait(false);
        }
        finally
        {
            tunnels.Leave();
        }
    }

    /// <summary>Takes nothing. Done with the hello, InvalidData for what is not TLS, NeedMoreData for a hello that did not all come.</summary>
    private async ValueTask<(OperationStatus Status, ClientHello Hello)> PeekAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        using var clock = new CancellationTokenSource(Tunnels.SilenceLimit, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, connection.ConnectionClosed);
        var begun = false;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(either.Token).ConfigureAwait(false);
                var buffer = read.Buffer;
                var status = ClientHello.TryRead(buffer, out var hello);
                if (status != OperationStatus.NeedMoreData)
                {
                    input.AdvanceTo(buffer.Start);
                    return (status, hello);
                }

                input.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted)
                {
                    return (OperationStatus.NeedMoreData, default);
                }

                if (!begun && !buffer.IsEmpty)
                {
                    begun = true;
                    clock.CancelAfter(options.RequestHeadTimeout);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return (OperationStatus.NeedMoreData, default);
        }
    }
}
