using System.Net;
using Swarm.Engine.Targets;
using Swarm.Proxy.Front;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Transparent;

/// <summary>Requests of clients that were redirected here: they speak to an origin, so targets are in origin-form and Host says whose they are.</summary>
internal sealed class RedirectedRoute(IGetHandler get, Forwarder forwarder) : IRoute
{
    public string Name => "redirected";

    /// <summary>A whole URL is meant for a proxy: the client was on its way to another one.</summary>
    public bool Matches(FrontRequest request) => request.Redirected is not null && request.RawTarget.StartsWith('/');

    public Task HandleAsync(HttpContext context, FrontRequest request)
    {
        var destination = request.Redirected!.Destination;
        if (!OriginTarget.TryParse(UrlOf(context.Request, request), TargetForm.AbsoluteForm, out var target))
        {
            return PlainAnswer.WriteAsync(context, 400, "The Host field is not a plain host name or address.");
        }

        // Dialled by name: a client that lies in Host reaches what it named, which it could have asked for anyway.
        if (target.Port != destination.Port)
        {
            return PlainAnswer.WriteAsync(context, 421, $"Host names port {target.Port}, but the connection was on its way to port {destination.Port}.");
        }

        return request.IsPlainRead ? get.HandleAsync(context, target, context.RequestAborted) : forwarder.HandleAsync(context, target);
    }

    /// <summary>The target URI; HTTP/1.0 knows no Host, and the address is all there is.</summary>
    internal static string UrlOf(HttpRequest http, FrontRequest request)
    {
        var host = http.Headers.Host.ToString();
        return $"http://{(host.Length > 0 ? host : AuthorityOf(request.Redirected!.Destination))}{request.RawTarget}";
    }

    private static string AuthorityOf(IPEndPoint destination) => $"{TargetHost.Of(destination.Address).InUrl}:{destination.Port}";
}
