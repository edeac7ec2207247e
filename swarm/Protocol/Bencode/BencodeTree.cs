using System.Buffers;
using System.Text;

namespace Swarm.Protocol;

/// <summary>A bencoded value under construction; a dictionary sorts its keys as raw bytes.</summary>
public sealed class BencodeTree
{
    private static readonly Comparer<byte[]> ByBytes = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    private readonly BencodeKind _kind;
    private readonly long _integer;
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly List<BencodeTree>? _items;
    private readonly SortedDictionary<byte[], BencodeTree>? _entries;

    private BencodeTree(BencodeKind kind, long integer = 0, ReadOnlyMemory<byte> bytes = default)
    {
        _kind = kind;
        _integer = integer;
        _bytes = bytes;
        _items = kind == BencodeKind.List ? [] : null;
        _entries = kind == BencodeKind.Dictionary ? new(ByBytes) : null;
    }

    private SortedDictionary<byte[], BencodeTree> Entries =>
        _entries ?? throw new InvalidOperationException("only a dictionary has keys");

    public static BencodeTree Integer(long value) => new(BencodeKind.Integer, integer: value);

    public static BencodeTree Bytes(ReadOnlyMemory<byte> value) => new(BencodeKind.Bytes, bytes: value);

    public static BencodeTree Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    /// <summary>A value that is already encoded; it is written as it is.</summary>
    public static BencodeTree Raw(ReadOnlyMemory<byte> encoded) => new(BencodeKind.None, bytes: encoded);

    public static BencodeTree Dictionary() => new(BencodeKind.Dictionary);

    public static BencodeTree List(params IEnumerable<BencodeTree> items)
    {
        var list = new BencodeTree(BencodeKind.List);
        list._items!.AddRange(items);
        return list;
    }

    /// <summary>Copies a value that was read. Integers past 64 bits keep their encoding.</summary>
    public static BencodeTree From(BencodeValue value)
    {
        switch (value.Kind)
        {
            case BencodeKind.Integer:
                return value.TryGetInteger(out var number) ? Integer(number) : Raw(value.Raw);
            case BencodeKind.Bytes:
                return Bytes(value.Bytes);
            case BencodeKind.List:
                var list = List();
                foreach (var item in value.Items)
                {
                    list._items!.Add(From(item));
                }

                return list;
            case BencodeKind.Dictionary:
                var dictionary = Dictionary();
                foreach (var (key, item) in value.Entries)
                {
                    dictionary._entries!.TryAdd(key.Bytes.ToArray(), From(item));
                }

                return dictionary;
            default:
                return Raw(value.Raw);
        }
    }

    /// <summary>Sets a dictionary's key, over any earlier value; a null value leaves the key out.</summary>
    /// <returns>This dictionary.</returns>
    public BencodeTree Set(string key, BencodeTree? value) => Set(Encoding.UTF8.GetBytes(key), value);

    /// <inheritdoc cref="Set(string,BencodeTree?)"/>
    public BencodeTree Set(byte[] key, BencodeTree? value)
    {
        if (value is not null)
        {
            Entries[key] = value;
        }

        return this;
    }

    /// <summary>The dictionary under <paramref name="key"/>, made if it is not there.</summary>
    public BencodeTree Child(byte[] key)
    {
        if (!Entries.TryGetValue(key, out var child))
        {
            Entries[key] = child = Dictionary();
        }

        return child;
    }

    public void WriteTo(IBufferWriter<byte> to)
    {
        var writer = new BencodeWriter(to);
        switch (_kind)
        {
            case BencodeKind.Integer:
                writer.Integer(_integer);
                break;
            case BencodeKind.Bytes:
                writer.Bytes(_bytes.Span);
                break;
            case BencodeKind.List:
                writer.BeginList();
                _items!.ForEach(item => item.WriteTo(to));
                writer.End();
                break;
            case BencodeKind.Dictionary:
                writer.BeginDictionary();
                foreach (var (key, value) in _entries!)
                {
                    writer.Bytes(key);
                    value.WriteTo(to);
                }

                writer.End();
                break;
            default:
                writer.Raw(_bytes.Span);
                break;
        }
    }

    public byte[] ToArray()
    {
        var to = new ArrayBufferWriter<byte>();
        WriteTo(to);
        return to.WrittenSpan.ToArray();
    }
}
