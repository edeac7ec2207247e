using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Gateway;

/// <summary>Turns a link that a document of an origin holds into one that stays in the gateway.</summary>
/// <param name="own">This gateway as the client named it: <c>http://127.0.0.1:7976</c>.</param>
/// <param name="document">Where the document came from, redirects included; relative links are meant against it.</param>
internal sealed class GatewayLinks(string own, OriginTarget document)
{
    /// <summary>Null for what is no http(s) link of another resource: <c>#part</c>, <c>mailto:</c>, rubbish. A fragment (pip's digest) is kept.</summary>
    public string? Rewrite(string link)
    {
        var mark = link.IndexOf('#', StringComparison.Ordinal);
        var (reference, fragment) = mark < 0 ? (link, "") : (link[..mark], link[mark..]);
        return reference.Length > 0 && ReferenceResolution.TryResolve(document, reference, out var target)
            ? $"{own}{GatewayUrl.Prefix}{target.Scheme}/{target.Authority}{target.PathAndQuery}{fragment}"
            : null;
    }
}
