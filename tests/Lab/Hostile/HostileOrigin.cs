using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Swarm.Lab.Hostile;

/// <summary>An origin that lies as its traps tell it to: <c>/TRAP/TOOL/file.bin</c>, with a count of requests for each trap and tool.</summary>
internal sealed class HostileOrigin : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _requests = new();
    private readonly Dictionary<int, Trap> _traps;
    private readonly X509Certificate2? _certificate;
    private readonly Task _accepting;
    private long _bytesSent;

    public HostileOrigin(IEnumerable<Trap> traps, X509Certificate2? certificate)
    {
        _traps = traps.ToDictionary(t => t.Number);
        _certificate = certificate;
        _listener.Start(128);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                _ = Task.Run(() => ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The scenario is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            socket.NoDelay = true;
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (_certificate is not null)
            {
                var tls = new SslStream(stream);
                stream = tls;
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
            }

            await using (stream)
            {
                while (await HostileExchange.ReadAsync(stream, socket, sent => Interlocked.Add(ref _bytesSent, sent), _stop.Token) is { } exchange)
                {
                    var parts = exchange.Path.Split('/');
                    if (parts.Length < 4 || !int.TryParse(parts[1], out var number) || !_traps.TryGetValue(number, out var trap))
                    {
                        await exchange.AnswerAsync("404 Not Found", ReadOnlyMemory<byte>.Empty);
                        continue;
                    }

                    exchange.Number = _requests.AddOrUpdate($"{parts[1]}/{parts[2]}/{parts[^1].Split('?')[0]}", 1, (_, n) => n + 1);
                    await trap.Serve(exchange);
                    if (exchange.Ends)
                    {
                        return;
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The client left; traps see to that.
        }
        finally
        {
            socket.Dispose();
        }
    }
}
