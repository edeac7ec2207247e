using System.Buffers;

namespace Swarm.Proxy.Origin;

/// <summary>Resolves a Location against the target that sent it (RFC 3986 §5.2) without touching the bytes of a path that is already absolute.</summary>
internal static class ReferenceResolution
{
    private static readonly SearchValues<char> SchemeCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    public static bool TryResolve(OriginTarget from, string reference, out OriginTarget target)
    {
        if (reference.StartsWith("//", StringComparison.Ordinal))
        {
            return OriginTarget.TryParse($"{from.Scheme}:{reference}", from.Form, out target);
        }

        var root = $"{from.Scheme}://{from.Authority}";
        if (reference.StartsWith('/'))
        {
            return OriginTarget.TryParse(root + reference, from.Form, out target);
        }

        if (HasScheme(reference))
        {
            return OriginTarget.TryParse(reference, from.Form, out target);
        }

        var path = from.PathAndQuery.Split('?', 2)[0];
        return OriginTarget.TryParse(root + (reference.StartsWith('?') ? path + reference : Merge(path, reference)), from.Form, out target);
    }

    /// <summary>RFC 3986 §3.1: letters, digits and <c>+-.</c> before the first colon.</summary>
    private static bool HasScheme(string reference)
    {
        var colon = reference.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && char.IsAsciiLetter(reference[0])
            && !reference.AsSpan(0, colon).ContainsAnyExcept(SchemeCharacters);
    }

    /// <summary>§5.2.3 and §5.2.4: the reference replaces the last segment, and its dot segments are removed.</summary>
    private static string Merge(string path, string reference)
    {
        var query = reference.IndexOf('?', StringComparison.Ordinal);
        var relative = query < 0 ? reference : reference[..query];
        var merged = path[..(path.LastIndexOf('/') + 1)] + relative;
        var kept = new List<string>();
        var segments = merged.Split('/');
        for (var i = 1; i < segments.Length; i++)
        {
            var last = i == segments.Length - 1;
            switch (segments[i])
            {
                case "..":
                    if (kept.Count > 0)
                    {
                        kept.RemoveAt(kept.Count - 1);
                    }

                    break;
                case ".":
                    break;
                default:
                    kept.Add(segments[i]);
                    continue;
            }

            if (last)
            {
                kept.Add("");
            }
        }

        return $"/{string.Join('/', kept)}{(query < 0 ? "" : reference[query..])}";
    }
}
