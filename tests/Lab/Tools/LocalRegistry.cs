using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Swarm.Testing;

namespace Swarm.Lab.Tools;

/// <summary>A registry, a hub or their storage on loopback, over TLS: a function from request to answer, which knows ranges and HEAD.</summary>
public sealed class LocalRegistry : IAsyncDisposable
{
    private const int HeadBytesMax = 64 * 1024;

    private readonly LoopbackServer _server;
    private readonly X509Certificate2 _certificate;
    private readonly Func<RegistryRequest, RegistryAnswer> _answer;
    private long _sent;

    public LocalRegistry(X509Certificate2 certificate, Func<RegistryRequest, RegistryAnswer> answer)
    {
        (_certificate, _answer) = (certificate, answer);
        _server = new(ServeAsync);
    }

    public int Port => _server.Port;

    public string Url => $"https://127.0.0.1:{Port}";

    public ConcurrentQueue<RegistryRequest> Requests { get; } = new();

    public long BytesSent => Interlocked.Read(ref _sent);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(Socket socket, CancellationToken stop)
    {
        try
        {
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, stop);
            while (await ReadAsync(tls, stop) is { } request)
            {
                Requests.Enqueue(request);
                await WriteAsync(tls, request, _answer(request), stop);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or AuthenticationException or ObjectDisposedException)
        {
            // The client has gone.
        }
    }

    private async Task<RegistryRequest?> ReadAsync(Stream from, CancellationToken stop)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (head.Length < HeadBytesMax && !(head.Length >= 4 && head[^1] == '\n' && head[^3] == '\n'))
        {
            if (await from.ReadAsync(one, stop) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var words = lines[0].Split(' ');
        return new(words[0], words[1], lines.Skip(1).Select(l => l.Split(": ", 2)).GroupBy(f => f[0], StringComparer.OrdinalIgnoreCase)
            .ToDictionary(g => g.Key, g => g.First()[^1], StringComparer.OrdinalIgnoreCase));
    }

    private async Task WriteAsync(Stream to, RegistryRequest request, RegistryAnswer answer, CancellationToken stop)
    {
        var (status, body, range) = (answer.Status, answer.Body.AsMemory(), "");
        if (status == 200 && request.Fields.TryGetValue("Range", out var asked) && asked.StartsWith("bytes=", StringComparison.Ordinal))
        {
            var ends = asked["bytes=".Length..].Split('-');
            var first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            var last = ends[1].Length > 0 ? Math.Min(int.Parse(ends[1], CultureInfo.InvariantCulture), body.Length - 1) : body.Length - 1;
            (status, range) = (206, $"Content-Range: bytes {first}-{last}/{body.Length}\r\n");
            body = body[first..(last + 1)];
        }

        var fields = string.Concat(answer.Fields.Select(f => $"{f.Name}: {f.Value}\r\n"));
        await to.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} .\r\n{fields}{range}Accept-Ranges: bytes\r\nContent-Length: {body.Length}\r\n\r\n"), stop);
        if (request.Method != "HEAD")
        {
            await to.WriteAsync(body, stop);
            Interlocked.Add(ref _sent, body.Length);
        }
    }
}

/// <param name="Path">With the query.</param>
public sealed record RegistryRequest(string Method, string Path, IReadOnlyDictionary<string, string> Fields);

/// <summary>What a registry answers; the length and ranges are the server's.</summary>
public sealed record RegistryAnswer(int Status, byte[] Body, params IReadOnlyList<(string Name, string Value)> Fields)
{
    public static RegistryAnswer NotFound { get; } = new(404, []);

    public static RegistryAnswer To(int status, string location, params (string Name, string Value)[] more) => new(status, [], [("Location", location), .. more]);
}
