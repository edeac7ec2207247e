using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Hostile;

/// <summary>The 36 traps: the origins that broke downloads in the wild, each as a script.</summary>
internal sealed class Traps
{
    private const int Bytes = 3_000_000;
    private const int Half = 1_400_000;

    /// <summary>A second request that has not come by then is not coming: somebody lets one answer serve both.</summary>
    private static readonly TimeSpan BothLimit = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _both = new();
    private readonly byte[] _old = Film.Noise("old", Bytes, 71, 1).Content;
    private readonly byte[] _fresh = Film.Noise("fresh", Bytes, 72, 1).Content;
    private readonly byte[] _oldTorrent;
    private readonly byte[] _freshTorrent;

    private Traps(byte[] oldTorrent, byte[] freshTorrent)
    {
        (_oldTorrent, _freshTorrent) = (oldTorrent, freshTorrent);
        All = [.. Make()];
    }

    public IReadOnlyList<Trap> All { get; }

    public static async Task<Traps> CreateAsync(Bench bench, CancellationToken stop)
    {
        var torrents = new List<byte[]>();
        foreach (var (name, seed) in new[] { ("old", 71), ("fresh", 72) })
        {
            var folder = bench.NewFolder(name);
            var file = Path.Combine(folder, "file.bin");
            await File.WriteAllBytesAsync(file, Film.Noise(name, Bytes, seed, 1).Content, stop);
            var torrent = Path.Combine(folder, "file.torrent");
            await Torrent.CreateAsync(bench, file, torrent, stop);
            torrents.Add(await File.ReadAllBytesAsync(torrent, stop));
        }

        return new(torrents[0], torrents[1]);
    }

    private IEnumerable<Trap> Make()
    {
        byte[][] either = [_old, _fresh];
        byte[][] old = [_old];
        byte[][] nothing = [];

        yield return After(1, "file replaced mid-download, new strong ETag", either, x => x.HonestAsync(_fresh, "\"v2\""));
        yield return After(2, "200 to every If-Range", old, x => x.Field("If-Range") is null ? x.HonestAsync(_old) : x.WholeAsync(_old, "\"v1\""));
        yield return After(3, "replaced, and If-Range ignored", either, x => x.RangedAsync(_fresh, "\"v2\""));
        yield return new(4, "replaced under the same weak ETag", either, x => x.Number == 1 ? x.WholeAsync(_old, "W/\"v\"", Half) : x.RangedAsync(_fresh, "W/\"v\""));
        yield return new(5, "another ETag from each server of the site", old, x => x.HonestAsync(_old, $"\"node-{x.Number}\"", x.Number == 1 ? Half : null));
        yield return After(6, "gzip on the fly under the same ETag", old, x => x.Range is null ? x.HonestAsync(_old) : x.RangedAsync(Gzip(_old), "\"v1\"", null, "Content-Encoding: gzip"));
        yield return After(7, "206 of unknown total", old, x => x.Range is { } r
            ? x.PartAsync(_old.AsMemory(r.First, Last(r) - r.First + 1), $"bytes {r.First}-{Last(r)}/*", "\"v1\"")
            : x.HonestAsync(_old));
        yield return After(8, "206 of another interval than asked", old, x => x.Range is { First: > 0 } r
            ? x.PartAsync(_old.AsMemory(r.First - 1000, Last(r) - r.First + 1), $"bytes {r.First - 1000}-{Last(r) - 1000}/{Bytes}", "\"v1\"")
            : x.HonestAsync(_old));
        yield return After(9, "announces ranges, answers 200", old, x => x.WholeAsync(_old, "\"v1\""));
        yield return new(10, "416 to bytes=0- of an empty file", [[]], x => x.Field("Range") is null
            ? x.WholeAsync([], "\"v1\"")
            : x.AnswerAsync("416 Range Not Satisfiable", ReadOnlyMemory<byte>.Empty, ["Content-Range: bytes */0"]));
        yield return new(11, "HEAD tells another length", old, x => x.Method == "HEAD" ? x.WholeAsync(_old[..1000], "\"v0\"") : x.HonestAsync(_old, "\"v1\"", x.Number == 1 ? Half : null));
        yield return new(12, "chunks that end without the last one", old, async x =>
        {
            await x.RawAsync("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nTransfer-Encoding: chunked\r\n\r\n");
            await ChunkAsync(x, _old.AsMemory(0, Half));
            if (x.Number == 1)
            {
                await x.EndAsync();
                return;
            }

            await ChunkAsync(x, _old.AsMemory(Half));
            await x.RawAsync("0\r\n\r\n");
        });
        yield return new(13, "always ends one byte short", nothing, x => x.Range is { } r && r.First < Bytes
            ? x.PartAsync(_old.AsMemory(r.First, Last(r) - r.First + 1), $"bytes {r.First}-{Last(r)}/{Bytes}", "\"v1\"", Last(r) - r.First)
            : x.WholeAsync(_old, "\"v1\"", Bytes - 1));
        yield return After(14, "multipart to one range", old, x => x.Range is { } r ? MultipartAsync(x, r.First, Last(r)) : x.HonestAsync(_old));
        yield return After(15, "Content-Range past 64 bits", old, x => x.Range is { First: > 0 } r
            ? x.PartAsync(_old.AsMemory(0, Last(r) - r.First + 1), $"bytes {18446744073709551616m + r.First}-{18446744073709551616m + Last(r)}/{18446744073709551616m + Bytes}", "\"v1\"")
            : x.HonestAsync(_old));
        yield return new(16, "redirect to a signed URL that expires", old, x => x.Path.EndsWith("/file.bin", StringComparison.Ordinal)
            ? x.AnswerAsync("302 Found", ReadOnlyMemory<byte>.Empty, [$"Location: {x.Path[..x.Path.LastIndexOf('/')]}/signed?X-Amz-Signature={x.Number}", "Cache-Control: no-store"])
            : x.Number == 1 ? x.HonestAsync(_old, "\"v1\"", Half)
            : x.Path.EndsWith("=1", StringComparison.Ordinal) ? x.AnswerAsync("403 Forbidden", "expired"u8.ToArray())
            : x.HonestAsync(_old));
        yield return new(17, "redirect to other content each time", either, x => x.Path.EndsWith("/file.bin", StringComparison.Ordinal)
            ? x.AnswerAsync("302 Found", ReadOnlyMemory<byte>.Empty, [$"Location: {x.Path[..x.Path.LastIndexOf('/')]}/{(x.Number == 1 ? "east" : "west")}"])
            : x.Path.EndsWith("/east", StringComparison.Ordinal) ? x.HonestAsync(_old, "\"e\"", x.Number == 1 ? Half : null)
            : x.HonestAsync(_fresh, "\"w\""));
        yield return new(18, "a login page in between", old, x => x.Number switch
        {
            1 => x.HonestAsync(_old, "\"v1\"", Half),
            2 => x.AnswerAsync("200 OK", "<html>Please log in</html>"u8.ToArray(), ["Content-Type: text/html"]),
            _ => x.HonestAsync(_old),
        });
        yield return new(19, "content by cookie, Vary says so", old, x => x.HonestAsync(Mine(x), "\"v1\"", null, "Vary: Cookie", "Cache-Control: public, max-age=600"))
        {
            RequestField = "Cookie: who=me", // another client's was fetched before, by the same way
            Before = (url, proxy, stop) => TakeAsync(url, proxy, _fresh, stop),
        };
        yield return After(20, "parts without any validator, replaced", either, x => x.RangedAsync(_fresh, ""));
        yield return After(21, "replaced under the same strong ETag, Repr-Digest differs", either, x => x.RangedAsync(_fresh, "\"v1\"", null, "Repr-Digest: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"));
        yield return new(22, "an ETag that names no bytes (multipart upload)", either, x => x.Number == 1
            ? x.WholeAsync(_old, "\"d41d8cd98f00b204e9800998ecf8427e-12\"", Half)
            : x.RangedAsync(_fresh, "\"d41d8cd98f00b204e9800998ecf8427e-12\""));
        yield return new(23, "Link to a mirror with a stale copy", old, x => x.Path.EndsWith("/mirror.bin", StringComparison.Ordinal)
            ? x.HonestAsync(_fresh, "\"v1\"")
            : x.HonestAsync(_old, "\"v1\"", x.Number == 1 ? Half : null, "Link: <mirror.bin>; rel=duplicate"));
        yield return Linked(24, "Link to a torrent of an older file", _freshTorrent);
        yield return After(25, "two Content-Lengths", either, x => x.RawAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: {Bytes}\r\n\r\nhello"));
        yield return new(26, "asks for the origin's own password", old, x => x.Field("Authorization") == "Basic eDp5" && x.Field("Proxy-Authorization") is null
            ? x.HonestAsync(_old, "\"v1\"", x.Number <= 2 ? Half : null)
            : x.AnswerAsync("401 Unauthorized", "no"u8.ToArray(), ["WWW-Authenticate: Basic realm=\"x\""]))
        {
            RequestField = "Authorization: Basic eDp5",
        };
        yield return After(27, "a file that grows", [_old, _old[..2_000_000]], x => x.HonestAsync(_old, "\"v2\""), _old[..2_000_000]);
        yield return new(28, "another client leaves in the middle", old, x => x.HonestAsync(_old))
        {
            Before = async (url, proxy, stop) =>
            {
                using var exchange = await HttpExchange.GetAsync(url, proxy, null, stop);
                await exchange.ReadAsync(new byte[Half], stop);
            },
        };
        yield return new(29, "private content asked for by two at once", old, async x =>
        {
            await BothAsync(x);
            await x.HonestAsync(Mine(x), "\"v1\"", null, "Cache-Control: private");
        })
        {
            RequestField = "Cookie: who=me",
            Meanwhile = (url, proxy, stop) => TakeAsync(url, proxy, _fresh, stop),
        };
        yield return new(30, "304 to whoever asks, though replaced", either, x => x.Field("If-None-Match") is { } tag
            ? x.AnswerAsync("304 Not Modified", ReadOnlyMemory<byte>.Empty, [$"ETag: {tag}"])
            : x.HonestAsync(x.Number == 1 ? _old : _fresh, x.Number == 1 ? "\"v1\"" : "\"v2\""))
        {
            Before = (url, proxy, stop) => TakeAsync(url, proxy, _old, stop),
        };
        yield return new(31, "TLS cut without its closure alert", nothing, async x =>
        {
            await x.RawAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            await x.RawAsync(_old.AsMemory(0, Half));
            await x.EndAsync();
        })
        {
            IsHttps = true,
        };
        yield return new(32, "no room to store it", old, x => x.HonestAsync(_old, "\"v1\"", x.Number == 1 ? Half : null));
        yield return Linked(33, "a swarm of one peer that says nothing", _oldTorrent);
        yield return new(34, "a crowd at once", old, x => x.HonestAsync(_old))
        {
            Meanwhile = (url, proxy, stop) => Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TakeAsync(url, proxy, _old, stop))),
        };
        yield return Linked(35, "a torrent without its hashes", WithoutLayers(_oldTorrent));
        yield return new(36, "two URLs that differ by an escape", old, x => x.HonestAsync(x.Path.Contains("%2E", StringComparison.Ordinal) ? _fresh : _old, "\"v1\"", null, "Cache-Control: public, max-age=600"))
        {
            Before = (url, proxy, stop) => TakeAsync(new Uri(url.AbsoluteUri.Replace("file.bin", "file%2Ebin", StringComparison.Ordinal), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }), proxy, _fresh, stop),
        };
    }

    /// <summary>The first answer is honest and cut in the middle; <paramref name="later"/> gives the others.</summary>
    private Trap After(int number, string name, byte[][] right, Func<HostileExchange, Task> later, byte[]? first = null) =>
        new(number, name, right, x => x.Number == 1 ? x.HonestAsync(first ?? _old, "\"v1\"", Half) : later(x));

    private Trap Linked(int number, string name, byte[] torrent) => new(number, name, [_old], x => x.Path.EndsWith(".torrent", StringComparison.Ordinal)
        ? x.AnswerAsync("200 OK", torrent, ["Content-Type: application/x-bittorrent"])
        : x.HonestAsync(_old, "\"v1\"", x.Number == 1 ? Half : null, "Content-Type: video/mp4", "Link: <file.torrent>; rel=describedby; type=\"application/x-bittorrent\""));

    /// <summary>Answers nobody before two have asked for this, or it is plain that only one will.</summary>
    private async Task BothAsync(HostileExchange x)
    {
        var both = _both.GetOrAdd(x.Path, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (x.Number > 1)
        {
            both.TrySetResult();
        }

        try
        {
            await both.Task.WaitAsync(BothLimit, x.Stop);
        }
        catch (TimeoutException)
        {
            // Only one came.
        }
    }

    private byte[] Mine(HostileExchange x) => x.Field("Cookie") == "who=me" ? _old : _fresh;

    private static int Last((int First, int? Last) range) => Math.Min(range.Last ?? int.MaxValue, Bytes - 1);

    private static async Task ChunkAsync(HostileExchange x, ReadOnlyMemory<byte> content)
    {
        await x.RawAsync($"{content.Length:x}\r\n");
        await x.RawAsync(content);
        await x.RawAsync("\r\n");
    }

    private async Task MultipartAsync(HostileExchange x, int first, int last)
    {
        var part = Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\r\n--b\r\nContent-Range: bytes {first}-{last}/{Bytes}\r\n\r\n"));
        byte[] body = [.. part, .. _old.AsSpan(first, last - first + 1), .. "\r\n--b--\r\n"u8];
        await x.AnswerAsync("206 Partial Content", body, ["ETag: \"v1\"", "Content-Type: multipart/byteranges; boundary=b"]);
    }

    private static async Task TakeAsync(Uri url, IPEndPoint? proxy, byte[] expected, CancellationToken stop)
    {
        using var exchange = await HttpExchange.GetAsync(url, proxy, null, stop);
        if (!(await exchange.ReadAllAsync(stop)).AsSpan().SequenceEqual(expected))
        {
            throw new LabException($"another client of {url.AbsolutePath} got wrong bytes");
        }
    }

    private static byte[] Gzip(byte[] content)
    {
        using var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return to.ToArray();
    }

    /// <summary>The metafile with its piece layers (BEP 52) named something else.</summary>
    private static byte[] WithoutLayers(byte[] torrent)
    {
        var copy = torrent.ToArray();
        var at = copy.AsSpan().IndexOf("12:piece layers"u8);
        "12:piece lawyer"u8.CopyTo(copy.AsSpan(Math.Max(0, at)));
        return copy;
    }
}
