namespace Swarm.Http;

/// <summary>
/// Detects URLs that are themselves the key: presigned and tokened queries. Parameter names compare case-insensitively after
/// percent-decoding, since origins decode before they look. A name taken for a key by mistake costs one permission request more
/// and keeps the answer unshared; a key taken for a plain name would hand out a permit, so the list leans to the first.
/// </summary>
/// <remarks>
/// Alone: AWS SigV4 (X-Amz-*), Google (X-Goog-*), Azure SAS (sig), CloudFront and generic (Signature, Policy, Key-Pair-Id), Akamai
/// (hdnts, hdnea, __token__), and the usual token, access_token, auth, jwt, api_key, hmac. Together with an expiry (Expires, exp, e): md5,
/// hash, st, h, key (nginx secure_link and its kin). User information in the authority also counts.
/// </remarks>
public static class SignedQuery
{
    private static readonly HashSet<string> Keys = new(StringComparer.OrdinalIgnoreCase)
    {
        "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "X-Goog-Signature", "X-Goog-Credential", "GoogleAccessId",
        "AWSAccessKeyId", "Signature", "sig", "sign", "Policy", "Key-Pair-Id", "hdnts", "hdnea", "hdntl", "__token__", "__gda__",
        "token", "access_token", "auth_token", "authtoken", "sas_token", "download_token", "auth", "auth_key", "authkey", "authorization",
        "jwt", "api_key", "apikey", "api-key", "hmac", "verify", "ticket", "secret", "password", "session", "sessionid", "sid", "x-oss-signature",
        "q-signature", "rlkey",
    };

    private static readonly HashSet<string> Expiries = new(StringComparer.OrdinalIgnoreCase) { "Expires", "expire", "expiry", "exp", "e" };

    private static readonly HashSet<string> KeysWithExpiry = new(StringComparer.OrdinalIgnoreCase) { "md5", "hash", "st", "h", "key", "s" };

    public static bool IsSigned(string url)
    {
        ReadOnlySpan<char> s = url;
        var fragment = s.IndexOf('#');
        s = fragment < 0 ? s : s[..fragment];
        var question = s.IndexOf('?');
        if (HasUserInfo(question < 0 ? s : s[..question]))
        {
            return true;
        }

        if (question < 0)
        {
            return false;
        }

        var expires = false;
        var keyed = false;
        foreach (var part in Parameters(url))
        {
            if (Keys.Contains(part))
            {
                return true;
            }

            expires |= Expiries.Contains(part);
            keyed |= KeysWithExpiry.Contains(part);
        }

        return expires && keyed;
    }

    /// <summary>The query without its question mark; empty if there is none.</summary>
    internal static string QueryOf(string url)
    {
        var fragment = url.IndexOf('#', StringComparison.Ordinal);
        var end = fragment < 0 ? url.Length : fragment;
        var question = url.IndexOf('?', 0, end);
        return question < 0 ? "" : url[(question + 1)..end];
    }

    private static IEnumerable<string> Parameters(string url)
    {
        foreach (var part in QueryOf(url).Split(['&', ';']))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            yield return Uri.UnescapeDataString(equals < 0 ? part : part[..equals]).Trim();
        }
    }

    private static bool HasUserInfo(ReadOnlySpan<char> s)
    {
        var scheme = s.IndexOf("://");
        if (scheme < 0)
        {
            return false;
        }

        s = s[(scheme + 3)..];
        var slash = s.IndexOf('/');
        return (slash < 0 ? s : s[..slash]).Contains('@');
    }
}
