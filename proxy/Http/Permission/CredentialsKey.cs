using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Swarm.Http;

/// <summary>
/// What of a request are credentials, as one digest: permits are bound to it. Proxy-Authorization is for this proxy and does not count.
/// Besides Cookie, Authorization and a signed query, any field named like a key counts (X-Api-Key, Private-Token, X-Auth-…): mistaking a
/// plain field costs a permission request, overlooking a key would lend its permit to others.
/// </summary>
public static class CredentialsKey
{
    private static readonly SearchValues<string> KeyWords = SearchValues.Create(
        ["auth", "token", "api-key", "apikey", "secret", "session", "signature", "password", "credential", "cookie"], StringComparison.OrdinalIgnoreCase);

    /// <summary>SHA-256 in lower-case hex over the credentials, in order of name; empty if there are none.</summary>
    public static string Of(HttpFields request, string url)
    {
        if (!HasCredential(request) && !SignedQuery.IsSigned(url))
        {
            return "";
        }

        var canonical = new StringBuilder();
        foreach (var line in request.Where(line => IsCredential(line.Name)).OrderBy(line => line.Name, StringComparer.OrdinalIgnoreCase))
        {
            Append(line.Name.ToLowerInvariant(), line.Value);
        }

        if (SignedQuery.IsSigned(url))
        {
            Append("?", url);
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())));

        // Lengths keep two lists of fields from running into the same bytes.
        void Append(string name, string value) => canonical.Append(name).Append(':').Append(value.Length).Append(':').Append(value).Append('\n');
    }

    /// <summary>True for a field that says who asks.</summary>
    public static bool IsCredential(string name)
    {
        if (name.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Sec-", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return name.AsSpan().ContainsAny(KeyWords);
    }

    private static bool HasCredential(HttpFields request)
    {
        for (var i = 0; i < request.Count; i++)
        {
            if (IsCredential(request[i].Name))
            {
                return true;
            }
        }

        return false;
    }
}
