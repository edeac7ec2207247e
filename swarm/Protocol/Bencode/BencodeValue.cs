using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Swarm.Protocol;

/// <summary>
/// One value of a <see cref="BencodeDocument"/>. <c>default</c> is "not there": its kind is <see cref="BencodeKind.None"/>
/// and every question to it is answered with no.
/// </summary>
public readonly struct BencodeValue
{
    private readonly BencodeDocument? _document;
    private readonly int _node;

    internal BencodeValue(BencodeDocument document, int node)
    {
        _document = document;
        _node = node;
    }

    public BencodeKind Kind => _document is null ? BencodeKind.None : Node.Kind;

    public bool Exists => _document is not null;

    /// <summary>Items of a list, entries of a dictionary, 0 of anything else.</summary>
    public int Count => _document is null ? 0 : Node.Count;

    /// <summary>Offset of the first byte in the input; 0 for a value that is not there.</summary>
    public int Position => _document is null ? 0 : Node.Start;

    /// <summary>The value as it was encoded.</summary>
    public ReadOnlyMemory<byte> Raw => _document is null ? default : _document.Bytes[Node.Start..Node.End];

    /// <summary>The content of a string; empty for anything else.</summary>
    public ReadOnlyMemory<byte> Bytes
    {
        get
        {
            if (Kind != BencodeKind.Bytes)
            {
                return default;
            }

            var raw = Raw;
            return raw[(raw.Span.IndexOf((byte)':') + 1)..];
        }
    }

    private BencodeNode Node => _document!.Nodes[_node];

    /// <summary>The value of a dictionary's <paramref name="key"/>, or a value that is not there.</summary>
    public BencodeValue this[ReadOnlySpan<byte> key]
    {
        get
        {
            foreach (var (name, value) in Entries)
            {
                if (name.Bytes.Span.SequenceEqual(key))
                {
                    return value;
                }
            }

            return default;
        }
    }

    /// <summary>The items of a list; none for anything else.</summary>
    public ItemEnumerator Items => new(Kind == BencodeKind.List ? this : default);

    /// <summary>The entries of a dictionary in the order of the input; none for anything else.</summary>
    public EntryEnumerator Entries => new(Kind == BencodeKind.Dictionary ? this : default);

    /// <summary>False if it is no integer or does not fit 64 bits (BEP 3 sets no bound).</summary>
    public bool TryGetInteger(out long value)
    {
        value = 0;
        return Kind == BencodeKind.Integer
            && long.TryParse(Raw.Span[1..^1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>False if it is no string or no valid UTF-8.</summary>
    public bool TryGetText([NotNullWhen(true)] out string? text)
    {
        text = null;
        if (Kind != BencodeKind.Bytes || !System.Text.Unicode.Utf8.IsValid(Bytes.Span))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(Bytes.Span);
        return true;
    }

    /// <summary>Walks the items of a list.</summary>
    public struct ItemEnumerator
    {
        private readonly BencodeDocument? _document;
        private readonly int _end;
        private int _next;

        internal ItemEnumerator(BencodeValue list)
        {
            _document = list._document;
            _next = list._node + 1;
            _end = _document is null ? _next : list.Node.Next;
            Current = default;
        }

        public BencodeValue Current { get; private set; }

        public readonly ItemEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_next >= _end)
            {
                return false;
            }

            Current = new(_document!, _next);
            _next = _document!.Nodes[_next].Next;
            return true;
        }
    }

    /// <summary>Walks the keys and values of a dictionary.</summary>
    public struct EntryEnumerator
    {
        private ItemEnumerator _flat;

        internal EntryEnumerator(BencodeValue dictionary)
        {
            _flat = new(dictionary);
            Current = default;
        }

        public (BencodeValue Key, BencodeValue Value) Current { get; private set; }

        public readonly EntryEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (!_flat.MoveNext())
            {
                return false;
            }

            var key = _flat.Current;
            _flat.MoveNext();
            Current = (key, _flat.Current);
            return true;
        }
    }
}
