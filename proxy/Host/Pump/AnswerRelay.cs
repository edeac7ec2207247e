using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Pump;

/// <summary>An origin's answer on its way to the client as it came: fields, body, and trailers where the client takes them.</summary>
internal static class AnswerRelay
{
    /// <param name="origin">Who is asked for the rest if the body breaks off.</param>
    /// <param name="cache">What the cache between did; null for none.</param>
    public static async Task WriteAsync(
        HttpContext context, OriginTarget target, IOriginConnection origin, OriginRequest request, OriginAnswer answer, CacheStatus? cache, ProxyIdentity identity, StallRule stall)
    {
        var response = context.Response;
        ResponseHeaders.CopyTo(response, answer, identity, ResponseFilters.For(target));
        if (cache is { } status)
        {
            response.Headers.Append("Cache-Status", status.Format(identity.Pseudonym));
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        await using var body = ResumingBody.Of(origin, request, answer, stall.Time);
        var beside = ResponseFilters.Beside(target);
        if (response.ContentLength is not null || answer.Status is 204 or 304)
        {
            await BodyPump.CopyAsync(body, context, stall);
        }
        else if (response.SupportsTrailers())
        {
            if ((await BodyPump.CopyAsync(body, context, stall)).IsComplete)
            {
                foreach (var (name, value) in TrailerFields.Relayed(Trailers() ?? []))
                {
                    response.AppendTrailer(name, value);
                }
            }
        }
        else if (context.Request.Protocol == "HTTP/1.1" && TrailerFields.AreAccepted(RequestHeaders.Of(context.Request)))
        {
            response.Headers.TransferEncoding = "chunked"; // said here, the server leaves the framing to us
            await using var chunks = new ChunkedBody(body, Trailers);
            await BodyPump.CopyAsync(chunks, context, stall);
        }
        else
        {
            await BodyPump.CopyAsync(body, context, stall);
        }

        HttpFields? Trailers() => answer.Trailers is { } trailers && beside is not null ? beside(trailers) : answer.Trailers;
    }
}
