using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Lab.Harness;

/// <summary>
/// One GET on one connection, by hand: a witness that shares no code with what it watches, with a small receive buffer so
/// that a player's back-pressure reaches the sender. Plain http, direct or through a proxy.
/// </summary>
public sealed class HttpExchange : IDisposable
{
    private const int ReceiveBufferBytes = 64 * 1024;
    private const int MaxHeadBytes = 64 * 1024;

    private readonly Socket _socket;
    private readonly byte[] _spill;
    private int _spillOffset;
    private long _left;

    private HttpExchange(Socket socket, int status, Dictionary<string, string> headers, byte[] spill)
    {
        _socket = socket;
        _spill = spill;
        Status = status;
        Headers = headers;
        _left = ContentLength ?? 0;
    }

    public int Status { get; }

    public IReadOnlyDictionary<string, string> Headers { get; }

    public long? ContentLength => Headers.TryGetValue("Content-Length", out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <param name="range">The value after <c>bytes=</c>, or null for the whole.</param>
    /// <param name="newSocket">Where the socket comes from; null for one of this machine.</param>
    public static async Task<HttpExchange> GetAsync(
        Uri url, IPEndPoint? proxy, string? range, CancellationToken stop, IPAddress? from = null, Func<Socket>? newSocket = null)
    {
        var socket = newSocket?.Invoke() ?? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            socket.ReceiveBufferSize = ReceiveBufferBytes;
            if (from is not null)
            {
                socket.Bind(new IPEndPoint(from, 0));
            }

            await socket.ConnectAsync(proxy ?? new IPEndPoint(IPAddress.Parse(url.Host), url.Port), stop);
            var target = proxy is null ? url.PathAndQuery : url.AbsoluteUri;
            var request = $"GET {target} HTTP/1.1\r\nHost: {url.Authority}\r\nUser-Agent: swarm-lab\r\n"
                + (range is null ? "" : $"Range: bytes={range}\r\n") + "Connection: close\r\n\r\n";
            await socket.SendAsync(Encoding.ASCII.GetBytes(request), SocketFlags.None, stop);
            return await ReadHeadAsync(socket, stop);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The next bytes of the body; 0 at its right end.</summary>
    /// <exception cref="IOException">The connection ended before the body did.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop)
    {
        if (_left == 0)
        {
            return 0;
        }

        var room = buffer[..(int)Math.Min(buffer.Length, _left)];
        int n;
        if (_spillOffset < _spill.Length)
        {
            n = Math.Min(room.Length, _spill.Length - _spillOffset);
            _spill.AsMemory(_spillOffset, n).CopyTo(room);
            _spillOffset += n;
        }
        else
        {
            try
            {
                n = await _socket.ReceiveAsync(room, SocketFlags.None, stop);
            }
            catch (SocketException e)
            {
                throw new IOException($"{e.SocketErrorCode} with {_left} bytes of the body to come", e);
            }

            if (n == 0)
            {
                throw new EndOfStreamException($"closed with {_left} bytes of the body to come");
            }
        }

        _left -= n;
        return n;
    }

    public async Task<byte[]> ReadAllAsync(CancellationToken stop)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int n;
        while ((n = await ReadAsync(buffer, stop)) > 0)
        {
            all.Write(buffer, 0, n);
        }

        return all.ToArray();
    }

    public void Dispose() => _socket.Dispose();

    private static async Task<HttpExchange> ReadHeadAsync(Socket socket, CancellationToken stop)
    {
        var head = new byte[MaxHeadBytes];
        var length = 0;
        while (true)
        {
            int n;
            try
            {
                n = await socket.ReceiveAsync(head.AsMemory(length), SocketFlags.None, stop);
            }
            catch (SocketException e)
            {
                throw new IOException($"{e.SocketErrorCode} before the answer's head", e);
            }

            if (n == 0)
            {
                throw new EndOfStreamException("closed before the answer's head");
            }

            length += n;
            var end = head.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                return Parse(socket, Encoding.Latin1.GetString(head, 0, end), head[(end + 4)..length]);
            }
        }
    }

    private static HttpExchange Parse(Socket socket, string head, byte[] spill)
    {
        var lines = head.Split("\r\n");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var name = line[..colon];
            var value = line[(colon + 1)..].Trim();
            headers[name] = headers.TryGetValue(name, out var earlier) ? $"{earlier}, {value}" : value;
        }

        return headers.ContainsKey("Transfer-Encoding")
            ? throw new IOException("a chunked answer where every answer has a known length")
            : new HttpExchange(socket, int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), headers, spill);
    }
}
