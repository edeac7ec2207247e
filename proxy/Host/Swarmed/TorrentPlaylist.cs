using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Swarm.Protocol;

namespace Swarm.Proxy.Swarmed;

/// <summary><c>/torrents/INFOHASH/playlist.m3u</c>: what of a torrent a player plays, in order, under the address it was asked by.</summary>
internal static class TorrentPlaylist
{
    public const string FileName = "playlist.m3u";

    public static async Task WriteAsync(HttpContext context, Metainfo torrent)
    {
        // The same beginning, capability included: a player that may read the list may read its files.
        var asked = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?', 2)[0];
        var body = Encoding.UTF8.GetBytes(Text(torrent, $"http://{context.Request.Headers.Host}{asked[..^FileName.Length]}"));
        context.Response.ContentType = "audio/x-mpegurl; charset=utf-8";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <param name="folder">The torrent's address, with its last slash.</param>
    public static string Text(Metainfo torrent, string folder)
    {
        var media = torrent.Files.Where(static f => f.Length > 0 && ContentTypes.OfName(f.Path) is var type
            && (type.StartsWith("video/", StringComparison.Ordinal) || type.StartsWith("audio/", StringComparison.Ordinal))).ToList();
        var list = new StringBuilder("#EXTM3U\n");
        foreach (var file in media.Count > 0 ? media : [.. torrent.Files.Where(static f => f.Length > 0)])
        {
            var name = new string([.. file.Path[(file.Path.LastIndexOf('/') + 1)..].Select(static c => char.IsControl(c) ? ' ' : c)]);
            list.Append("#EXTINF:-1,").Append(name).Append('\n').Append(folder).Append(file.EscapedPath).Append('\n');
        }

        return list.ToString();
    }
}
