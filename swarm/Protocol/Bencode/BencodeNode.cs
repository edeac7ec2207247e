namespace Swarm.Protocol;

/// <summary>One value in the index of a <see cref="BencodeDocument"/>; children follow their parent.</summary>
/// <param name="Start">First byte of the value.</param>
/// <param name="End">One past its last byte.</param>
/// <param name="Next">Index of the node after this one and all inside it.</param>
/// <param name="CountAndKind">Items of a list or entries of a dictionary, above three bits of <see cref="BencodeKind"/>.</param>
internal readonly record struct BencodeNode(int Start, int End, int Next, int CountAndKind)
{
    public BencodeKind Kind => (BencodeKind)(CountAndKind & 7);

    public int Count => CountAndKind >> 3;

    public static BencodeNode Of(BencodeKind kind, int start, int end, int next, int count = 0) =>
        new(start, end, next, (count << 3) | (int)kind);
}
