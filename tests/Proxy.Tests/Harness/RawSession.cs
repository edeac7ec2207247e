using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Proxy.Tests.Harness;

/// <summary>One connection of a <see cref="RawOrigin"/>, in the hands of its script.</summary>
internal sealed class RawSession(Stream stream, Socket socket, ConcurrentQueue<string> heads, CancellationToken stopped)
{
    public Socket Socket => socket;

    public Stream Stream => stream;

    public CancellationToken Stopped => stopped;

    /// <summary>Reads up to and including the empty line; null when the client closed first.</summary>
    public async Task<string?> ReadHeadAsync()
    {
        var head = await RawText.ReadHeadAsync(stream, stopped);
        if (head is not null)
        {
            heads.Enqueue(head);
        }

        return head;
    }

    public Task WriteAsync(string latin1) => WriteAsync(Encoding.Latin1.GetBytes(latin1));

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes, stopped);
        await stream.FlushAsync(stopped);
    }

    public async Task<string> ReadTextAsync(int bytes)
    {
        var buffer = new byte[bytes];
        await stream.ReadExactlyAsync(buffer, stopped);
        return Encoding.Latin1.GetString(buffer);
    }

    /// <summary>Reads until the other side ends and returns how many bytes that were.</summary>
    public async Task<long> DrainAsync()
    {
        var buffer = new byte[64 * 1024];
        long total = 0;
        int count;
        while ((count = await stream.ReadAsync(buffer, stopped)) > 0)
        {
            total += count;
        }

        return total;
    }

    /// <summary>Closes with a reset instead of an orderly end.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }
}
