using System.Net;
using System.Text.RegularExpressions;

namespace Swarm.Proxy.Control;

/// <summary>
/// Who may use the control listener. Every page in a browser can reach loopback, and a page fetched through the proxy does so
/// unasked: so each request must name this server (DNS rebinding), come from no foreign origin, and bring the token; one
/// that changes something also a header that no page can send without asking first.
/// </summary>
internal sealed partial class RequestGuard
{
    public const string MutationHeader = "X-Swarm";

    private readonly ControlToken _token;
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _origins = new(StringComparer.OrdinalIgnoreCase);

    public RequestGuard(ControlToken token, IPEndPoint bound)
    {
        _token = token;
        foreach (var host in new[] { "127.0.0.1", "localhost", "[::1]", new IPEndPoint(bound.Address, 0).ToString()[..^2] })
        {
            AddAuthority($"{host}:{bound.Port}");
            if (bound.Port == 80)
            {
                AddAuthority(host);
            }
        }

        void AddAuthority(string authority)
        {
            _hosts.Add(authority);
            _origins.Add("http://" + authority);
        }
    }

    /// <summary>What is wrong with the request; null if it may pass.</summary>
    /// <param name="open">True for what carries no secret: <c>/</c>, <c>/healthz</c>, <c>/metrics</c>.</param>
    public Problem? Check(HttpRequest request, bool open)
    {
        if (request.Headers.Host.Count != 1 || !_hosts.Contains(request.Headers.Host.ToString()))
        {
            return Problem.Host;
        }

        if (IsForeign(request))
        {
            return Problem.Origin;
        }

        if (open)
        {
            return null;
        }

        if (request.Headers.Authorization.Count != 1 || !_token.Matches(request.Headers.Authorization.ToString()))
        {
            return Problem.NoToken;
        }

        return Changes(request.Method) && request.Headers[MutationHeader].ToString() != "1" ? Problem.Header : null;
    }

    /// <summary>
    /// A page of another origin asks: by <c>Origin</c>, or by <c>Sec-Fetch-Site</c> where browsers leave Origin out. Following
    /// a link to the page is no such request.
    /// </summary>
    private bool IsForeign(HttpRequest request)
    {
        if (request.Headers.Origin is { Count: > 0 } origin)
        {
            // What an extension asks is neither cross-site nor a page's: browsers let no page say that it is one. It needs the token like everyone.
            if (origin.Count == 1 && ExtensionOrigin().IsMatch(origin.ToString()))
            {
                return false;
            }

            if (origin.Count > 1 || !_origins.Contains(origin.ToString()))
            {
                return true;
            }
        }

        return request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site"
            && !(request.Path == "/" && HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate");
    }

    /// <summary>Chromium's ids are 32 letters a to p; Firefox gives each installation a UUID.</summary>
    [GeneratedRegex(@"\A(chrome-extension://[a-p]{32}|moz-extension://[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\z")]
    private static partial Regex ExtensionOrigin();

    private static bool Changes(string method) => !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method);
}
