using Swarm.Proxy.Front;

namespace Swarm.Proxy.Gateway;

/// <summary>
/// Who may use the addresses this port serves itself (gateway, torrents): tools on this machine that named it as this machine.
/// A web page is not a tool: it would read other sites' bytes past the browser's same-origin rule, or be served as if from here.
/// </summary>
internal sealed class LocalCallers(Func<int> ownPort)
{
    /// <summary>What a page may load by a capability: media and what a script reads, never what the browser would run or show as a page.</summary>
    private static readonly HashSet<string> Embedded = new(StringComparer.OrdinalIgnoreCase) { "video", "audio", "track", "image", "empty" };

    /// <summary>Null when the caller may go on.</summary>
    /// <param name="hasCapability">The path carries a token, which its route still has to check: pages may then load media.</param>
    public Refusal? Refuse(HttpRequest request, FrontRequest front, bool hasCapability = false)
    {
        // DNS rebinding: a page on evil.example whose name now leads here still says evil.example in Host.
        if (!NamesThisMachine(request.Headers.Host.ToString()))
        {
            return new(421, $"Ask for this address as 127.0.0.1:{ownPort()}, localhost:{ownPort()} or [::1]:{ownPort()}; other names are refused.");
        }

        foreach (var (name, value) in request.Headers)
        {
            var isPage = name.StartsWith("Sec-Fetch-", StringComparison.OrdinalIgnoreCase) || Is(name, "Origin");
            if (Is(name, "Service-Worker") || (isPage && !hasCapability) || (Is(name, "Sec-Fetch-Dest") && !Embedded.Contains(value.ToString())))
            {
                return new(403, "This address gives bytes to tools, not to web pages. Set the browser's proxy instead.");
            }
        }

        return front.IsPlainRead ? null : new(405, "Only GET and HEAD work here. For anything else use the proxy: curl -x.");
    }

    /// <summary>The answer may be shown in pages of other origins: who put the capability there was given it.</summary>
    public static void AllowEmbedding(HttpContext context) => context.Response.OnStarting(
        static state =>
        {
            ((HttpResponse)state).Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
            return Task.CompletedTask;
        },
        context.Response);

    private bool NamesThisMachine(string host)
    {
        var port = $":{ownPort()}";
        return host.EndsWith(port, StringComparison.Ordinal) && host.AsSpan(0, host.Length - port.Length) switch
        {
            "127.0.0.1" or "[::1]" => true,
            var name => name.Equals("localhost", StringComparison.OrdinalIgnoreCase),
        };
    }

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    internal sealed record Refusal(int Status, string Sentence);
}
