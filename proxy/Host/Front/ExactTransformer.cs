using System.Globalization;
using Swarm.Proxy.Cache;
using Swarm.Proxy.Origin;
using Yarp.ReverseProxy.Forwarder;

namespace Swarm.Proxy.Front;

/// <summary>Builds the forwarded message from this project's own header rules; the target is the raw one, since the server's path is already unescaped.</summary>
/// <param name="keptAs">The name under which answers of the target are kept, which the site behind it may have of another of its servers.</param>
internal sealed class ExactTransformer(OriginTarget target, OriginTarget keptAs, ProxyIdentity identity, CacheInvalidator? cache) : HttpTransformer
{
    public override ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        var chunked = httpContext.Request.Headers.TransferEncoding.Count > 0;
        foreach (var field in RequestHeaders.ForOrigin(httpContext.Request, target, identity))
        {
            if (chunked && field.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var value = field.Name.Equals("Max-Forwards", StringComparison.OrdinalIgnoreCase) && Forwarder.MaxForwards(httpContext.Request) is { } hops
                ? (hops - 1).ToString(CultureInfo.InvariantCulture)
                : field.Value;
            if (!proxyRequest.Headers.TryAddWithoutValidation(field.Name, value))
            {
                proxyRequest.Content ??= new ByteArrayContent([]);
                proxyRequest.Content.Headers.TryAddWithoutValidation(field.Name, value);
            }
        }

        proxyRequest.RequestUri = target.ToUri();
        return ValueTask.CompletedTask;
    }

    public override ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return ValueTask.FromResult(false);
        }

        var answer = HttpClientOriginConnection.AnswerOf(proxyResponse, target, Stream.Null, null);
        cache?.OnAnswer(httpContext.Request.Method, keptAs, answer.Status, answer.Fields);
        ResponseHeaders.CopyTo(httpContext.Response, answer, identity);
        return ValueTask.FromResult(true);
    }

    /// <summary>Trailers are not relayed by this stack; saying so in Trailer would be a lie, and that field is stripped.</summary>
    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
