using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace Swarm.Protocol;

/// <summary>Builds the index of a <see cref="BencodeDocument"/> in one pass, with its own stack, so depth costs no call frames.</summary>
internal ref struct BencodeParser
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly BencodeLimits _limits;
    private readonly BencodeKeyOrder _order;
    private readonly List<BencodeNode> _nodes;
    private readonly List<Frame> _open;
    private int _at;
    private BencodeError _error;

    private BencodeParser(ReadOnlySpan<byte> bytes, BencodeLimits limits, BencodeKeyOrder order)
    {
        _bytes = bytes;
        _limits = limits;
        _order = order;
        _nodes = [];
        _open = [];
    }

    public static bool TryParse(
        ReadOnlyMemory<byte> bytes, BencodeLimits limits, BencodeKeyOrder order, bool trailing,
        [NotNullWhen(true)] out BencodeDocument? document, out BencodeError error)
    {
        document = null;
        if (bytes.Length > limits.MaxBytes)
        {
            error = new(limits.MaxBytes, $"at most {limits.MaxBytes} bytes", $"{bytes.Length} bytes");
            return false;
        }

        var parser = new BencodeParser(bytes.Span, limits, order);
        if (!parser.Run(trailing))
        {
            error = parser._error;
            return false;
        }

        error = default;
        document = new BencodeDocument(bytes, [.. parser._nodes]);
        return true;
    }

    private bool Run(bool trailing)
    {
        do
        {
            if (!Step())
            {
                return false;
            }
        }
        while (_open.Count > 0);

        return trailing || _at == _bytes.Length || Fail(_at, "the end of the input", $"{_bytes.Length - _at} more bytes");
    }

    private bool Step()
    {
        if (_at >= _bytes.Length)
        {
            return Fail(_at, _open.Count == 0 ? "a value" : Wanted() + " (the input is cut short)", "the end of the input");
        }

        if (_nodes.Count >= _limits.MaxValues)
        {
            return Fail(_at, $"at most {_limits.MaxValues} values", "more");
        }

        var c = _bytes[_at];
        if (c == (byte)'e' && _open.Count > 0)
        {
            return Close();
        }

        if (_open.Count > 0 && Top is { IsDictionary: true, HasKey: false } && !char.IsAsciiDigit((char)c))
        {
            return Fail(_at, Wanted(), Describe(c));
        }

        return c switch
        {
            (byte)'i' => Integer(),
            (byte)'l' or (byte)'d' => Open(c == (byte)'d'),
            >= (byte)'0' and <= (byte)'9' => String(),
            _ => Fail(_at, Wanted(), Describe(c)),
        };
    }

    private bool Open(bool dictionary)
    {
        if (_open.Count >= _limits.MaxDepth)
        {
            return Fail(_at, $"at most {_limits.MaxDepth} levels of lists and dictionaries", "a deeper one");
        }

        _open.Add(new Frame(_nodes.Count, dictionary));
        _nodes.Add(BencodeNode.Of(dictionary ? BencodeKind.Dictionary : BencodeKind.List, _at, _at, 0));
        _at++;
        return true;
    }

    private bool Close()
    {
        var frame = Top;
        if (frame is { IsDictionary: true, HasKey: true })
        {
            return Fail(_at, $"a value for the key {Quote(frame.KeyStart, frame.KeyLength)}", "the end of the dictionary");
        }

        _at++;
        _nodes[frame.Node] = BencodeNode.Of(
            frame.IsDictionary ? BencodeKind.Dictionary : BencodeKind.List, _nodes[frame.Node].Start, _at, _nodes.Count, frame.Count);
        _open.RemoveAt(_open.Count - 1);
        return Complete(-1, 0);
    }

    private bool Integer()
    {
        var start = _at;
        var digits = ++_at < _bytes.Length && _bytes[_at] == (byte)'-' ? ++_at : _at;
        while (_at < _bytes.Length && char.IsAsciiDigit((char)_bytes[_at]))
        {
            _at++;
        }

        if (_at == digits || _at >= _bytes.Length || _bytes[_at] != (byte)'e')
        {
            return Fail(_at, _at == digits ? "a digit" : "a digit or the 'e' that ends the integer", AtOrEnd());
        }

        if (_bytes[digits] == (byte)'0' && (_at > digits + 1 || digits > start + 1))
        {
            return Fail(start, "an integer without leading zeros or -0", $"'{Encoding.ASCII.GetString(_bytes[start..Math.Min(_at + 1, start + 24)])}'");
        }

        _at++;
        _nodes.Add(BencodeNode.Of(BencodeKind.Integer, start, _at, _nodes.Count + 1));
        return Complete(-1, 0);
    }

    private bool String()
    {
        var start = _at;
        long length = 0;
        while (_at < _bytes.Length && char.IsAsciiDigit((char)_bytes[_at]))
        {
            // Saturates above any input: a length of many digits must not wrap round to a small one.
            length = Math.Min((length * 10) + (_bytes[_at] - '0'), int.MaxValue);
            _at++;
        }

        if (_at >= _bytes.Length || _bytes[_at] != (byte)':')
        {
            return Fail(_at, "a digit or the ':' after a string's length", AtOrEnd());
        }

        if (_bytes[start] == (byte)'0' && _at > start + 1)
        {
            return Fail(start, "a string length without leading zeros", $"'{Encoding.ASCII.GetString(_bytes[start..Math.Min(_at, start + 24)])}'");
        }

        var text = _at + 1;
        if (length > _bytes.Length - text)
        {
            return Fail(start, $"a string of {Encoding.ASCII.GetString(_bytes[start..Math.Min(_at, start + 24)])} bytes", $"only {_bytes.Length - text} bytes left");
        }

        _at = text + (int)length;
        _nodes.Add(BencodeNode.Of(BencodeKind.Bytes, start, _at, _nodes.Count + 1));
        return Complete(text, (int)length);
    }

    /// <summary>Counts a finished value in the container around it; a string there may be a key.</summary>
    private bool Complete(int textStart, int textLength)
    {
        if (_open.Count == 0)
        {
            return true;
        }

        ref var frame = ref CollectionsMarshal.AsSpan(_open)[^1];
        if (!frame.IsDictionary || frame.HasKey)
        {
            frame.HasKey = false;
            frame.Count++;
            return true;
        }

        if (frame.Count > 0 && _order == BencodeKeyOrder.Strict)
        {
            var order = _bytes.Slice(frame.KeyStart, frame.KeyLength).SequenceCompareTo(_bytes.Slice(textStart, textLength));
            if (order >= 0)
            {
                return Fail(
                    textStart, $"a key after {Quote(frame.KeyStart, frame.KeyLength)} (keys ascend as raw bytes)",
                    order == 0 ? "the same key again" : $"the key {Quote(textStart, textLength)}");
            }
        }

        frame.KeyStart = textStart;
        frame.KeyLength = textLength;
        frame.HasKey = true;
        return true;
    }

    private readonly Frame Top => _open[^1];

    private readonly string Wanted()
    {
        if (_open.Count == 0)
        {
            return "a value: a digit, 'i', 'l' or 'd'";
        }

        var frame = Top;
        return frame switch
        {
            { IsDictionary: true, HasKey: true } => $"a value for the key {Quote(frame.KeyStart, frame.KeyLength)}",
            { IsDictionary: true } => "a key (a string) or the 'e' that ends the dictionary",
            _ => "an item or the 'e' that ends the list",
        };
    }

    private readonly string AtOrEnd() => _at < _bytes.Length ? Describe(_bytes[_at]) : "the end of the input";

    private static string Describe(byte b) => b is > 0x20 and < 0x7f ? $"'{(char)b}'" : $"the byte 0x{b:x2}";

    private readonly string Quote(int start, int length)
    {
        var text = new StringBuilder("'");
        foreach (var b in _bytes.Slice(start, Math.Min(length, 32)))
        {
            text.Append(b is >= 0x20 and < 0x7f ? ((char)b).ToString() : $"\\x{b:x2}");
        }

        return text.Append(length > 32 ? "…'" : "'").ToString();
    }

    private bool Fail(int position, string expected, string found)
    {
        _error = new(position, expected, found);
        return false;
    }

    /// <summary>A list or dictionary that is still open.</summary>
    private struct Frame(int node, bool dictionary)
    {
        public readonly int Node = node;
        public readonly bool IsDictionary = dictionary;
        public bool HasKey;
        public int KeyStart;
        public int KeyLength;
        public int Count;
    }
}
