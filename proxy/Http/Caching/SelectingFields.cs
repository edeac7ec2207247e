namespace Swarm.Http;

/// <summary>
/// The request fields that Vary of a stored response names, with the values they had (RFC 9111 §4.1). Values are normalised as far as all
/// field syntaxes allow: lines combined, space round commas removed, lower case where the field says so, order where it has no meaning.
/// </summary>
public sealed class SelectingFields
{
    /// <summary>No Vary: every request matches.</summary>
    public static readonly SelectingFields None = new([]);

    private readonly (string Name, string? Value)[] _fields;

    private SelectingFields((string Name, string? Value)[] fields) => _fields = fields;

    public int Count => _fields.Length;

    /// <summary>Name and normalised value; null where the request lacked the field.</summary>
    public IReadOnlyList<(string Name, string? Value)> Fields => _fields;

    /// <summary>What <see cref="Fields"/> was before.</summary>
    public static SelectingFields Restored((string Name, string? Value)[] fields) => fields.Length == 0 ? None : new(fields);

    /// <summary>Null for a Vary with <c>*</c> anywhere in it: no later request matches (§4.1).</summary>
    public static SelectingFields? Of(HttpFields request, HttpFields response)
    {
        if (response.Combined("Vary") is not { } vary)
        {
            return None;
        }

        var names = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
        ReadOnlySpan<char> rest = vary;
        while (Syntax.NextElement(ref rest, out var name))
        {
            if (name.SequenceEqual("*"))
            {
                return null;
            }

            if (!name.IsEmpty)
            {
                names.Add(name.ToString());
            }
        }

        return names.Count == 0 ? None : new([.. names.Select(n => (n, Normalised(n, request)))]);
    }

    /// <summary>True if <paramref name="request"/> has the same selecting fields.</summary>
    public bool Match(HttpFields request)
    {
        foreach (var (name, value) in _fields)
        {
            if (Normalised(name, request) != value)
            {
                return false;
            }
        }

        return true;
    }

    private static string? Normalised(string name, HttpFields request)
    {
        if (request.Combined(name) is not { } value)
        {
            return null;
        }

        var elements = new List<string>();
        ReadOnlySpan<char> rest = value;
        while (Syntax.NextElement(ref rest, out var element))
        {
            elements.Add(element.ToString());
        }

        var isCoding = name.Equals("Accept-Encoding", StringComparison.OrdinalIgnoreCase);
        if (isCoding || name.Equals("Accept-Language", StringComparison.OrdinalIgnoreCase))
        {
            for (var i = 0; i < elements.Count; i++)
            {
                elements[i] = elements[i].Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant(); // RFC 9110 §12.5.3, §12.5.4
            }
        }

        if (isCoding)
        {
            elements.Sort(StringComparer.Ordinal); // weights alone order codings; of languages some servers take the first
        }

        return string.Join(',', elements);
    }
}
