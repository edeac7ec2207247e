namespace Swarm.Protocol;

/// <summary>Where a bencoded input broke the grammar, what should have stood there and what did.</summary>
/// <param name="Position">Byte offset in the input.</param>
public readonly record struct BencodeError(int Position, string Expected, string Found)
{
    public override string ToString() => $"byte {Position}: expected {Expected}, found {Found}";
}
