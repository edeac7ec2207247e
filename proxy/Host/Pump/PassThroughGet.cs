using Swarm.Proxy.Front;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Pump;

/// <summary>Answers a GET or HEAD with what the origin answers: the client's request untouched, the origin's bytes untouched, one origin request for one client request.</summary>
public sealed class PassThroughGet(IOriginConnection origin, ProxyIdentity identity, StallRule stall) : IGetHandler
{
    public async Task HandleAsync(HttpContext context, OriginTarget target, CancellationToken cancellationToken)
    {
        var request = new OriginRequest(context.Request.Method, target, RequestHeaders.ForOrigin(context.Request, target, identity), FollowRedirects: target.Form == TargetForm.Gateway);
        var result = await origin.SendAsync(request, cancellationToken);
        if (!result.IsAnswer)
        {
            await PlainAnswer.WriteAsync(context, result.Error, identity);
            return;
        }

        using var answer = result.Answer;
        ResponseHeaders.CopyTo(context.Response, answer, identity, ResponseFilters.For(target));
        if (answer.Cache is { } cache)
        {
            context.Response.Headers.Append("Cache-Status", cache.Format(identity.Pseudonym));
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        await using var body = ResumingBody.Of(origin, request, answer, stall.Time);
        await BodyPump.CopyAsync(body, context, stall);
    }
}
