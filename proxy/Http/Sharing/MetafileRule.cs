namespace Swarm.Http;

/// <summary>Why a linked URL may or may not be fetched for a resource.</summary>
public enum MetafileVerdict : byte
{
    Allowed,

    /// <summary>Not an absolute http or https URL after resolution, or one with user information.</summary>
    Unusable,

    /// <summary>The resource came by https: what describes it must too.</summary>
    NeedsHttps,

    /// <summary>Another origin vouches for it only over https.</summary>
    CrossOriginNeedsHttps,
}

/// <summary>
/// Which metafile may speak for a resource: same origin by any scheme it uses, another origin only by https, and an https
/// resource only by https. Whether the address may be dialled at all is asked of the target policy afterwards.
/// </summary>
public static class MetafileRule
{
    /// <param name="resourceUrl">The final URL, whose response carried the link.</param>
    /// <param name="linkedUrl">Resolved URL of the metafile.</param>
    public static MetafileVerdict Judge(string resourceUrl, string linkedUrl)
    {
        if (!TryHttp(resourceUrl, out var resource) || !TryHttp(linkedUrl, out var linked))
        {
            return MetafileVerdict.Unusable;
        }

        if (linked.Scheme == Uri.UriSchemeHttps)
        {
            return MetafileVerdict.Allowed;
        }

        if (resource.Scheme == Uri.UriSchemeHttps)
        {
            return MetafileVerdict.NeedsHttps;
        }

        return SameOrigin(resource, linked) ? MetafileVerdict.Allowed : MetafileVerdict.CrossOriginNeedsHttps;
    }

    /// <summary>
    /// True if a URL may be asked for bytes of the resource beside its origin: a mirror vouches for nothing, since a tree judges its bytes, so that all there is
    /// to keep is what came by https from being told in clear.
    /// </summary>
    public static bool MayMirror(string resourceUrl, string mirrorUrl) =>
        TryHttp(resourceUrl, out var resource) && TryHttp(mirrorUrl, out var mirror) && (mirror.Scheme == Uri.UriSchemeHttps || resource.Scheme != Uri.UriSchemeHttps);

    /// <summary>Resolves a link's target against the final URL (RFC 8288 §3.1), fragment dropped; null if no http(s) URL comes of it.</summary>
    public static string? Resolve(string finalUrl, string target) =>
        TryHttp(finalUrl, out var source) && IsUriText(target) && Uri.TryCreate(source, target, out var resolved) && IsHttp(resolved)
            ? resolved.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped)
            : null;

    private static bool SameOrigin(Uri a, Uri b) => a.Scheme == b.Scheme && a.IdnHost == b.IdnHost && a.Port == b.Port;

    private static bool TryHttp(string text, out Uri url)
    {
        url = null!;
        return IsUriText(text) && Uri.TryCreate(text, UriKind.Absolute, out url!) && IsHttp(url);
    }

    private static bool IsHttp(Uri url) => url.Scheme is "http" or "https" && url.Host.Length > 0 && url.UserInfo.Length == 0;

    // RFC 3986 §2: a URI is ASCII. System.Uri takes more, and throws later, when it is asked for the host.
    private static bool IsUriText(string text) => !text.AsSpan().ContainsAnyExceptInRange('\x21', '\x7E');
}
