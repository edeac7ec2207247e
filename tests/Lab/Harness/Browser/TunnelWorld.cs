using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Testing;

namespace Swarm.Lab.Harness.Browser;

/// <summary>The https of a whole internet behind an upstream proxy: every name leads to one server.</summary>
internal sealed class TunnelWorld : IAsyncDisposable
{
    private readonly IPEndPoint _site;
    private readonly LoopbackServer _server;
    private readonly ConcurrentQueue<string> _asked = new();

    public TunnelWorld(IPEndPoint site) => (_site, _server) = (site, new(ServeAsync));

    /// <summary>Request lines: who had a tunnel opened.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    public int Port => _server.Port;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(Socket socket, CancellationToken stop)
    {
        await using var client = new NetworkStream(socket, ownsSocket: true);
        using var dialled = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (await CacheCaseWire.ReadHeadAsync(client, stop) is not { } head)
            {
                return;
            }

            _asked.Enqueue(head.Split('\r')[0]);
            await dialled.ConnectAsync(_site, stop);
            await using var site = new NetworkStream(dialled);
            await client.WriteAsync(Encoding.Latin1.GetBytes("HTTP/1.1 200 Connection Established\r\n\r\n"), stop);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
            // TLS ends a connection in both directions, or not properly: when one is done, so is the tunnel.
            await Task.WhenAny(client.CopyToAsync(site, either.Token), site.CopyToAsync(client, either.Token));
            await either.CancelAsync();
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The node went away.
        }
    }
}
