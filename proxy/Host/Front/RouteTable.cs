using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Front;

/// <summary>Checks a request against the rules for all, then hands it to the first route that matches.</summary>
internal sealed class RouteTable(IReadOnlyList<IRoute> routes, ProxyIdentity identity)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (RequestRules.Check(context.Request, identity) is { } refusal)
        {
            await (refusal.Close
                ? PlainAnswer.WriteAndCloseAsync(context, refusal.Status, refusal.Sentence)
                : PlainAnswer.WriteAsync(context, refusal.Status, refusal.Sentence));
            return;
        }

        var request = FrontRequest.From(context);
        var route = routes.First(r => r.Matches(request));
        try
        {
            await route.HandleAsync(context, request);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left; there is nobody to tell.
        }
    }
}
