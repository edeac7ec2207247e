namespace Swarm.Protocol;

/// <summary>Nodes of which address families an answer should name (BEP 32 <c>want</c>). None: of the one that the query came by.</summary>
[Flags]
public enum KrpcWant : byte
{
    None = 0,
    IPv4 = 1,
    IPv6 = 2,
}
