using Microsoft.Extensions.Primitives;

namespace Swarm.Proxy.Gateway;

/// <summary>Which requests ask for a registry's document, by what their clients alone say, and which answers are one, by media type.</summary>
internal static class IndexRules
{
    private const string SimplePrefix = "application/vnd.pypi.simple.";
    private const string NpmPackage = "application/vnd.npm.install-v1+json";

    /// <summary>pip and uv name the simple API in Accept; npm, yarn and pnpm the short form of a package, and npm its command where it wants the long one.</summary>
    public static bool MayBeIndex(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && (Names(request.Headers.Accept, SimplePrefix) || Names(request.Headers.Accept, NpmPackage)
            || (request.Headers.ContainsKey("npm-command") && Names(request.Headers.Accept, "application/json")));

    /// <param name="contentType">The answer's.</param>
    /// <param name="accept">The request's: <c>text/html</c> and <c>application/json</c> are a registry's only for who asked a registry.</param>
    public static IndexKind KindOf(string? contentType, StringValues accept)
    {
        var type = (contentType ?? "").Split(';')[0].Trim();
        return Is(SimplePrefix + "v1+json") ? IndexKind.SimpleJson
            : Is(SimplePrefix + "v1+html") || (Is("text/html") && Names(accept, SimplePrefix)) ? IndexKind.SimpleHtml
            : Is(NpmPackage) || (Is("application/json") && !Names(accept, SimplePrefix)) ? IndexKind.NpmPackage
            : IndexKind.None;

        bool Is(string other) => type.Equals(other, StringComparison.OrdinalIgnoreCase);
    }

    private static bool Names(StringValues accept, string type) => accept.ToString().Contains(type, StringComparison.OrdinalIgnoreCase);
}
