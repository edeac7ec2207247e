namespace Swarm.Protocol;

/// <summary>What a KRPC message is (BEP 5): its key <c>y</c>.</summary>
public enum KrpcKind : byte
{
    Query,
    Response,
    Error,
}
