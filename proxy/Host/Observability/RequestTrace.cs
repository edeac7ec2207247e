using System.Collections.Frozen;
using System.Diagnostics;
using Swarm.Engine.Tracing;

namespace Swarm.Proxy.Observability;

/// <summary>
/// The span over one request of a client. It continues the client's trace where the client names one (W3C Trace Context, traceparent), and
/// starts one of its own elsewhere. No field is added to what goes to origins: a trace of ours is nothing that a site should see.
/// </summary>
internal static class RequestTrace
{
    /// <summary>Trace Context, level 1, section 3.3.1.5: this much should be passed on. Each span of the request carries it.</summary>
    private const int StateMax = 512;

    /// <summary>Semantic conventions for HTTP: a client may make up methods, and a span's name must not be its own.</summary>
    private static readonly FrozenSet<string> KnownMethods =
        new[] { "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Null where nobody listens, or the client's trace is not recorded.</summary>
    public static Activity? Begin(HttpContext context)
    {
        var headers = context.Request.Headers;
        // A field that is malformed or sent twice counts as none (Trace Context, level 1, section 3.2.1).
        var state = headers.TraceState.ToString() is { Length: > 0 and <= StateMax } told ? told : null;
        var named = ActivityContext.TryParse(headers.TraceParent.Count == 1 ? headers.TraceParent[0] : null, state, isRemote: true, out var parent);
        var known = KnownMethods.Contains(context.Request.Method) ? context.Request.Method : null;
        Activity.Current = null; // the framework's own span is exported to nobody: a trace must not hang from it
        var span = SwarmTrace.Source.StartActivity(known ?? "HTTP", ActivityKind.Server, named ? parent : default);
        span?.SetTag("http.request.method", known ?? "_OTHER");
        span?.SetTag("network.protocol.version", context.Request.Protocol is ['H', 'T', 'T', 'P', '/', .. var version] ? version : null);
        return span;
    }

    public static void End(Activity span, HttpContext context)
    {
        var status = context.Response.StatusCode;
        span.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error); // semantic conventions: of a server's span, 5xx alone is an error
        }
    }
}
