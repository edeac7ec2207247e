using Microsoft.AspNetCore.Connections.Features;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Front;

/// <summary>
/// Passes an origin's 1xx answers on (RFC 9110 §15.2: a proxy must). The server has no word for them, but before an answer has begun nothing of
/// it is on its way: there they are written to an HTTP/1.1 connection as they are. HTTP/2 clients do not get them, and HTTP/1.0 ones must not.
/// </summary>
/// <remarks>For requests whose answer waits for this very exchange with the origin; whoever asks later or beside it takes the relay off.</remarks>
internal static class InterimRelay
{
    public static Func<int, HttpFields, CancellationToken, ValueTask>? For(HttpContext context, OriginTarget target, ProxyIdentity identity)
    {
        if (context.Request.Protocol != "HTTP/1.1" || context.Features.Get<IConnectionTransportFeature>() is not { } connection)
        {
            return null;
        }

        var filter = ResponseFilters.Beside(target) ?? HopByHop.Remove;
        return (status, fields, cancel) => WriteAsync(context, connection, identity, status, filter(fields), cancel);
    }

    private static async ValueTask WriteAsync(
        HttpContext context, IConnectionTransportFeature connection, ProxyIdentity identity, int status, HttpFields fields, CancellationToken cancel)
    {
        if (!InterimAnswer.IsRelayed(status) || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        identity.Sign(fields, "1.1");
        try
        {
            await connection.Transport.Output.WriteAsync(InterimAnswer.Write(status, fields), cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ObjectDisposedException)
        {
            // The client left; the final answer finds that out.
        }
    }
}
