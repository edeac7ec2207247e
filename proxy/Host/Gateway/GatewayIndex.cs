using Swarm.Proxy.Front;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Pump;

namespace Swarm.Proxy.Gateway;

/// <summary>Answers for a registry's documents: asks the origin for them uncompressed, and sends them with every link leading back into the gateway.</summary>
internal sealed class GatewayIndex(IOriginConnection origin, ProxyIdentity identity, StallRule stall) : IGetHandler
{
    /// <summary>The largest documents of public registries have some 50 MiB; what is larger passes with its own links.</summary>
    private const int DocumentBytesMax = 128 << 20;

    /// <summary>They describe other bytes than the ones sent.</summary>
    private static readonly HashSet<string> OfTheOldBytes = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Length", "Content-MD5", "Digest", "Content-Digest", "Repr-Digest", "Accept-Ranges", "ETag",
    };

    public async Task HandleAsync(HttpContext context, OriginTarget target, CancellationToken cancellationToken)
    {
        // A range of the rewritten document is not a range of the origin's.
        var fields = RequestHeaders.ForOrigin(context.Request, target, identity)
            .Where(static f => !f.Name.Equals("Range", StringComparison.OrdinalIgnoreCase) && !f.Name.Equals("If-Range", StringComparison.OrdinalIgnoreCase));
        fields.Set("Accept-Encoding", "identity");
        var result = await origin.SendAsync(new OriginRequest(context.Request.Method, target, fields, FollowRedirects: true), cancellationToken);
        if (!result.IsAnswer)
        {
            await PlainAnswer.WriteAsync(context, result.Error, identity);
            return;
        }

        using var answer = result.Answer;
        var filter = ResponseFilters.For(target);
        var kind = answer.Status == 200 && !answer.Fields.Has("Content-Encoding") && answer.ContentLength is not > DocumentBytesMax
            ? IndexRules.KindOf(answer.Fields.First("Content-Type"), context.Request.Headers.Accept)
            : IndexKind.None;
        if (kind == IndexKind.None)
        {
            ResponseHeaders.CopyTo(context.Response, answer, identity, filter);
            if (answer.Status == 304 && answer.Fields.First("ETag") is { } confirmed)
            {
                context.Response.Headers.ETag = Weak(confirmed); // the client holds the rewritten document
            }

            SayCacheStatus(context, answer);
            await BodyPump.CopyAsync(answer.Body, context, stall);
            return;
        }

        if (await ReadAsync(answer.Body, context, cancellationToken) is not { } document)
        {
            await PlainAnswer.WriteAsync(context, 502, $"{answer.FinalUrl} broke off, or is larger than {DocumentBytesMax >> 20} MiB.");
            return;
        }

        var links = new GatewayLinks($"http://{context.Request.Headers.Host}", answer.FinalTarget);
        var rewritten = IndexRewriter.Rewrite(kind, document, links);
        var kept = rewritten is null ? answer.Fields : answer.Fields.Where(static f => !OfTheOldBytes.Contains(f.Name));
        if (rewritten is not null && answer.Fields.First("ETag") is { } tag)
        {
            kept.Add("ETag", Weak(tag));
        }

        var body = rewritten ?? document;
        ResponseHeaders.CopyTo(context.Response, 200, kept, body.Length, answer.Protocol, identity, filter);
        SayCacheStatus(context, answer);
        await BodyPump.CopyAsync(new MemoryStream(body), context, stall);
    }

    private void SayCacheStatus(HttpContext context, OriginAnswer answer)
    {
        if (answer.Cache is { } status)
        {
            context.Response.Headers.Append("Cache-Status", status.Format(identity.Pseudonym));
        }
    }

    /// <summary>The same meaning, not the same bytes (RFC 9110 §8.8.1).</summary>
    private static string Weak(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag : "W/" + tag;

    /// <summary>Null when it breaks off or is too large: half a document must not look like a whole one.</summary>
    private static async Task<byte[]?> ReadAsync(Stream body, HttpContext context, CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        var buffer = new byte[BodyPump.BufferBytes];
        try
        {
            while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                if (whole.Length + count > DocumentBytesMax)
                {
                    return null;
                }

                whole.Write(buffer, 0, count);
            }

            return whole.ToArray();
        }
        catch (Exception e) when (e is IOException or HttpRequestException && !context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
    }
}
