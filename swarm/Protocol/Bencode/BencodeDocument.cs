using System.Diagnostics.CodeAnalysis;

namespace Swarm.Protocol;

/// <summary>
/// A checked bencoded input: the bytes and a flat index of the values in them. Nothing is copied, so every value keeps
/// the bytes it was read from and an info dictionary hashes exactly as it came.
/// </summary>
public sealed class BencodeDocument
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly BencodeNode[] _nodes;

    internal BencodeDocument(ReadOnlyMemory<byte> bytes, BencodeNode[] nodes)
    {
        _bytes = bytes;
        _nodes = nodes;
    }

    public BencodeValue Root => new(this, 0);

    /// <summary>Bytes the value took of the input; less than the input only after <see cref="TryParsePrefix"/>.</summary>
    public int Length => _nodes[0].End;

    internal ReadOnlyMemory<byte> Bytes => _bytes;

    internal ReadOnlySpan<BencodeNode> Nodes => _nodes;

    /// <summary>Reads one value that fills the input.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out BencodeDocument? document, out BencodeError error,
        BencodeLimits? limits = null, BencodeKeyOrder order = BencodeKeyOrder.Strict) =>
        BencodeParser.TryParse(bytes, limits ?? BencodeLimits.Message, order, trailing: false, out document, out error);

    /// <summary>Reads one value and leaves what follows it, as BEP 9 puts data behind a dictionary; see <see cref="Length"/>.</summary>
    public static bool TryParsePrefix(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out BencodeDocument? document, out BencodeError error,
        BencodeLimits? limits = null, BencodeKeyOrder order = BencodeKeyOrder.Strict) =>
        BencodeParser.TryParse(bytes, limits ?? BencodeLimits.Message, order, trailing: true, out document, out error);
}
