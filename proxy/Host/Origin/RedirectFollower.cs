using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>
/// Follows redirects for requests that ask for it (the gateway's), at most 10. Each hop is a new dial under TargetPolicy;
/// credentials stay with the origin they were meant for, and a chain that touched cleartext says so.
/// </summary>
public sealed class RedirectFollower(IOriginConnection inner) : IOriginConnection
{
    public const int RedirectsMax = 10; // curl's --max-redirs is 50, browsers stop at 20; nothing honest needs more than 10

    public async ValueTask<OriginResult> SendAsync(OriginRequest request, CancellationToken cancellationToken)
    {
        var result = await inner.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!request.FollowRedirects)
        {
            return result;
        }

        var clearText = !request.Target.IsHttps;
        var asked = request.Target;
        var said = new HttpFields();
        for (var hops = 0; result.IsAnswer; hops++)
        {
            var answer = result.Answer;
            if (NextTarget(answer) is not { } next)
            {
                RedirectFacts.AddTo(answer, said);
                return OriginResult.Of(answer.WithChain(hops, clearText));
            }

            RedirectFacts.Collect(asked, answer, said);
            answer.Dispose();
            if (hops == RedirectsMax)
            {
                return OriginResult.Of(OriginErrors.TooManyRedirects(next.Url, RedirectsMax));
            }

            clearText |= !next.IsHttps;
            var fields = request.Target.SameOrigin(next) ? request.Fields : WithoutCredentials(request.Fields);
            request = request with { Target = next, Fields = fields };
            result = await inner.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>Once stripped, credentials do not come back when a later hop returns to the first origin.</summary>
    private static HttpFields WithoutCredentials(HttpFields fields) => fields.Where(static f =>
        !f.Name.Equals("Authorization", StringComparison.OrdinalIgnoreCase) && !f.Name.Equals("Cookie", StringComparison.OrdinalIgnoreCase));

    /// <summary>Where a redirect leads; null for any other answer and for a Location that is no http(s) URL, which the tool gets to see.</summary>
    private static OriginTarget? NextTarget(OriginAnswer answer)
    {
        if (answer.Status is not (301 or 302 or 303 or 307 or 308) || answer.Fields.First("Location") is not { Length: > 0 } location)
        {
            return null;
        }

        var fragment = location.IndexOf('#', StringComparison.Ordinal);
        return ReferenceResolution.TryResolve(answer.FinalTarget, fragment < 0 ? location : location[..fragment], out var next) ? next : null;
    }
}
