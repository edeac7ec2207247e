using Swarm.Engine;
using Swarm.Engine.Tracing;
using Swarm.Http;
using Swarm.Proxy.Front;
using Swarm.Proxy.Pump;

namespace Swarm.Proxy.Swarmed;

/// <summary>
/// <c>GET /torrents/&lt;infohash&gt;[/&lt;path&gt;]</c>: the bytes of a torrent the user gave. The user's word is the authority, the
/// pieces root, or without one the infohash and the file's number, is the strong validator, and there is no origin to ask.
/// </summary>
internal sealed class TorrentFiles(SwarmEngine engine, ReceiptWriter receipts, StallRule stall, TimeProvider time) : ITorrentRoute
{
    /// <summary>A request waits this long for a magnet's metadata: a swarm with a seed gives it in a few seconds, and players give up after some more.</summary>
    private static readonly TimeSpan MetadataPatience = TimeSpan.FromSeconds(15);

    public async Task HandleAsync(HttpContext context, string path, CancellationToken cancellationToken)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var infohash = slash < 0 ? path : path[..slash];
        var name = slash < 0 ? "" : path[(slash + 1)..];
        var torrent = engine.FindTorrent(infohash);
        if (torrent is not { GivenByUser: true } && engine.FindMagnet(infohash) is not null)
        {
            torrent = await engine.ResolveAsync(infohash, MetadataPatience, cancellationToken);
            if (torrent is null)
            {
                context.Response.Headers.RetryAfter = "5"; // the search goes on meanwhile
                await PlainAnswer.WriteAsync(context, 503, "The magnet's metadata is not here yet: no peer gave it so far. Ask again in some seconds.");
                return;
            }
        }

        if (torrent is not { GivenByUser: true })
        {
            await PlainAnswer.WriteAsync(context, 404, $"No torrent with this infohash was given. Start with --torrent FILE, or add it with POST /api/v1/torrents on the control port.");
            return;
        }

        var files = torrent.Metainfo.Files;
        var file = name.Length == 0 && files.Length == 1 ? 0 : IndexOf(torrent, name);
        if (file < 0 && name == TorrentPlaylist.FileName)
        {
            await TorrentPlaylist.WriteAsync(context, torrent.Metainfo);
            return;
        }

        if (file < 0)
        {
            await PlainAnswer.WriteAsync(context, 404, name.Length == 0
                ? "This torrent has several files: name one, /torrents/<infohash>/<path>."
                : "The torrent has no file of this path.");
            return;
        }

        if (files[file].Length > 0 && engine.Unusable(torrent.Metainfo, torrent.Metainfo.IsAligned ? file : 0) is { } unusable)
        {
            await PlainAnswer.WriteAsync(context, 501, $"This file cannot be served: {unusable}.");
            return;
        }

        await ServeAsync(context, torrent, file, cancellationToken);
    }

    private async Task ServeAsync(HttpContext context, TorrentRecord torrent, int file, CancellationToken cancel)
    {
        var metainfo = torrent.Metainfo;
        var entry = metainfo.Files[file];
        var tag = EntityTag.Parse(metainfo.HasV2Trees ? $"\"{metainfo.Layout.Files[file].PiecesRoot}\"" : $"\"{metainfo.InfoHash.Id}-{file}\"");
        var body = PlannedResponse.Begin(context, new Representation(entry.Length, tag), ContentTypes.OfName(entry.Path), time.GetUtcNow());
        var response = context.Response;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (body.Ranges.IsEmpty)
        {
            return;
        }

        using var span = SwarmTrace.Step(ReceiptWriter.SpanName);
        var view = engine.TorrentFile(torrent, file);
        await using var readers = new PartReaders(view.Handle, part =>
        {
            var reader = engine.OpenReader(view.Handle, part with { Offset = view.Range.Offset + part.Offset }, null, null, "");
            reader.TreeAllowed = true;
            return reader;
        });
        var receipt = receipts.Begin($"/torrents/{metainfo.InfoHash.Id}/{entry.EscapedPath}", view.Handle, cleartext: false);
        response.Headers["Swarm-Receipt"] = receipt.Url;
        await using var content = body.Multipart is { } several ? new MultipartBody(several, readers.Open) : readers.Open(body.Ranges[0]);
        var result = await BodyPump.CopyAsync(content, context, stall, readers.OnClientBlocked);
        receipts.End(receipt, readers.All, result.End);
        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>Paths compare in their escaped form first, then unescaped: clients differ in what they escape.</summary>
    private static int IndexOf(TorrentRecord torrent, string path)
    {
        var files = torrent.Metainfo.Files;
        for (var i = 0; i < files.Length; i++)
        {
            if (files[i].EscapedPath == path || files[i].Path == Uri.UnescapeDataString(path)
                || (torrent.Metainfo.IsSingleFile && torrent.Metainfo.EscapedName == path))
            {
                return i;
            }
        }

        return -1;
    }
}
