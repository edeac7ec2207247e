using Swarm.Http;
using Swarm.Proxy.Front;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Seeding;

/// <summary>
/// Every request of a site's visitors: this port is the site, and no proxy for anything else. Paths are the origin's, but for
/// <c>/.swarm/</c>, where torrents and the page about them are.
/// </summary>
internal sealed class OriginRoute(OriginPlan plan, OriginSite site, SitePages pages, FirstVisits visits, OriginGroup origins, IGetHandler get, Forwarder forwarder) : IRoute
{
    private const string OwnPath = SiteAddress.TorrentsPath + "/";

    public string Name => "origin";

    public bool Matches(FrontRequest request) => true;

    public Task HandleAsync(HttpContext context, FrontRequest request)
    {
        if (HttpMethods.IsConnect(request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
            return PlainAnswer.WriteAndCloseAsync(context, 405, "This is a web site and no proxy: there is no tunnel through it.");
        }

        if (plan.TargetOf(PathOf(request.RawTarget)) is not { } target)
        {
            return PlainAnswer.WriteAsync(context, 400, "The request names no path of this site.");
        }

        SayWhoAsks(context);
        var isOwn = target.PathAndQuery.StartsWith(OwnPath, StringComparison.Ordinal);
        if (isOwn && request.IsPlainRead)
        {
            return pages.HandleAsync(context, target.PathAndQuery[SiteAddress.TorrentsPath.Length..]);
        }

        if (isOwn)
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return PlainAnswer.WriteAsync(context, 405, "What lies here can be read only.");
        }

        return request.IsPlainRead ? ReadAsync(context, target) : ForwardAsync(context, target);
    }

    private async Task ReadAsync(HttpContext context, OriginTarget target)
    {
        if (site.TryFind(target.Url, out var file))
        {
            file.TranslateConditions(context.Request.Headers);
        }

        // Only what may become a torrent is waited for: nothing by query, nothing for one visitor.
        var isForAll = HttpMethods.IsGet(context.Request.Method) && !target.PathAndQuery.Contains('?', StringComparison.Ordinal)
            && CredentialsKey.Of(RequestHeaders.Of(context.Request), target.Url).Length == 0;
        using var visit = isForAll ? await visits.EnterAsync(target.Url, context.RequestAborted) : null;
        context.Response.OnStarting(() =>
        {
            FinishRead(context, target, isForAll);
            visit?.Dispose();
            return Task.CompletedTask;
        });
        await get.HandleAsync(context, target, context.RequestAborted);
    }

    private Task ForwardAsync(HttpContext context, OriginTarget target)
    {
        context.Response.OnStarting(() =>
        {
            Finish(context.Response);
            return Task.CompletedTask;
        });
        return forwarder.HandleAsync(context, origins.Choose(target), keptAs: target);
    }

    /// <summary>RFC 9112 §3.2.2: a server takes absolute-form too. Whatever host it names, there is one site here.</summary>
    private static string PathOf(string raw)
    {
        var scheme = raw.StartsWith('/') ? -1 : raw.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return raw;
        }

        var path = raw.AsSpan(scheme + "://".Length).IndexOfAny('/', '?');
        var rest = path < 0 ? "" : raw[(scheme + "://".Length + path)..];
        return rest.StartsWith('/') ? rest : "/" + rest;
    }

    /// <summary>The origin, and the access log, are told the visitor's address; what nobody trustworthy said is taken out.</summary>
    private void SayWhoAsks(HttpContext context)
    {
        var request = context.Request;
        if (context.Connection.RemoteIpAddress is not { } remote)
        {
            return;
        }

        // An answer made for a name that a visitor invented would be kept for all others: the origin hears the site's name where that is known, else none, as from
        // nginx. (YARP passes on the visitor's, and keeps no answers.)
        var host = plan.Address.Web?.Authority ?? "";
        var said = ForwardedFields.Of(RequestHeaders.Of(request), remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote, request.Scheme, host, plan.Trusts);
        if (!plan.Trusts(remote))
        {
            foreach (var name in ForwardedFields.Names)
            {
                request.Headers.Remove(name);
            }
        }

        request.Headers["X-Forwarded-For"] = said.For;
        request.Headers["X-Forwarded-Proto"] = said.Proto;
        if (said.Host.Length > 0)
        {
            request.Headers["X-Forwarded-Host"] = said.Host;
        }

        context.Connection.RemoteIpAddress = said.Client;
    }

    /// <summary>The fields of an answer to GET or HEAD just before they leave.</summary>
    private void FinishRead(HttpContext context, OriginTarget target, bool isForAll)
    {
        Finish(context.Response);
        site.Describe(target.Url, context.Response);
        if (isForAll && context.Response.StatusCode is 200 or 206)
        {
            site.OnServing(target);
        }
    }

    private void Finish(HttpResponse response)
    {
        response.Headers.Remove("Swarm-Receipt"); // the control port is the owner's
        if (response.Headers.Location is [{ } location] && PathAtOrigin(location) is { } path)
        {
            response.Headers.Location = path;
        }
    }

    /// <summary>The path of a URL of the origin, which visitors cannot reach; null for any other.</summary>
    private string? PathAtOrigin(string location)
    {
        foreach (var origin in plan.Origins)
        {
            var start = OriginPlan.BaseOf(origin);
            if (location.StartsWith(start, StringComparison.OrdinalIgnoreCase) && (location.Length == start.Length || location[start.Length] is '/' or '?'))
            {
                return location.Length == start.Length ? "/" : location[start.Length] == '?' ? "/" + location[start.Length..] : location[start.Length..];
            }
        }

        return null;
    }
}
