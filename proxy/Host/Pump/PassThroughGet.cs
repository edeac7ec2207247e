using Swarm.Proxy.Front;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Pump;

/// <summary>Answers a GET or HEAD with what the origin answers: the client's request untouched, the origin's bytes untouched, one origin request for one client request.</summary>
public sealed class PassThroughGet(IOriginConnection origin, ProxyIdentity identity, StallRule stall) : IGetHandler
{
    public async Task HandleAsync(HttpContext context, OriginTarget target, CancellationToken cancellationToken)
    {
        var request = new OriginRequest(context.Request.Method, target, RequestHeaders.ForOrigin(context.Request, target, identity), FollowRedirects: target.Form == TargetForm.Gateway)
        {
            Interim = InterimRelay.For(context, target, identity),
        };
        var result = await origin.SendAsync(request, cancellationToken);
        if (!result.IsAnswer)
        {
            await PlainAnswer.WriteAsync(context, result.Error, identity);
            return;
        }

        using var answer = result.Answer;
        await AnswerRelay.WriteAsync(context, target, origin, request, answer, answer.Cache, identity, stall);
    }
}
