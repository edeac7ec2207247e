using System.Collections;

namespace Swarm.Http;

/// <summary>
/// The field lines of one message, in order; names compare case-insensitively (RFC 9110 §5.1, §5.3). The seam between
/// this project and any HTTP stack: the shell copies lines in and out, the rules read nothing else. Owned by one request.
/// </summary>
public sealed class HttpFields : IReadOnlyList<HttpField>
{
    /// <summary>A tool's request has about six lines, a browser's twelve, an answer ten: most lists never grow.</summary>
    private const int UsualLines = 12;

    private readonly List<HttpField> _lines;
    private CacheControl? _cacheControl;

    public HttpFields()
        : this(UsualLines)
    {
    }

    private HttpFields(int capacity) => _lines = new(capacity);

    public int Count => _lines.Count;

    public HttpField this[int index] => _lines[index];

    /// <summary>Its Cache-Control, read once for all rules that ask; they ask several times a request.</summary>
    internal CacheControl CacheControl => _cacheControl ??= CacheControl.Parse(Combined("Cache-Control"));

    /// <summary>Adds a line after those already there; outer spaces and tabs of the value are not part of it (§5.5).</summary>
    public void Add(string name, string value)
    {
        _cacheControl = null;
        _lines.Add(new(name, Trimmed(value)));
    }

    public bool Has(string name) => IndexOf(name) >= 0;

    /// <summary>The value of the first line of that name; null if there is none.</summary>
    public string? First(string name) => IndexOf(name) is >= 0 and var i ? _lines[i].Value : null;

    /// <summary>All lines of that name joined by a comma (§5.3); null if there is none. Not for Set-Cookie.</summary>
    public string? Combined(string name)
    {
        string? all = null;
        foreach (var line in _lines)
        {
            if (Same(line.Name, name))
            {
                all = all is null ? line.Value : $"{all}, {line.Value}";
            }
        }

        return all;
    }

    /// <summary>The values of that name, line by line.</summary>
    public FieldLines Lines(string name) => new(_lines, name);

    /// <summary>Replaces every line of that name by one, at the place of the first.</summary>
    public void Set(string name, string value)
    {
        var at = IndexOf(name);
        if (at < 0)
        {
            Add(name, value);
            return;
        }

        _cacheControl = null;
        _lines[at] = new(_lines[at].Name, Trimmed(value));
        for (var i = _lines.Count - 1; i > at; i--)
        {
            if (Same(_lines[i].Name, name))
            {
                _lines.RemoveAt(i);
            }
        }
    }

    public void Remove(string name)
    {
        _cacheControl = null;
        for (var i = _lines.Count - 1; i >= 0; i--)
        {
            if (Same(_lines[i].Name, name))
            {
                _lines.RemoveAt(i);
            }
        }
    }

    /// <summary>A copy that keeps the lines for which <paramref name="keep"/> is true.</summary>
    public HttpFields Where(Func<HttpField, bool> keep)
    {
        var copy = new HttpFields(_lines.Count);
        foreach (var line in _lines)
        {
            if (keep(line))
            {
                copy._lines.Add(line);
            }
        }

        return copy;
    }

    public IEnumerator<HttpField> GetEnumerator() => _lines.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>One <c>Name: value</c> a line.</summary>
    public override string ToString() => string.Join('\n', _lines.Select(line => $"{line.Name}: {line.Value}"));

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static string Trimmed(string value) => Syntax.TrimOws(value) is var trimmed && trimmed.Length == value.Length ? value : trimmed.ToString();

    private int IndexOf(string name)
    {
        for (var i = 0; i < _lines.Count; i++)
        {
            if (Same(_lines[i].Name, name))
            {
                return i;
            }
        }

        return -1;
    }
}
