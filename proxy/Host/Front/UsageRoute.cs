namespace Swarm.Proxy.Front;

/// <summary>Whatever no other route knows: someone took the proxy for a web server. Says how to use it.</summary>
internal sealed class UsageRoute(Func<int> ownPort) : IRoute
{
    public string Name => "usage";

    public bool Matches(FrontRequest request) => true;

    public Task HandleAsync(HttpContext context, FrontRequest request) => PlainAnswer.WriteAndCloseAsync(context, 400,
        $"This is a proxy, not a web server. Use it as one: curl -x http://127.0.0.1:{ownPort()} http://example.com/ - or through the gateway: curl http://127.0.0.1:{ownPort()}/gateway/https/example.com/");
}
