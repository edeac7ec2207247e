using Swarm.Proxy.Origin;
using Swarm.Proxy.Pump;

namespace Swarm.Proxy.Front;

/// <summary>
/// OPTIONS about a server, not about a resource of it: <c>OPTIONS http://host HTTP/1.1</c>, without path or query. The last proxy before that server
/// sends <c>OPTIONS *</c> (RFC 9112 §3.2.4), which the framework's client cannot write.
/// </summary>
internal sealed class ServerOptionsRoute(IOriginConnection origin, ProxyIdentity identity, StallRule stall) : IRoute
{
    private const string Scheme = "http://";

    public string Name => "server-options";

    public bool Matches(FrontRequest request) =>
        HttpMethods.IsOptions(request.Method) && !request.HasBody && !request.IsUpgrade && request.RawTarget.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && request.RawTarget.AsSpan(Scheme.Length).IndexOfAny('/', '?') < 0;

    public async Task HandleAsync(HttpContext context, FrontRequest request)
    {
        if (!OriginTarget.TryParse(request.RawTarget, TargetForm.AbsoluteForm, out var resource))
        {
            await PlainAnswer.WriteAsync(context, 400, AbsoluteFormRoute.NoTarget);
            return;
        }

        var hops = Forwarder.MaxForwards(context.Request);
        if (hops == 0)
        {
            Forwarder.AnswerHere(context);
            return;
        }

        var server = resource.OfServer();
        var fields = RequestHeaders.ForOrigin(context.Request, server, identity);
        if (hops is { } left)
        {
            fields.Set("Max-Forwards", (left - 1).ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        var asked = new OriginRequest(context.Request.Method, server, fields) { Interim = InterimRelay.For(context, server, identity) };
        var result = await origin.SendAsync(asked, context.RequestAborted);
        if (!result.IsAnswer)
        {
            await PlainAnswer.WriteAsync(context, result.Error, identity);
            return;
        }

        using var answer = result.Answer;
        await AnswerRelay.WriteAsync(context, server, origin, asked, answer, cache: null, identity, stall);
    }
}
