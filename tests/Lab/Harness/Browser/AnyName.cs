using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Swarm.Testing;

namespace Swarm.Lab.Harness.Browser;

/// <summary>A server of one answer that remembers what it was asked: the whole internet behind an upstream proxy, or a careless program on this machine.</summary>
/// <param name="fields">Lines of the head, each with its line end.</param>
internal sealed class AnyName(string fields, string body) : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _asked = new();
    private LoopbackServer? _server;

    /// <summary>Request lines.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    public int Port => (_server ??= new(ServeAsync)).Port;

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task ServeAsync(Socket socket, CancellationToken stop)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            if (await CacheCaseWire.ReadHeadAsync(stream, stop) is { } head)
            {
                _asked.Enqueue(head.Split('\r')[0]);
                var bytes = Encoding.UTF8.GetBytes(body);
                await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\n{fields}Content-Length: {bytes.Length}\r\nConnection: close\r\n\r\n"), stop);
                await stream.WriteAsync(bytes, stop);
                socket.Shutdown(SocketShutdown.Send);
                await stream.CopyToAsync(Stream.Null, stop); // a body we do not read must not become a reset
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The browser went away.
        }
    }
}
