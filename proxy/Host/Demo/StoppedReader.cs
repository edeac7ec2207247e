using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Proxy.Demo;

/// <summary>A program that asks for the film and stops reading: what was sent to it lies in the kernel until it goes.</summary>
internal sealed class StoppedReader : IDisposable
{
    private const int ReadBytes = 1024;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public static async Task<StoppedReader> StartAsync(IPEndPoint proxy, string url, CancellationToken cancellation)
    {
        var reader = new StoppedReader();
        try
        {
            await reader._socket.ConnectAsync(proxy, cancellation);
            await reader._socket.SendAsync(Encoding.ASCII.GetBytes($"GET {url} HTTP/1.1\r\nHost: {new Uri(url).Authority}\r\n\r\n"), cancellation);
            await reader._socket.ReceiveAsync(new byte[ReadBytes], cancellation);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    public void Dispose() => _socket.Dispose();
}
