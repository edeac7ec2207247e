using System.Collections;

namespace Swarm.Http;

/// <summary>
/// The field lines of one message, in order; names compare case-insensitively (RFC 9110 §5.1, §5.3). The seam between
/// this project and any HTTP stack: the shell copies lines in and out, the rules read nothing else. Owned by one request.
/// </summary>
public sealed class HttpFields : IReadOnlyList<HttpField>
{
    private readonly List<HttpField> _lines = [];

    public int Count => _lines.Count;

    public HttpField this[int index] => _lines[index];

    /// <summary>Adds a line after those already there; outer spaces and tabs of the value are not part of it (§5.5).</summary>
    public void Add(string name, string value) => _lines.Add(new(name, Syntax.TrimOws(value).ToString()));

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
    public IEnumerable<string> Lines(string name)
    {
        foreach (var line in _lines)
        {
            if (Same(line.Name, name))
            {
                yield return line.Value;
            }
        }
    }

    /// <summary>Replaces every line of that name by one, at the place of the first.</summary>
    public void Set(string name, string value)
    {
        var at = IndexOf(name);
        if (at < 0)
        {
            Add(name, value);
            return;
        }

        _lines[at] = new(_lines[at].Name, Syntax.TrimOws(value).ToString());
        for (var i = _lines.Count - 1; i > at; i--)
        {
            if (Same(_lines[i].Name, name))
            {
                _lines.RemoveAt(i);
            }
        }
    }

    public void Remove(string name) => _lines.RemoveAll(line => Same(line.Name, name));

    /// <summary>A copy that keeps the lines for which <paramref name="keep"/> is true.</summary>
    public HttpFields Where(Func<HttpField, bool> keep)
    {
        var copy = new HttpFields();
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

    private int IndexOf(string name) => _lines.FindIndex(line => Same(line.Name, name));
}
