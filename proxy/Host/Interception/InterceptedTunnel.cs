using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Swarm.Proxy.Interception;

/// <summary>The TLS server on the bytes of a tunnel: after the handshake the HTTP server goes on with the connection as if it were its own.</summary>
internal static class InterceptedTunnel
{
    /// <summary>RFC 8446 §5.1: a record of a handshake begins with this octet.</summary>
    private const byte HandshakeRecord = 22;

    private const int ReadBytes = 16 * 1024; // one TLS record

    /// <summary>Waits for the client's first byte and takes none: true if TLS begins, false for anything else (the tunnel is not ours to read), null if it left.</summary>
    public static async ValueTask<bool?> BeginsWithTlsAsync(PipeReader input, CancellationToken stop)
    {
        while (true)
        {
            var read = await input.ReadAsync(stop).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (!buffer.IsEmpty)
            {
                var isTls = buffer.FirstSpan[0] == HandshakeRecord;
                input.AdvanceTo(buffer.Start);
                return isTls;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }

    public static async Task RunAsync(
        ConnectionContext connection, SslStreamCertificateContext leaf, InterceptedConnection opened, ConnectionDelegate next, TimeSpan handshakeLimit, TimeProvider time, ILogger log)
    {
        var outer = connection.Transport;
        await using var ssl = new SslStream(new DuplexPipeStream(outer), leaveInnerStreamOpen: true);
        using (var clock = new CancellationTokenSource(handshakeLimit, time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, connection.ConnectionClosed))
        {
            try
            {
                await ssl.AuthenticateAsServerAsync(OptionsWith(leaf), either.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException)
            {
                InterceptionLog.HandshakeFailed(log, opened.Host.InUrl, e);
                connection.Abort();
                return;
            }
        }

        var tls = new TlsFeature(ssl);
        connection.Features.Set<ITlsConnectionFeature>(tls);
        connection.Features.Set<ITlsApplicationProtocolFeature>(tls);
        connection.Features.Set(opened);
        var inner = new InnerTransport(
            PipeReader.Create(ssl, new StreamPipeReaderOptions(MemoryPool<byte>.Shared, ReadBytes, leaveOpen: true)),
            PipeWriter.Create(ssl, new StreamPipeWriterOptions(MemoryPool<byte>.Shared, leaveOpen: true)));
        connection.Transport = inner;
        try
        {
            await next(connection).ConfigureAwait(false);
            await inner.Input.CompleteAsync().ConfigureAwait(false);
            await inner.Output.CompleteAsync().ConfigureAwait(false);
            // An answer without length ends here, and only this notice tells its end from a cut (RFC 8446 §6.1). An aborted connection gets none.
            if (!connection.ConnectionClosed.IsCancellationRequested)
            {
                await ssl.ShutdownAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            connection.Abort();
        }
        finally
        {
            connection.Transport = outer;
        }
    }

    private static SslServerAuthenticationOptions OptionsWith(SslStreamCertificateContext leaf) => new()
    {
        ServerCertificateContext = leaf,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, // RFC 9325 §3.1.1
        AllowRenegotiation = false,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
    };

    private sealed record InnerTransport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
