using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Swarm.Proxy.Control;

/// <summary>
/// The built-in status page: one static document, its script and style allowed by a nonce of this answer alone. It holds no
/// data; its script asks the API with the token from the URL's fragment.
/// </summary>
internal static class StatusPage
{
    private const string NonceMark = "@NONCE@";
    private static readonly string Document = Resources.Text("status.html");

    public static Task WriteAsync(HttpContext context)
    {
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(18));
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        return Respond.BytesAsync(
            context, Encoding.UTF8.GetBytes(Document.Replace(NonceMark, nonce, StringComparison.Ordinal)), "text/html; charset=utf-8");
    }
}
