namespace Swarm.Protocol;

/// <summary>What a bencoded value is (BEP 3). <see cref="None"/> is the answer to a look-up that found nothing.</summary>
public enum BencodeKind : byte
{
    None,
    Integer,
    Bytes,
    List,
    Dictionary,
}
