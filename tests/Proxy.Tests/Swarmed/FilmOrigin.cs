using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>
/// An origin server with one film and its torrent file. It answers ranges as RFC 9110 says until a test tells it to lie,
/// stall, break or change the file.
/// </summary>
internal sealed class FilmOrigin : IAsyncDisposable
{
    private const int Chunk = 16 << 10;

    private readonly RawOrigin _origin;
    private int _number;

    public FilmOrigin(Film film, X509Certificate2? certificate = null)
    {
        File = film.Bytes;
        Metafile = film.Metafile;
        IsTls = certificate is not null;
        _origin = RawOrigin.Start(ServeAsync, certificate);
    }

    public bool IsTls { get; }

    public int Port => _origin.Port;

    public int Connections => _origin.Connections;

    public string Authority => _origin.Authority;

    public string Path { get; init; } = "/film.mp4";

    /// <summary>In absolute-form, for the proxy.</summary>
    public string Url => _origin.Url + Path;

    /// <summary>On the gateway.</summary>
    public string GatewayPath => $"/gateway/https/{TestNode.TlsHost}:{Port}{Path}";

    public byte[] File { get; set; }

    public byte[]? Metafile { get; set; }

    public string ETag { get; set; } = "\"v1\"";

    public string ContentType { get; set; } = "video/mp4";

    /// <summary>Target of the Link field; null for none.</summary>
    public string? Link { get; set; } = "/film.torrent";

    /// <summary>Where else the film lies, as <c>rel=duplicate</c>; the first has the best priority.</summary>
    public IReadOnlyList<string> Mirrors { get; set; } = [];

    /// <summary>Replaces the answer; what it returns null for is answered as ever.</summary>
    public Func<FilmRequest, FilmReply?>? Answers { get; set; }

    /// <summary>The same for everything but the film.</summary>
    public Func<FilmRequest, FilmReply?>? OtherAnswers { get; set; }

    /// <summary>Awaited before each 16 KiB, with the request and the offset in the file.</summary>
    public Func<FilmRequest, long, CancellationToken, Task>? BeforeBytes { get; set; }

    /// <summary>Requests for the film, in order.</summary>
    public ConcurrentQueue<FilmRequest> Requests { get; } = new();

    /// <summary>Requests for anything else.</summary>
    public ConcurrentQueue<FilmRequest> Others { get; } = new();

    public long BytesSent => Interlocked.Read(ref _bytesSent);

    private long _bytesSent;

    public IEnumerable<string> Heads => _origin.Heads;

    /// <summary>The honest answer.</summary>
    public FilmReply Honest(FilmRequest request)
    {
        string[] lines =
        [
            $"ETag: {ETag}", $"Content-Type: {ContentType}", "Accept-Ranges: bytes",
            .. Link is null ? Array.Empty<string>() : [$"Link: <{Link}>; rel=describedby; type=\"application/x-bittorrent\""],
            .. Mirrors.Select((url, i) => $"Link: <{url}>; rel=duplicate; pri={i + 1}"),
        ];
        return FilmReply.Of(File, request, lines);
    }

    public ValueTask DisposeAsync() => _origin.DisposeAsync();

    private async Task ServeAsync(RawSession session)
    {
        while (await session.ReadHeadAsync() is { } head)
        {
            var request = FilmRequest.Parse(Interlocked.Increment(ref _number), head);
            FilmReply reply;
            if (request.Path == Path)
            {
                Requests.Enqueue(request);
                reply = Answers?.Invoke(request) ?? Honest(request);
            }
            else
            {
                Others.Enqueue(request);
                reply = OtherAnswers?.Invoke(request)
                    ?? (Metafile is { } m ? new(200, [$"Content-Length: {m.Length}", "Content-Type: application/x-bittorrent"], m, 0, m.Length) : FilmReply.Empty(404));
            }

            if (reply.Drops)
            {
                session.Reset();
                return;
            }

            await session.WriteAsync($"HTTP/1.1 {reply.Status} Status\r\n{string.Concat(reply.Lines.Select(l => l + "\r\n"))}\r\n");
            if (request.Method == "HEAD")
            {
                continue;
            }

            var end = reply.Offset + Math.Min(reply.Count, reply.CutAfter ?? int.MaxValue);
            for (var at = reply.Offset; at < end; at += Chunk)
            {
                if (BeforeBytes is { } before && request.Path == Path)
                {
                    await before(request, at, session.Stopped);
                }

                var n = Math.Min(Chunk, end - at);
                await session.WriteAsync(reply.File.AsMemory(at, n));
                Interlocked.Add(ref _bytesSent, n);
            }

            if (reply.CutAfter is not null)
            {
                return;
            }
        }
    }
}
