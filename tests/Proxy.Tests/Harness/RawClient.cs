using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Proxy.Tests.Harness;

/// <summary>A client that sends exactly what it is given and reads answers without help of any HTTP library.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _patience = new(Patience);

    private RawClient(Socket socket)
    {
        Socket = socket;
        Stream = new NetworkStream(socket, ownsSocket: true);
    }

    public Socket Socket { get; }

    public Stream Stream { get; }

    public static async Task<RawClient> ConnectAsync(IPEndPoint endPoint, int? receiveBufferBytes = null)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }

        await socket.ConnectAsync(endPoint);
        return new RawClient(socket);
    }

    /// <summary>One request on a connection of its own; its final answer, whatever 1xx came before.</summary>
    public static async Task<RawAnswer> ExchangeAsync(IPEndPoint endPoint, string request)
    {
        using var client = await ConnectAsync(endPoint);
        await client.SendAsync(request);
        while (true)
        {
            var answer = await client.ReadAnswerAsync(request.StartsWith("HEAD ", StringComparison.Ordinal));
            if (answer.Status is >= 200 or 101)
            {
                return answer;
            }
        }
    }

    public async Task SendAsync(string latin1) => await Stream.WriteAsync(Encoding.Latin1.GetBytes(latin1), _patience.Token);

    public async Task<RawAnswer> ReadHeadAsync() =>
        RawAnswer.Parse(await RawText.ReadHeadAsync(Stream, _patience.Token) ?? throw new IOException("The connection closed without an answer."));

    public async Task<RawAnswer> ReadAnswerAsync(bool isHead = false)
    {
        var answer = await ReadHeadAsync();
        if (isHead || answer.Status is 204 or 304 || answer.Status < 200)
        {
            return answer;
        }

        if (answer.Field("Transfer-Encoding") == "chunked")
        {
            return answer with { Body = await ReadChunkedAsync() };
        }

        return answer.Field("Content-Length") is { } length
            ? answer with { Body = await ReadBytesAsync(int.Parse(length, CultureInfo.InvariantCulture)) }
            : answer with { Body = (await ReadToEndAsync()).Bytes };
    }

    public async Task<byte[]> ReadBytesAsync(int count)
    {
        var bytes = new byte[count];
        await Stream.ReadExactlyAsync(bytes, _patience.Token);
        return bytes;
    }

    /// <summary>Reads until the connection ends and says how it ended.</summary>
    public async Task<(byte[] Bytes, bool WasReset)> ReadToEndAsync()
    {
        using var all = new MemoryStream();
        try
        {
            await Stream.CopyToAsync(all, _patience.Token);
            return (all.ToArray(), false);
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return (all.ToArray(), true);
        }
    }

    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Close();
    }

    public void Dispose()
    {
        Stream.Dispose();
        _patience.Dispose();
    }

    private async Task<byte[]> ReadChunkedAsync()
    {
        using var all = new MemoryStream();
        while (true)
        {
            var size = int.Parse((await ReadLineAsync()).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                while ((await ReadLineAsync()).Length > 0)
                {
                    // Trailers.
                }

                return all.ToArray();
            }

            all.Write(await ReadBytesAsync(size));
            Assert.Equal("", await ReadLineAsync());
        }
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            var c = (char)(await ReadBytesAsync(1))[0];
            if (c == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(c);
        }
    }
}
