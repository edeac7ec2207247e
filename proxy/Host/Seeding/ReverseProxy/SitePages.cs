using Swarm.Engine.Receipts;
using Swarm.Http;
using Swarm.Proxy.Front;

namespace Swarm.Proxy.Seeding;

/// <summary>What lies under <c>/.swarm/</c>: the torrent of each published file, and a page that lists them.</summary>
internal sealed class SitePages(OriginPlan plan, OriginSite site, ReceiptStore receipts)
{
    private const string Suffix = ".torrent";

    /// <param name="path">Behind <c>/.swarm</c>, as it was sent.</param>
    public Task HandleAsync(HttpContext context, string path)
    {
        var query = path.IndexOf('?', StringComparison.Ordinal);
        path = query < 0 ? path : path[..query];
        if (path == "/")
        {
            return WritePageAsync(context);
        }

        return path.EndsWith(Suffix, StringComparison.Ordinal) && plan.TargetOf(path[..^Suffix.Length]) is { } target && site.TryFind(target.Url, out var file)
            ? WriteAsync(context, file.Metafile, "application/x-bittorrent", $"\"{file.Infohash}-{file.Metafile.Length}\"")
            : PlainAnswer.WriteAsync(context, 404, "There is no torrent here: nobody has had the whole file yet, or its version is gone. Ask for the file.");
    }

    private Task WritePageAsync(HttpContext context)
    {
        var response = context.Response;
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        var page = SiteIndexPage.Write(site.Files, receipts.Recent(ReceiptStore.Kept), plan);
        return WriteAsync(context, page, "text/html; charset=utf-8", tag: null);
    }

    private static async Task WriteAsync(HttpContext context, byte[] body, string type, string? tag)
    {
        var response = context.Response;
        response.Headers.CacheControl = "no-cache";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ETag = tag;
        if (tag is not null && context.Request.Headers.IfNoneMatch is { Count: > 0 } known && EntityTagCondition.Parse(known.ToString())!.MatchesWeakly(EntityTag.Parse(tag)))
        {
            response.StatusCode = 304;
            return;
        }

        response.ContentType = type;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
