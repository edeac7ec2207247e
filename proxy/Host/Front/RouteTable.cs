using Swarm.Engine.Tracing;
using Swarm.Http;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Observability;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Front;

/// <summary>Checks a request against the rules for all, then hands it to the first route that matches; what came of it goes to the access log.</summary>
internal sealed class RouteTable(IReadOnlyList<IRoute> routes, ProxyIdentity identity, ClientAccess access, AccessLog? log, TimeProvider time)
{
    public Task HandleAsync(HttpContext context) => SwarmTrace.Source.HasListeners() ? TraceAsync(context) : LogAsync(context);

    private async Task TraceAsync(HttpContext context)
    {
        using var span = RequestTrace.Begin(context);
        try
        {
            await LogAsync(context);
        }
        finally
        {
            if (span is not null)
            {
                RequestTrace.End(span, context);
            }
        }
    }

    private async Task LogAsync(HttpContext context)
    {
        // Read before anything else: what Connection names may not take it away, and nobody after this sees it.
        // Inside an opened tunnel CONNECT was judged: the client believes it speaks to the origin and sends no proxy credentials.
        string? user = null;
        var verdict = context.Features.Get<InterceptedConnection>() is not null
            ? AccessVerdict.Granted
            : access.Judge(context.Connection.RemoteIpAddress, context.Request.Headers.ProxyAuthorization, out user);
        if (log is null)
        {
            await AnswerAsync(context, verdict);
            return;
        }

        var at = time.GetUtcNow();
        var since = time.GetTimestamp();
        var sent = new SentBytes();
        context.Features.Set(sent);
        try
        {
            await AnswerAsync(context, verdict);
        }
        finally
        {
            var (request, response) = (context.Request, context.Response);
            log.Write(new(
                at, context.Connection.RemoteIpAddress, user, request.Method, AccessText.Shown(FrontRequest.From(context).LoggedTarget(request)), request.Protocol, response.StatusCode,
                sent.Count > 0 || HttpMethods.IsHead(request.Method) ? sent.Count : response.ContentLength ?? 0, time.GetElapsedTime(since),
                request.Headers.Referer, request.Headers.UserAgent, response.Headers["Cache-Status"]));
        }
    }

    private async Task AnswerAsync(HttpContext context, AccessVerdict verdict)
    {
        if (verdict != AccessVerdict.Granted)
        {
            var (status, sentence, _) = AccessRefusal.Of(verdict);
            if (status == 407)
            {
                context.Response.Headers.ProxyAuthenticate = AccessRefusal.Challenge;
            }

            await PlainAnswer.WriteAndCloseAsync(context, status, sentence);
            return;
        }

        if (RequestRules.Check(context.Request, identity) is { } refusal)
        {
            if (refusal.Cause != ProxyError.None)
            {
                context.Response.Headers["Proxy-Status"] = new ProxyStatus(refusal.Cause).Format(identity.Pseudonym);
            }

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
