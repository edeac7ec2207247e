using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Seeding;

/// <summary>The way to the site's origin: each of its answers is told to the site, and to who waits for it, before anybody else sees it.</summary>
internal sealed class SiteOrigin(IOriginConnection next, OriginSite site, FirstVisits visits) : IOriginConnection
{
    public async ValueTask<OriginResult> SendAsync(OriginRequest request, CancellationToken cancellationToken)
    {
        var result = await next.SendAsync(request, cancellationToken);
        if (result.IsAnswer)
        {
            site.OnAnswer(request, result.Answer);
            visits.OnAnswer(request, result.Answer);
        }

        return result;
    }
}
