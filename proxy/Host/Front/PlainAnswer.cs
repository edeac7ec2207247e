using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Front;

/// <summary>This program's own answers: one sentence of plain text that names the thing, the cause and what to do.</summary>
public static class PlainAnswer
{
    public static async Task WriteAsync(HttpContext context, int status, string sentence)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            context.Abort(); // too late for words: the client must not take what it has for the whole
            return;
        }

        var body = System.Text.Encoding.UTF8.GetBytes(sentence + "\n");
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body);
        }
    }

    /// <summary>The same for a failed origin, with the machine-readable cause in Proxy-Status (RFC 9209).</summary>
    public static Task WriteAsync(HttpContext context, OriginError error, ProxyIdentity identity)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.Headers["Proxy-Status"] = new ProxyStatus(error.Cause).Format(identity.Pseudonym);
        }

        return WriteAsync(context, error.Status, error.Sentence);
    }

    /// <summary>An answer after which the connection closes, because what follows on it cannot be trusted or understood.</summary>
    public static Task WriteAndCloseAsync(HttpContext context, int status, string sentence)
    {
        context.Response.Headers.Connection = "close";
        return WriteAsync(context, status, sentence);
    }
}
