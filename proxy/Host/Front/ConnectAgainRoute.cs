namespace Swarm.Proxy.Front;

/// <summary>
/// CONNECT as a later request of a kept-alive connection, which the connection middleware no longer sees.
/// Refused with a close: clients open a connection of its own for a tunnel, and taking over one that the server
/// is parsing rests on undocumented behaviour.
/// </summary>
internal sealed class ConnectAgainRoute : IRoute
{
    public string Name => "connect-again";

    public bool Matches(FrontRequest request) => HttpMethods.IsConnect(request.Method);

    public Task HandleAsync(HttpContext context, FrontRequest request)
    {
        context.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"; // RFC 9110 §15.5.6
        return PlainAnswer.WriteAndCloseAsync(context, 405, "CONNECT must be the first request of a connection. Open a new one for the tunnel.");
    }
}
