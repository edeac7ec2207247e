using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Swarm.Proxy.Tests.Harness;

/// <summary>A TCP server that says exactly what a script tells it to, and keeps every request head byte for byte.</summary>
internal sealed class RawOrigin : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _sessions = [];
    private readonly Func<RawSession, Task> _script;
    private readonly X509Certificate2? _certificate;
    private readonly Task _accepting;
    private int _connections;

    private RawOrigin(Func<RawSession, Task> script, X509Certificate2? certificate, int? sendBufferBytes)
    {
        _script = script;
        _certificate = certificate;
        if (sendBufferBytes is { } bytes)
        {
            _listener.SendBufferSize = bytes;
        }

        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public string Authority => $"127.0.0.1:{Port}";

    public string Url => $"http://{Authority}";

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The request heads received, in order, as text of Latin-1 octets.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    /// <summary>Runs <paramref name="script"/> once for each connection.</summary>
    public static RawOrigin Start(Func<RawSession, Task> script, X509Certificate2? certificate = null, int? sendBufferBytes = null) => new(script, certificate, sendBufferBytes);

    /// <summary>Answers every request of every connection with the same bytes.</summary>
    public static RawOrigin Always(string response, X509Certificate2? certificate = null) => Start(async session =>
    {
        while (await session.ReadHeadAsync() is not null)
        {
            await session.WriteAsync(response);
        }
    }, certificate);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_sessions);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _sessions.Add(Task.Run(() => ServeAsync(socket)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
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
                var ssl = new SslStream(stream);
                stream = ssl;
                await ssl.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
            }

            await using (stream)
            {
                await _script(new RawSession(stream, socket, Heads, _stop.Token));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or AuthenticationException)
        {
            // The other side went away, which many tests are about.
        }
        finally
        {
            socket.Dispose();
        }
    }
}
