using System.Collections;

namespace Swarm.Http;

/// <summary>The values of one name in a message, line by line, in order. Enumerated by <c>foreach</c> it allocates nothing.</summary>
public readonly struct FieldLines : IEnumerable<string>
{
    private readonly List<HttpField> _lines;
    private readonly string _name;

    internal FieldLines(List<HttpField> lines, string name) => (_lines, _name) = (lines, name);

    public Enumerator GetEnumerator() => new(_lines, _name);

    IEnumerator<string> IEnumerable<string>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public struct Enumerator : IEnumerator<string>
    {
        private readonly List<HttpField> _lines;
        private readonly string _name;
        private int _at;

        internal Enumerator(List<HttpField> lines, string name) => (_lines, _name, _at) = (lines, name, -1);

        public readonly string Current => _lines[_at].Value;

        readonly object IEnumerator.Current => Current;

        public bool MoveNext()
        {
            while (++_at < _lines.Count)
            {
                if (string.Equals(_lines[_at].Name, _name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }

        public void Reset() => _at = -1;

        public readonly void Dispose()
        {
        }
    }
}
