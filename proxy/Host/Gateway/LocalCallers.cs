using Swarm.Proxy.Front;

namespace Swarm.Proxy.Gateway;

/// <summary>
/// Who may use the addresses this port serves itself (gateway, torrents): tools on this machine that named it as this machine.
/// A web page is not a tool: it would read other sites' bytes past the browser's same-origin rule, or be served as if from here.
/// </summary>
internal sealed class LocalCallers(Func<int> ownPort)
{
    /// <summary>Null when the caller may go on.</summary>
    public Refusal? Refuse(HttpRequest request, FrontRequest front)
    {
        // DNS rebinding: a page on evil.example whose name now leads here still says evil.example in Host.
        if (!NamesThisMachine(request.Headers.Host.ToString()))
        {
            return new(421, $"Ask for this address as 127.0.0.1:{ownPort()}, localhost:{ownPort()} or [::1]:{ownPort()}; other names are refused.");
        }

        foreach (var (name, _) in request.Headers)
        {
            if (name.StartsWith("Sec-Fetch-", StringComparison.OrdinalIgnoreCase) || Is(name, "Origin") || Is(name, "Service-Worker"))
            {
                return new(403, "This address gives bytes to tools, not to web pages. Set the browser's proxy instead.");
            }
        }

        return front.IsPlainRead ? null : new(405, "Only GET and HEAD work here. For anything else use the proxy: curl -x.");
    }

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
