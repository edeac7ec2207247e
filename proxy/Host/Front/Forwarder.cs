using System.Net;
using Swarm.Http;
using Swarm.Proxy.Cache;
using Swarm.Proxy.Origin;
using Yarp.ReverseProxy.Forwarder;

namespace Swarm.Proxy.Front;

/// <summary>Forwards what is no plain read - uploads, other methods, WebSockets - in both directions without storing any of it.</summary>
internal sealed class Forwarder(OriginTransport transport, IHttpForwarder yarp, ProxyIdentity identity, TimeSpan stallLimit, CacheInvalidator? cache)
{
    /// <param name="keptAs">The name under which answers of this target are kept; null for its own.</param>
    public async Task HandleAsync(HttpContext context, OriginTarget target, OriginTarget? keptAs = null)
    {
        if (MaxForwards(context.Request) == 0)
        {
            AnswerHere(context);
            return;
        }

        var request = new ForwarderRequestConfig
        {
            ActivityTimeout = stallLimit,
            Version = target.IsHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        var error = await yarp.SendAsync(context, $"{target.Scheme}://{target.Authority}", transport.Invoker, request, new ExactTransformer(target, keptAs ?? target, identity, cache), context.RequestAborted);
        if (error == ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var exception = context.GetForwarderErrorFeature()?.Exception;
        await PlainAnswer.WriteAsync(context, error switch
        {
            ForwarderError.RequestBodyClient => new OriginError(OriginStage.Body, OriginParty.Client, OriginRetry.Never, 400, ProxyError.HttpRequestError, "The request body ended before its announced length."),
            ForwarderError.RequestTimedOut => OriginErrors.HeaderTimeout(target.Authority, stallLimit),
            _ => OriginErrors.From(exception ?? new HttpRequestException(), target.Authority, transport.Options.ConnectTimeout),
        }, identity);
    }

    /// <summary>RFC 9110 §7.6.2: an OPTIONS that may go no further ends here, and this is its recipient.</summary>
    internal static void AnswerHere(HttpContext context)
    {
        context.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT";
        context.Response.ContentLength = 0;
    }

    /// <summary>The hops an OPTIONS may still take; null where the field does not apply (RFC 9110 §7.6.2).</summary>
    internal static long? MaxForwards(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && long.TryParse(request.Headers.MaxForwards, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var hops)
            ? hops
            : null;
}
